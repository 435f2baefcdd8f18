"""What `prune` returns; apart from the rules, so that only who prunes loads these."""

from dataclasses import dataclass, field

from do_images.models import Image

__all__ = ["PruneResult"]


@dataclass(frozen=True)
class PruneResult:
    """What `prune` kept and deleted; with `dry_run=True`, what it would delete."""

    kept: list[Image]
    """The images that a rule keeps, newest first."""
    deleted: list[Image]
    """The images that no rule keeps, newest first."""
    reasons: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    """The rules that keep each image, such as `("keep_last", "keep_daily")`, by image id."""


PruneResult.__module__ = "do_images"
