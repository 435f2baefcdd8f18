"""The commands that find, import, change and delete images."""

from typing import TYPE_CHECKING, Annotated

import typer

from do_images.cli import _completion as complete
from do_images.cli._app import app, command, session
from do_images.cli._fields import IMAGE_FIELDS, IMAGE_TABLE, Row, image_row
from do_images.cli._options import (
    ExactName,
    ImageId,
    Poll,
    Timeout,
    UsageError,
    Wait,
    Yes,
    check_confirmation,
    check_one_way,
    id_number,
)

if TYPE_CHECKING:
    from do_images.cli._failures import Failure
    from do_images.cli._session import Session

__all__ = ["create", "destroy", "destroy_images", "info", "question", "update"]

DESTROYED_FIELDS = ("id", "destroyed")

Distribution = Annotated[
    str | None,
    typer.Option(
        help="The operating system that it holds, such as Debian.",
        metavar="NAME",
        autocompletion=complete.distributions,
    ),
]


@command(
    app,
    IMAGE_FIELDS,
    examples=("info 7555620", "info ubuntu-24-04-x64 -o json", "info --name web-01"),
)
def info(
    ctx: typer.Context,
    *,
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID_OR_SLUG...", help="The ids of images, or the slugs of public ones."
        ),
    ] = None,
    name: ExactName = None,
) -> None:
    """Show an image, or several. Of several, those that exist are shown."""
    from do_images import NotFoundError  # noqa: PLC0415 - help does without
    from do_images.cli._failures import Failure, combined, failure  # noqa: PLC0415 - as above
    from do_images.cli._session import FailedError  # noqa: PLC0415 - as above

    check_one_way(images, name)
    given = [int(text) if text.isdecimal() else text for text in images or ()]
    with session(ctx) as cli:
        if name is not None:
            given = [*cli.image_ids([], name)]
        if len(given) == 1:
            cli.show(image_row(cli.do.image.info(given[0])))
            return
        rows, missing = list[Row](), list[Failure]()
        for id_or_slug in given:
            try:
                rows.append(image_row(cli.do.image.info(id_or_slug)))
            except NotFoundError as error:
                missing.append(failure(error))
        cli.show_all(rows, IMAGE_TABLE)
        if missing:
            raise FailedError(combined(missing))


@command(
    app,
    IMAGE_FIELDS,
    examples=("create --name golden --url https://example.com/golden.qcow2 --region nyc3 --wait",),
)
def create(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Option(help="The name of the new image.", metavar="NAME")],
    url: Annotated[
        str, typer.Option(help="The address that DigitalOcean downloads it from.", metavar="URL")
    ],
    region: Annotated[
        str,
        typer.Option(
            help="The region to import it into, such as nyc3.",
            metavar="REGION",
            autocompletion=complete.regions,
        ),
    ],
    distribution: Distribution = None,
    description: Annotated[str | None, typer.Option(help="Any text.", metavar="TEXT")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="A tag; may be given several times.", metavar="TAG")
    ] = None,
    wait: Wait = False,
    poll: Poll = None,
    timeout: Timeout = None,
) -> None:
    """Import a custom image from a URL."""
    from do_images.cli import _waits  # noqa: PLC0415 - help does without

    options = _waits.wait_options(poll, timeout, wait=wait)
    with session(ctx) as cli:
        with cli.interruptible("Whether the import was started is shown by:", "list", "--private"):
            image = cli.do.image.create(
                name=name,
                url=url,
                region=region,
                distribution=distribution,
                description=description,
                tags=tag,
            )
        if wait:
            image = _waits.image(cli, image, options)
        cli.show(image_row(image))


@command(
    app,
    IMAGE_FIELDS,
    examples=("update 7555620 --name web-01", 'update 7555620 --description ""'),
)
def update(
    ctx: typer.Context,
    *,
    image: ImageId,
    name: Annotated[str | None, typer.Option(help="The new name.", metavar="NAME")] = None,
    description: Annotated[
        str | None, typer.Option(help='The new description; "" deletes it.', metavar="TEXT")
    ] = None,
    distribution: Distribution = None,
) -> None:
    """Change an image's name, description or distribution."""
    if name is None and description is None and distribution is None:
        raise UsageError("Nothing to update: give --name, --description or --distribution.")
    with session(ctx) as cli:
        changed = cli.do.image.update(
            image, name, description=description, distribution=distribution
        )
        cli.show(image_row(changed))


@command(
    app,
    DESTROYED_FIELDS,
    examples=("destroy 7555620", "destroy 7555620 7555621 --yes", "destroy --name web-01"),
)
def destroy(
    ctx: typer.Context,
    *,
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID...", help="The ids of the images.", parser=id_number),
    ] = None,
    name: ExactName = None,
    yes: Yes = False,
) -> None:
    """Delete images for good. Without a terminal to ask on, --yes is needed."""
    from do_images.cli._session import FailedError  # noqa: PLC0415 - help does without

    check_one_way(ids, name)
    check_confirmation(yes=yes)
    with session(ctx) as cli:
        chosen = cli.image_ids(ids or (), name)
        if not yes:
            images = [cli.do.image.info(id_) for id_ in chosen]
            cli.confirm(images, question(len(images)))
        failed = destroy_images(cli, chosen)
        left = {part.image_id for part in failed.parts} if failed else set[int | None]()
        gone = [id_ for id_ in chosen if id_ not in left]
        text = f"{len(gone)} images are destroyed."
        if len(gone) == 1:
            text = f"Image {gone[0]} is destroyed."
        cli.done(text, *({"id": id_, "destroyed": id_ in gone} for id_ in chosen))
        if failed:
            raise FailedError(failed)


def destroy_images(cli: "Session", ids: list[int]) -> "Failure | None":
    """Delete images, several at once, and return what failed of several.

    One of several that is gone already counts as deleted.
    """
    from do_images import ImageGroupError  # noqa: PLC0415 - help does without
    from do_images.cli._failures import failure  # noqa: PLC0415 - as above

    with cli.interruptible("Which images are left is shown by:", "list", "--private"):
        if len(ids) == 1:
            cli.do.image.destroy(ids[0])
            return None
        try:
            cli.do.image.destroy_many(ids)
        except ImageGroupError as error:
            return failure(error)
        return None


def question(count: int) -> str:
    """Return what is asked before images are deleted."""
    return "Destroy it for good?" if count == 1 else f"Destroy these {count} images for good?"
