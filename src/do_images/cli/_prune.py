"""The command that deletes old images."""

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from do_images.cli import _completion as complete
from do_images.cli._app import app, command, session
from do_images.cli._fields import IMAGE_FIELDS, Row, image_row
from do_images.cli._images import destroy_images, question
from do_images.cli._options import UsageError, Yes, check_confirmation, count, duration
from do_images.cli._selection import Region, Tag

if TYPE_CHECKING:
    from do_images import PruneResult
    from do_images.cli._session import Session

__all__ = ["prune"]

PRUNE_FIELDS = ("id", "outcome", "rules", *IMAGE_FIELDS[1:])
PRUNE_TABLE = ("id", "name", "created_at", "outcome", "rules")


def _of_each(period: str) -> typer.models.OptionInfo:
    """Return the option of a calendar rule."""
    text = f"Keep the newest image of each of the last COUNT {period} that have one."
    option: typer.models.OptionInfo = typer.Option(help=text, metavar="COUNT", parser=count)
    return option


@command(
    app,
    PRUNE_FIELDS,
    examples=(
        "prune 'nightly-*' --keep-last 5 --keep-within 30d --dry-run",
        "prune 'nightly-*' --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --yes",
    ),
)
def prune(
    ctx: typer.Context,
    *,
    name: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN", help="A pattern that the names match, such as 'nightly-*'."
        ),
    ],
    keep_last: Annotated[
        int | None, typer.Option(help="Keep the newest COUNT.", metavar="COUNT", parser=count)
    ] = None,
    keep_within: Annotated[
        float | None,
        typer.Option(
            help="Keep those that were created within this time, such as 30d.",
            metavar="DURATION",
            parser=duration,
        ),
    ] = None,
    keep_daily: Annotated[int | None, _of_each("days")] = None,
    keep_weekly: Annotated[int | None, _of_each("weeks")] = None,
    keep_monthly: Annotated[int | None, _of_each("months")] = None,
    keep_yearly: Annotated[int | None, _of_each("years")] = None,
    type_: Annotated[
        str,
        typer.Option(
            "--type",
            help="The type of the images.  [snapshot]",
            metavar="TYPE",
            autocompletion=complete.own_image_types,
            show_default=False,
        ),
    ] = "snapshot",
    region: Region = None,
    tag: Tag = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be deleted.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete old images of the account. An image is kept if any rule keeps it."""
    from do_images.cli._session import FailedError  # noqa: PLC0415 - help does without

    if not any((keep_last, keep_within, keep_daily, keep_weekly, keep_monthly, keep_yearly)):
        raise UsageError("Give at least one rule, such as --keep-last 5.")
    check_confirmation(yes=yes or dry_run)
    with session(ctx) as cli:
        plan = cli.do.image.prune(
            name,
            keep_last=keep_last,
            keep_within=None if keep_within is None else timedelta(seconds=keep_within),
            keep_daily=keep_daily,
            keep_weekly=keep_weekly,
            keep_monthly=keep_monthly,
            keep_yearly=keep_yearly,
            type=type_,
            region=region,
            tag_name=tag,
            dry_run=True,
        )
        number = len(plan.deleted)
        if dry_run or number == 0:
            cli.show_all(_rows(cli, plan, "keep", "delete"), PRUNE_TABLE)
            cli.screen.note(f"{number} would be deleted, {len(plan.kept)} kept.")
            return
        if not yes:
            if cli.screen.plain:
                cli.show_all(_rows(cli, plan, "keep", "delete"), PRUNE_TABLE)
            cli.confirm(plan.deleted, question(number), shown=cli.screen.plain)
        # What was shown is deleted, and nothing else that may match by now.
        failed = destroy_images(cli, [image.id for image in plan.deleted])
        left = {part.image_id for part in failed.parts} if failed else set[int | None]()
        if yes or not cli.screen.plain:
            cli.show_all(_rows(cli, plan, "kept", "deleted", left), PRUNE_TABLE)
        cli.screen.note(f"{number - len(left)} deleted, {len(plan.kept)} kept.")
        if failed:
            raise FailedError(failed)


def _rows(
    cli: "Session",
    plan: "PruneResult",
    kept: str,
    deleted: str,
    failed: Collection[int | None] = (),
) -> list[Row]:
    """Return a row for each image, the newest first; with `--quiet` only what is deleted."""
    outcomes = {image.id: kept for image in plan.kept}
    outcomes |= {image.id: "failed" if image.id in failed else deleted for image in plan.deleted}
    images = sorted((*plan.kept, *plan.deleted), key=lambda it: (it.created_at, it.id))
    return [
        {
            **image_row(image),
            "outcome": outcomes[image.id],
            "rules": [rule.replace("_", "-") for rule in plan.reasons.get(image.id, ())],
        }
        for image in reversed(images)
        if outcomes[image.id] == deleted or not cli.settings.quiet
    ]
