"""The commands that start actions on images, show them, and wait for them."""

from typing import Annotated

import typer

from do_images.cli import _completion as complete
from do_images.cli._app import app, command, session
from do_images.cli._fields import (
    ACTION_FIELDS,
    ACTION_TABLE,
    HISTORY_TABLE,
    action_row,
)
from do_images.cli._options import (
    ActionIds,
    ExactName,
    ImageId,
    OptionalImageId,
    Poll,
    Timeout,
    UsageError,
    Wait,
    check_one_way,
    id_number,
    region_list,
)

__all__ = ["action", "actions", "convert", "transfer", "wait"]


@command(
    app,
    ACTION_FIELDS,
    examples=(
        "transfer 7555620 nyc3 ams3 --wait",
        "transfer 7555620 nyc3,ams3 --wait --timeout 2h",
        "transfer --name web-01 nyc3 --wait",
    ),
)
def transfer(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ID REGION...",
            help="The image's id, unless --name is given, and the regions to copy it to, such "
            "as nyc3 ams3 or nyc3,ams3.",
            autocompletion=complete.regions_to_copy_to,
        ),
    ],
    name: ExactName = None,
    wait: Wait = False,
    poll: Poll = None,
    timeout: Timeout = None,
) -> None:
    """Copy an image to one or more regions. Those that have it already are left out."""
    from do_images.cli import _waits  # noqa: PLC0415 - help does without

    options = _waits.wait_options(poll, timeout, wait=wait)
    ids = [id_number(words.pop(0))] if name is None else []
    regions = region_list(words)
    with session(ctx) as cli:
        (image,) = cli.image_ids(ids, name)
        _waits.transfer(cli, image, regions, options, wait=wait)


@command(
    app, ACTION_FIELDS, examples=("convert 7555621 --wait", "convert --name nightly-2026-11-25")
)
def convert(
    ctx: typer.Context,
    *,
    image: OptionalImageId = None,
    name: ExactName = None,
    wait: Wait = False,
    poll: Poll = None,
    timeout: Timeout = None,
) -> None:
    """Turn a backup into a snapshot."""
    from do_images.cli import _waits  # noqa: PLC0415 - help does without

    options = _waits.wait_options(poll, timeout, wait=wait)
    check_one_way([image] if image else [], name)
    with session(ctx) as cli:
        id_ = cli.image_id(image, name)
        with cli.interruptible("Whether the conversion was started is shown by:", "actions", id_):
            action = cli.do.image.convert(id_)
        if wait:
            _waits.actions(cli, [action], options)
        else:
            cli.show_all([action_row(action)], ACTION_TABLE)


@command(
    app,
    ACTION_FIELDS,
    examples=("wait 36804748 36804749", "wait 36804748 --timeout 2h", "wait --image 7555622"),
)
def wait(
    ctx: typer.Context,
    *,
    ids: ActionIds = None,
    image: Annotated[
        int | None,
        typer.Option(
            metavar="ID", help="Wait for the import of this image instead.", parser=id_number
        ),
    ] = None,
    poll: Poll = None,
    timeout: Timeout = None,
) -> None:
    """Wait for actions to end, or for the import of an image."""
    from do_images.cli import _waits  # noqa: PLC0415 - help does without
    from do_images.cli._fields import image_row  # noqa: PLC0415 - as above

    options = _waits.wait_options(poll, timeout)
    if bool(ids) == (image is not None):
        raise UsageError(
            "Missing argument 'ACTION_ID': name actions to wait for, or an image with --image."
        )
    with session(ctx) as cli:
        if image is not None:
            found = _waits.image(cli, cli.do.image.info(image), options)
            cli.show(image_row(found))
        else:
            _waits.actions(cli, [cli.do.action.info(id_) for id_ in ids or ()], options)


@command(app, ACTION_FIELDS, examples=("actions 7555620", "actions 7555620 -o json"))
def actions(ctx: typer.Context, *, image: OptionalImageId = None, name: ExactName = None) -> None:
    """List the actions of an image, newest first."""
    check_one_way([image] if image else [], name)
    with session(ctx) as cli:
        rows = map(action_row, cli.do.image.action_iter(cli.image_id(image, name)))
        if cli.show_all(rows, HISTORY_TABLE) == 0:
            cli.screen.note("The image has no actions.")


@command(app, ACTION_FIELDS, examples=("action 7555620 36804748",))
def action(
    ctx: typer.Context,
    *,
    image: ImageId,
    action_id: Annotated[
        int, typer.Argument(metavar="ACTION_ID", help="The action's id.", parser=id_number)
    ],
) -> None:
    """Show one action of an image."""
    with session(ctx) as cli:
        cli.show(action_row(cli.do.image.action_info(image, action_id)))
