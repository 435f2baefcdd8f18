"""The commands. What they need beyond typer they import when they run."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from do_images.cli._app import Commands, command, shared_options
from do_images.cli._fields import (
    ACTION_FIELDS,
    ACTION_TABLE,
    HISTORY_TABLE,
    IMAGE_FIELDS,
    IMAGE_TABLE,
    action_row,
    image_row,
)

if TYPE_CHECKING:
    from do_images.cli._shell import Shell

__all__ = ["app"]

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,  # drawing boxes takes as long as all the rest of --help
    pretty_exceptions_enable=False,  # they show local variables
    help="DigitalOcean's images: find, import, change, copy and hand them over.",
    epilog="Exit codes: 2 usage, 3 not found, 4 authentication, 5 rate limit, 6 action errored, "
    "7 timeout, 8 network, 9 other API errors, 130 interrupted.",
)
handing_over = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Hand an image over to another account.",
)
app.add_typer(handing_over, name="account-transfer")

ImageId = Annotated[int, typer.Argument(metavar="ID", help="The image's id.", show_default=False)]
TransferId = Annotated[
    int, typer.Argument(metavar="TRANSFER_ID", help="The offer's id.", show_default=False)
]
Wait = Annotated[bool, typer.Option("--wait", help="Return when it is done, not when begun.")]
Poll = Annotated[float, typer.Option(help="Seconds between looks, at least 1.", metavar="SECONDS")]
Timeout = Annotated[
    str, typer.Option(help="How long to wait in all, or none for no limit.", metavar="SECONDS")
]
OFFER_FIELDS = ("image_id", "transfer_id", "status")
HOUR = "3600"


app.callback()(shared_options)


# ── Images ──────────────────────────────────────────────────────────────────────────────────


@command(app, IMAGE_FIELDS, "list")
def list_images(
    shell: "Shell",
    *,
    kind: Annotated[
        Literal["distribution", "application"] | None,
        typer.Option("--type", help="Only public images of this kind."),
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="Only the account's own.")] = False,
    tag: Annotated[str | None, typer.Option(help="Only images with this tag.")] = None,
) -> None:
    """List images."""
    images = shell.do.image.iter(kind, private or None, tag_name=tag)
    if shell.list(map(image_row, images), IMAGE_TABLE) == 0:
        shell.screen.note("There are no such images.")


@command(app, IMAGE_FIELDS)
def info(shell: "Shell", *, image: Annotated[str, typer.Argument(metavar="ID_OR_SLUG")]) -> None:
    """Show an image, by its id or the slug of a public one."""
    found = shell.do.image.info(int(image) if image.isdecimal() else image)
    shell.show(image_row(found))


@command(app, IMAGE_FIELDS)
def create(
    shell: "Shell",
    *,
    name: Annotated[str, typer.Option(help="What to call the image.")],
    url: Annotated[str, typer.Option(help="Where DigitalOcean fetches the image file.")],
    region: Annotated[str, typer.Option(help="The region to import into, such as nyc3.")],
    distribution: Annotated[str | None, typer.Option(help="The system that it holds.")] = None,
    description: Annotated[str | None, typer.Option(help="Free text.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag; may be given often.")] = None,
    wait: Wait = False,
    poll: Poll = 5,
    timeout: Timeout = HOUR,
) -> None:
    """Import a custom image from a URL."""
    from do_images.cli import _waits  # noqa: PLC0415 - help does without

    terms = _waits.terms(poll, timeout)
    image = shell.do.image.create(
        name=name,
        url=url,
        region=region,
        distribution=distribution,
        description=description,
        tags=tag,
    )
    if wait:
        image = _waits.image(shell, image, terms)
    shell.show(image_row(image))


@command(app, IMAGE_FIELDS)
def update(
    shell: "Shell",
    *,
    image: ImageId,
    name: Annotated[str | None, typer.Option(help="The new name.")] = None,
    description: Annotated[str | None, typer.Option(help='The new one; "" for none.')] = None,
    distribution: Annotated[str | None, typer.Option(help="The system that it holds.")] = None,
) -> None:
    """Change an image's name, description or distribution."""
    changed = shell.do.image.update(image, name, description=description, distribution=distribution)
    shell.show(image_row(changed))


@command(app, ("id", "destroyed"))
def destroy(
    shell: "Shell",
    *,
    image: ImageId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Delete an image for good. Asks first on a terminal; elsewhere --yes is needed."""
    if not yes:
        shell.confirm(image)
    shell.do.image.destroy(image)
    shell.done(f"Image {image} is destroyed.", id=image, destroyed=True)


# ── Actions ─────────────────────────────────────────────────────────────────────────────────


@command(app, ACTION_FIELDS)
def transfer(
    shell: "Shell",
    *,
    image: ImageId,
    regions: Annotated[list[str], typer.Argument(metavar="REGION", show_default=False)],
    wait: Wait = False,
    poll: Poll = 5,
    timeout: Timeout = HOUR,
) -> None:
    """Copy an image to one or more regions; those that have it already are left out."""
    from do_images.cli import _waits  # noqa: PLC0415 - help does without

    _waits.transfer(shell, image, regions, _waits.terms(poll, timeout), wait=wait)


@command(app, ACTION_FIELDS)
def convert(
    shell: "Shell",
    *,
    image: ImageId,
    wait: Wait = False,
    poll: Poll = 5,
    timeout: Timeout = HOUR,
) -> None:
    """Turn a backup into a snapshot."""
    from do_images.cli import _waits  # noqa: PLC0415 - help does without

    terms = _waits.terms(poll, timeout)
    action = shell.do.image.convert(image)
    if wait:
        _waits.actions(shell, [action], terms)
    else:
        shell.list([action_row(action)], ACTION_TABLE)


@command(app, ACTION_FIELDS)
def actions(shell: "Shell", *, image: ImageId) -> None:
    """List an image's actions, newest first."""
    rows = map(action_row, shell.do.image.action_iter(image))
    if shell.list(rows, HISTORY_TABLE) == 0:
        shell.screen.note("The image has no actions.")


@command(app, ACTION_FIELDS)
def action(
    shell: "Shell",
    *,
    image: ImageId,
    action_id: Annotated[int, typer.Argument(metavar="ACTION_ID", show_default=False)],
) -> None:
    """Show one action of an image."""
    shell.show(action_row(shell.do.image.action_info(image, action_id)))


@command(app, ACTION_FIELDS)
def wait(
    shell: "Shell",
    *,
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="ACTION_ID", show_default=False)
    ] = None,
    image: Annotated[
        int | None, typer.Option(metavar="ID", help="Wait for the import of this image instead.")
    ] = None,
    poll: Poll = 5,
    timeout: Timeout = HOUR,
) -> None:
    """Wait for actions to end, or for an image to be imported."""
    from do_images.cli import _waits  # noqa: PLC0415 - help does without

    terms = _waits.terms(poll, timeout)
    if bool(ids) == (image is not None):
        raise ValueError("name the actions to wait for, or an image with --image")
    if image is not None:
        found = _waits.image(shell, shell.do.image.info(image), terms)
        shell.screen.record(image_row(found), IMAGE_FIELDS)
    else:
        _waits.actions(shell, [shell.do.action.info(id_) for id_ in ids or ()], terms)


# ── Account transfers ───────────────────────────────────────────────────────────────────────


@command(handing_over, OFFER_FIELDS)
def start(
    shell: "Shell",
    *,
    image: ImageId,
    email: Annotated[str | None, typer.Option(help="The recipient's e-mail address.")] = None,
    uuid: Annotated[str | None, typer.Option(help="The recipient's UUID.")] = None,
) -> None:
    """Offer an image to another account."""
    offer = shell.do.image.account_transfer(image, recipient_email=email, recipient_uuid=uuid)
    if offer:
        told = f"Image {image} is offered; the transfer's id is {offer}."
    else:
        told = f"Image {image} was accepted at once."
    status = "offered" if offer else "accepted"
    shell.done(told, image_id=image, transfer_id=offer, status=status)


@command(handing_over, OFFER_FIELDS)
def accept(
    shell: "Shell",
    *,
    image: ImageId,
    offer: TransferId,
    uuid: Annotated[str, typer.Option(help="The UUID of the account that takes it.")],
) -> None:
    """Take over an image that another account offers."""
    shell.do.image.accept_account_transfer(image, offer, uuid)
    shell.done(f"Image {image} is ours.", image_id=image, transfer_id=offer, status="accepted")


@command(handing_over, OFFER_FIELDS)
def decline(shell: "Shell", *, image: ImageId, offer: TransferId) -> None:
    """Refuse an image that another account offers."""
    shell.do.image.decline_account_transfer(image, offer)
    told = f"Image {image} is declined."
    shell.done(told, image_id=image, transfer_id=offer, status="declined")


@command(handing_over, OFFER_FIELDS)
def cancel(shell: "Shell", *, image: ImageId, offer: TransferId) -> None:
    """Take back the offer of an image."""
    shell.do.image.cancel_account_transfer(image, offer)
    told = f"The offer of image {image} is taken back."
    shell.done(told, image_id=image, transfer_id=offer, status="cancelled")


# ── The shell ───────────────────────────────────────────────────────────────────────────────


@app.command()
def completion(
    ctx: typer.Context, shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument()]
) -> None:
    """Print the script that completes commands and options in a shell."""
    from typer.completion import shell_complete  # noqa: PLC0415 - seldom needed

    root = ctx.find_root().command
    shell_complete(root, {}, "do-images", "_DO_IMAGES_COMPLETE", f"source_{shell}")
