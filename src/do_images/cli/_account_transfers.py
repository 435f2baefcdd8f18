"""The commands that transfer an image to another account, and the one for shell completion."""

from typing import Annotated

import typer

from do_images.cli._app import App, app, command, session
from do_images.cli._completion import VARIABLE, register_shells
from do_images.cli._options import ImageId, TransferId, UsageError, choice

__all__ = ["accept", "cancel", "completion", "decline", "start"]

FIELDS = ("image_id", "transfer_id", "status")

account_transfers = App(help="Transfer an image to another account.")
app.add_typer(account_transfers, name="account-transfer")


@command(
    account_transfers,
    FIELDS,
    examples=("account-transfer start 7555620 --email team@example.com",),
)
def start(
    ctx: typer.Context,
    *,
    image: ImageId,
    email: Annotated[
        str | None, typer.Option(help="The recipient's e-mail address.", metavar="ADDRESS")
    ] = None,
    uuid: Annotated[
        str | None, typer.Option(help="The UUID of the recipient's account.", metavar="UUID")
    ] = None,
) -> None:
    """Offer an image to another account."""
    if (email is None) == (uuid is None):
        raise UsageError("Name the recipient with exactly one of --email and --uuid.")
    with session(ctx) as cli:
        id_ = cli.do.image.account_transfer(image, recipient_email=email, recipient_uuid=uuid)
        status = "offered" if id_ else "accepted"
        text = f"Image {image} was accepted at once."
        if id_:
            text = f"Image {image} is offered; the id of the account transfer is {id_}."
        cli.done(text, {"image_id": image, "transfer_id": id_, "status": status})


@command(
    account_transfers,
    FIELDS,
    examples=(
        "account-transfer accept 7555620 8300 --uuid 5df3e3004a17e242b7c20ca6c9fc25b701a47ece",
    ),
)
def accept(
    ctx: typer.Context,
    *,
    image: ImageId,
    transfer: TransferId,
    uuid: Annotated[
        str, typer.Option(help="The UUID of the account that takes it.", metavar="UUID")
    ],
) -> None:
    """Accept an image that another account offers."""
    with session(ctx) as cli:
        cli.do.image.accept_account_transfer(image, transfer, uuid)
        row = {"image_id": image, "transfer_id": transfer, "status": "accepted"}
        cli.done(f"Image {image} belongs to this account now.", row)


@command(account_transfers, FIELDS, examples=("account-transfer decline 7555620 8300",))
def decline(ctx: typer.Context, *, image: ImageId, transfer: TransferId) -> None:
    """Decline an image that another account offers."""
    with session(ctx) as cli:
        cli.do.image.decline_account_transfer(image, transfer)
        row = {"image_id": image, "transfer_id": transfer, "status": "declined"}
        cli.done(f"Image {image} is declined.", row)


@command(account_transfers, FIELDS, examples=("account-transfer cancel 7555620 8300",))
def cancel(ctx: typer.Context, *, image: ImageId, transfer: TransferId) -> None:
    """Take back the offer of an image."""
    with session(ctx) as cli:
        cli.do.image.cancel_account_transfer(image, transfer)
        row = {"image_id": image, "transfer_id": transfer, "status": "cancelled"}
        cli.done(f"The offer of image {image} is taken back.", row)


@command(app, (), examples=("completion bash",))
def completion(
    ctx: typer.Context,
    *,
    shell: Annotated[
        str, typer.Argument(help="The shell: bash, zsh or fish.", **choice("bash", "zsh", "fish"))
    ],
) -> None:
    """Print the script for completion in a shell."""
    from typer.completion import shell_complete  # noqa: PLC0415 - seldom needed

    register_shells()
    root = ctx.find_root().command
    shell_complete(root, {}, "do-images", VARIABLE, f"source_{shell}")
