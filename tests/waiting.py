"""What tests of waits need: actions and images as the API writes them, and answers with them."""

from datetime import UTC, datetime

import httpx

from do_images import Action, Image
from tests.support import Json

__all__ = [
    "IN_PROGRESS",
    "action",
    "action_json",
    "action_response",
    "image",
    "image_json",
    "page",
    "page_number",
    "stamp",
]

IN_PROGRESS = "in-progress"
# When the clocks of `tests.support` begin.
_START = 1_700_000_000.0


def stamp(seconds: float) -> str:
    """A moment so many seconds after the clocks began, as the API writes it."""
    return datetime.fromtimestamp(_START + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def action_json(
    number: int = 9,
    status: str = IN_PROGRESS,
    *,
    image: int | None = 1,
    region: str | None = "nyc3",
    begun: float | None = 0.0,
    kind: str = "transfer",
    resource: str | None = "image",
) -> dict[str, Json]:
    """An action as it stands in a body."""
    return {
        "id": number,
        "status": status,
        "type": kind,
        "started_at": None if begun is None else stamp(begun),
        "completed_at": None,
        "resource_id": image,
        "resource_type": resource,
        "region": None,
        "region_slug": region,
    }


def action(
    number: int = 9,
    status: str = IN_PROGRESS,
    *,
    image: int | None = 1,
    region: str | None = "nyc3",
    begun: float | None = 0.0,
    kind: str = "transfer",
    resource: str | None = "image",
) -> Action:
    """The same as users hold it."""
    record = action_json(
        number, status, image=image, region=region, begun=begun, kind=kind, resource=resource
    )
    return Action.model_validate(record)


def image_json(
    status: str | None = "NEW", error_message: str | None = "", *, regions: tuple[str, ...] = ()
) -> dict[str, Json]:
    """A custom image as it stands in a body."""
    return {
        "id": 1,
        "name": "golden",
        "created_at": stamp(0),
        "type": "custom",
        "status": status,
        "error_message": error_message,
        "regions": list(regions),
    }


def image(status: str | None = "NEW", error_message: str | None = "") -> Image:
    """The same as users hold it."""
    return Image.model_validate(image_json(status, error_message))


def action_response(
    number: int = 9, status: str = IN_PROGRESS, *, region: str = "nyc3"
) -> httpx.Response:
    """The answer that shows one action."""
    return httpx.Response(200, json={"action": action_json(number, status, region=region)})


def page(*actions: Json, more: bool = False) -> httpx.Response:
    """The answer that shows a page of actions."""
    links: Json = {"pages": {"next": "https://api.digitalocean.com/v2/actions?page=2"}}
    return httpx.Response(200, json={"actions": [*actions], "links": links if more else {}})


def page_number(request: httpx.Request) -> int:
    """Which page of a list is asked for."""
    return int(request.url.params["page"])
