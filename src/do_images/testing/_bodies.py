"""The account as JSON: what stands in the bodies of responses."""

import json
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from do_images.testing import _quirks
from do_images.testing._account import ActionState
from do_images.testing._data import REGIONS, ImageState, Json, Record, region_record

__all__ = ["action_body", "dumps", "enveloped", "error_body", "image_body", "page_body"]


def dumps(value: Json) -> bytes:
    """JSON as it is sent."""
    return json.dumps(value, separators=(",", ":")).encode()


_REGIONS = {slug: dumps(region_record(slug)).decode() for slug in REGIONS}


def image_body(image: ImageState, quirks: _quirks.Names) -> bytes:
    """An image; without quirks it is written once for each change of it."""
    if quirks:
        record = _image_record(image)
        _quirks.bend_image(record, quirks)
        return dumps(record)
    if not image.body:
        image.body = dumps(_image_record(image))
    return image.body


def _image_record(image: ImageState) -> Record:
    record: Record = {
        "id": image.id,
        "name": image.name,
        "type": image.type,
        "distribution": image.distribution,
        "slug": image.slug,
        "public": image.public,
        "regions": [*image.regions],
        "created_at": image.created_at,
        "min_disk_size": image.min_disk_size,
        "size_gigabytes": image.size_gigabytes,
        "description": image.description,
        "tags": [*image.tags],
        "status": image.status,
        "error_message": image.error_message,
    }
    if image.importing_to is not None:
        for name in ("slug", "public", "min_disk_size", "size_gigabytes"):
            del record[name]
    return record


def action_body(action: ActionState, quirks: _quirks.Names) -> bytes:
    """An action; without quirks it is written once for each change of it."""
    if not action.body:
        ended = "null" if action.completed_at is None else f'"{action.completed_at}"'
        # By hand, because waiting for many actions asks for little else.
        action.body = (
            f'{{"id":{action.id},"status":"{action.status}","type":"{action.type}",'
            f'"started_at":"{action.started_at}","completed_at":{ended},'
            f'"resource_id":{action.image_id},"resource_type":"image",'
            f'"region":{_REGIONS[action.region]},"region_slug":"{action.region}"}}'
        ).encode()
    if not quirks:
        return action.body
    record: Record = json.loads(action.body)
    _quirks.bend_action(record, quirks)
    return dumps(record)


def enveloped(name: str, body: bytes, quirks: _quirks.Names) -> bytes:
    """One object in its envelope."""
    if name == "action" and "action_without_envelope" in quirks:
        return body
    return b'{"%b":%b}' % (name.encode(), body)


def page_body(
    name: str,
    bodies: Iterable[bytes],
    url: str,
    filters: Sequence[tuple[str, str]],
    number: int,
    last: int,
    total: int,
    quirks: _quirks.Names,
) -> bytes:
    """A page of a list. `url` is the list's address, `filters` the query without the page."""
    query = urlencode([*filters, ("page", "")])
    pages: Record = {}
    if number > 1:
        pages.update(first=f"{url}?{query}1", prev=f"{url}?{query}{min(number - 1, last)}")
    if number < last:
        pages.update(next=f"{url}?{query}{number + 1}", last=f"{url}?{query}{last}")
    rest: Record = {"links": {"pages": pages} if pages else {}, "meta": {"total": total}}
    if quirks:
        _quirks.bend_page(rest, number, url, query, quirks)
    tail = b"," + dumps(rest)[1:] if rest else b"}"
    return b'{"%b":[%b]%b' % (name.encode(), b",".join(bodies), tail)


def error_body(
    status: int, error_id: str, message: str, request_id: str, quirks: _quirks.Names
) -> tuple[str, bytes]:
    """An error: its content type and its body."""
    error: Record = {"id": error_id, "message": message, "request_id": request_id}
    body = _quirks.bend_error(error, HTTPStatus(status).phrase, quirks) if quirks else error
    if not isinstance(body, str):
        return "application/json", dumps(body)
    kind = "text/html" if body.startswith("<") else "text/plain"
    return kind, body.encode()
