"""The commands that select images: list and latest."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from do_images.cli import _completion as complete
from do_images.cli._app import app, command, session
from do_images.cli._fields import IMAGE_FIELDS, IMAGE_TABLE, image_row
from do_images.cli._options import UsageError, choice, count, duration

if TYPE_CHECKING:
    from do_images import Image

__all__ = ["latest", "list_images"]

# The API's kinds of public images, with the type that images of each have.
KINDS = {"distribution": "base", "application": "snapshot"}
# What `--sort` accepts, with the field that it sorts by.
SORTS = {
    "created": "created_at",
    "id": "id",
    "name": "name",
    "size": "size_gigabytes",
    "type": "type",
    "distribution": "distribution",
    "status": "status",
}

Type = Annotated[
    str | None,
    typer.Option(
        "--type",
        help="Only images of this type: base, snapshot, backup, custom, or the API's kinds of "
        "public images, distribution and application.",
        metavar="TYPE",
        autocompletion=complete.image_types,
    ),
]
Distribution = Annotated[
    str | None,
    typer.Option(
        "--distribution",
        help="Only images with this operating system, such as Ubuntu.",
        metavar="NAME",
        autocompletion=complete.distributions,
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        help="Only images that this region has.",
        metavar="REGION",
        autocompletion=complete.regions,
    ),
]
Tag = Annotated[str | None, typer.Option("--tag", help="Only images with this tag.", metavar="TAG")]
Status = Annotated[
    str | None,
    typer.Option(
        "--status",
        help="Only images with this status, such as available.",
        metavar="STATUS",
        autocompletion=complete.statuses,
    ),
]
NewerThan = Annotated[
    float | None,
    typer.Option(
        "--newer-than",
        help="Only images that were created within this time, such as 12h or 7d.",
        metavar="DURATION",
        parser=duration,
    ),
]
OlderThan = Annotated[
    float | None,
    typer.Option(
        "--older-than",
        help="Only images that were created before this time, such as 30d.",
        metavar="DURATION",
        parser=duration,
    ),
]


def _age(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


@command(
    app,
    IMAGE_FIELDS,
    "list",
    examples=(
        "list --private",
        "list --private --name 'web-*' --older-than 30d --sort size --reverse",
        "list --type distribution --region fra1 --columns slug,name",
        "list --type snapshot --private -q",
    ),
)
def list_images(
    ctx: typer.Context,
    *,
    private: Annotated[
        bool, typer.Option("--private", help="Only the account's own images.")
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            help="Only images whose name matches this pattern, such as 'web-*'.", metavar="PATTERN"
        ),
    ] = None,
    type_: Type = None,
    distribution: Distribution = None,
    region: Region = None,
    tag: Tag = None,
    status: Status = None,
    newer_than: NewerThan = None,
    older_than: OlderThan = None,
    sort: Annotated[str | None, typer.Option(help="Sort by this column.", **choice(*SORTS))] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Reverse the order.")] = False,
    limit: Annotated[
        int | None,
        typer.Option(help="Show at most so many images.", metavar="COUNT", parser=count),
    ] = None,
) -> None:
    """List images."""
    kind = type_ if type_ in KINDS else None
    if kind is not None and private:
        raise UsageError(f"Images of the kind {kind} are public: leave out --private.")
    filters: dict[str, Any] = {
        "type": type_ if kind is None else None,
        "distribution": distribution,
        "region": region,
        "status": status,
        "newer_than": _age(newer_than),
        "older_than": _age(older_than),
    }
    with session(ctx) as cli:
        images: Iterable[Image]
        if name is None and not any(filters.values()):
            images = cli.do.image.iter(kind, private or None, tag_name=tag)
        else:
            public = False if private else None
            if kind is not None:
                public, filters["type"] = True, KINDS[kind]
            images = cli.do.image.find(name, tag_name=tag, public=public, **filters)
        if sort is not None:
            images = _sorted(images, SORTS[sort])
        if reverse:
            images = reversed([*images])
        if cli.show_all(map(image_row, islice(images, limit)), IMAGE_TABLE) == 0:
            cli.screen.note("There are no such images.")


def _sorted(images: Iterable["Image"], field: str) -> list["Image"]:
    """Return images in the order of a field; those without it come last."""

    def key(image: "Image") -> tuple[bool, Any]:
        value = getattr(image, field)
        return value is None, value.casefold() if isinstance(value, str) else value or 0

    return sorted(images, key=key)


@command(
    app,
    IMAGE_FIELDS,
    examples=(
        "latest 'web-*'",
        "latest 'nightly-*' --type snapshot --region nyc3 -q",
        "latest --public --distribution Ubuntu --region fra1 --columns slug",
    ),
)
def latest(
    ctx: typer.Context,
    *,
    name: Annotated[
        str | None,
        typer.Argument(metavar="PATTERN", help="A pattern that the name matches, such as 'web-*'."),
    ] = None,
    public: Annotated[
        bool,
        typer.Option("--public", help="Select from DigitalOcean's images, not the account's own."),
    ] = False,
    type_: Type = None,
    distribution: Distribution = None,
    region: Region = None,
    tag: Tag = None,
    status: Status = None,
    newer_than: NewerThan = None,
    older_than: OlderThan = None,
) -> None:
    """Show the newest image that matches. Of DigitalOcean's, that is the highest version."""
    with session(ctx) as cli:
        image = cli.do.image.latest(
            name,
            type=KINDS.get(type_ or "", type_),
            distribution=distribution,
            region=region,
            tag_name=tag,
            status=status,
            public=public or type_ in KINDS,
            newer_than=_age(newer_than),
            older_than=_age(older_than),
        )
        cli.show(image_row(image))
