"""Images as the API sends them, for tests of what is selected and kept."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from do_images import Image
from tests.support import Json

__all__ = ["base", "body", "moments", "snapshot"]


def body(id_: int, name: str, created_at: str, **fields: Json) -> dict[str, Json]:
    """The JSON of a private snapshot, with other fields where they are given."""
    private: dict[str, Json] = {
        "id": id_,
        "name": name,
        "distribution": "Ubuntu",
        "slug": None,
        "public": False,
        "regions": ["nyc3"],
        "created_at": created_at,
        "min_disk_size": 20,
        "type": "snapshot",
        "size_gigabytes": 2.34,
        "description": "",
        "tags": [],
        "status": "available",
        "error_message": "",
    }
    return private | fields


def snapshot(
    id_: int, name: str = "web-01", created_at: str | datetime = "2026-05-04", **fields: Json
) -> Image:
    """A private snapshot; a mere date is its first second in UTC."""
    if isinstance(created_at, datetime):
        created_at = created_at.astimezone(UTC).isoformat()
    elif "T" not in created_at:
        created_at += "T00:00:00Z"
    return Image.model_validate(body(id_, name, created_at, **fields))


def base(
    id_: int,
    distribution: str | None,
    name: str,
    slug: str | None,
    created_at: str = "2026-05-04",
    **fields: Json,
) -> Image:
    """A base image of DigitalOcean's; if nothing else is said, all were rebuilt on one day."""
    public: dict[str, Json] = {"type": "base", "public": True, "slug": slug}
    return snapshot(id_, name, created_at, **public, distribution=distribution, **fields)


def moments(first: str, last: str) -> st.SearchStrategy[datetime]:
    """Times in UTC between two dates."""
    ends = datetime.fromisoformat(first), datetime.fromisoformat(last)
    return st.datetimes(*ends, timezones=st.just(UTC))
