"""What the fake answers: one function for each operation of `spec/`."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlencode

from do_images import _endpoints as api
from do_images._base import Endpoint, Model
from do_images.testing._account import Account
from do_images.testing._data import REGIONS, Json, Record

__all__ = ["ROUTES", "Answer", "Call", "decoded", "match", "problem"]


class Call(NamedTuple):
    """A request that has found its operation."""

    account: Account
    path: str
    segments: Mapping[str, str]
    query: Mapping[str, str]
    body: Record


class Answer(NamedTuple):
    """Status and JSON, None for no body."""

    status: int
    body: Json = None


Handler: TypeAlias = Callable[[Call], Answer]


def problem(status: int, id_: str, message: str) -> Answer:
    """An error in the API's own form."""
    return Answer(status, {"id": id_, "message": message})


def _not_found() -> Answer:
    return problem(404, "not_found", "The resource you were accessing could not be found.")


def _unprocessable(message: str) -> Answer:
    return problem(422, "unprocessable_entity", message)


def _visible(record: Record) -> Record:
    return {name: value for name, value in record.items() if not name.startswith("_")}


def _page(call: Call, name: str, records: Sequence[Record]) -> Answer:
    try:
        number = int(call.query.get("page", "1"))
        size = int(call.query.get("per_page", "20"))
    except ValueError:
        return problem(400, "bad_request", "page and per_page must be numbers.")
    if number < 1 or not 1 <= size <= 200:
        return _unprocessable("page must be 1 or more, per_page from 1 to 200.")
    last = max(1, -(-len(records) // size))
    filters = {key: value for key, value in call.query.items() if key != "page"}

    def link(page: int) -> str:
        query = urlencode({**filters, "page": page})
        return f"https://api.digitalocean.com{call.path}?{query}"

    pages: Record = {}
    if number > 1:
        pages.update(first=link(1), prev=link(min(number - 1, last)))
    if number < last:
        pages.update(next=link(number + 1), last=link(last))
    shown = records[(number - 1) * size : number * size]
    body: Record = {
        name: [_visible(record) for record in shown],
        "links": {"pages": pages} if pages else {},
        "meta": {"total": len(records)},
    }
    return Answer(200, body)


def _image(call: Call) -> Record | None:
    return call.account.find(call.segments["image_id"])


def _images_list(call: Call) -> Answer:
    query = call.query
    images = list(call.account.images.values())
    if "type" in query:
        images = [image for image in images if image["_kind"] == query["type"]]
    if query.get("private") == "true":
        images = [image for image in images if not image.get("public")]
    if "tag_name" in query:
        images = [image for image in images if _tagged(image, query["tag_name"])]
    return _page(call, "images", images)


def _tagged(image: Record, tag: str) -> bool:
    tags = image["tags"]
    return isinstance(tags, list) and tag in tags


def _images_create(call: Call) -> Answer:
    for name in ("name", "url", "region"):
        if not isinstance(call.body.get(name), str) or not call.body[name]:
            return _unprocessable(f"{name} is missing.")
    if call.body["region"] not in REGIONS:
        return _unprocessable("The region is not valid.")
    return Answer(202, {"image": _visible(call.account.import_image(call.body))})


def _images_get(call: Call) -> Answer:
    image = _image(call)
    return _not_found() if image is None else Answer(200, {"image": _visible(image)})


def _images_update(call: Call) -> Answer:
    image = _image(call)
    if image is None or image.get("public"):
        return _not_found()
    changes = {
        name: value
        for name, value in call.body.items()
        if name in {"name", "description", "distribution"}
    }
    if not all(isinstance(value, str) for value in changes.values()) or changes.get("name") == "":
        return _unprocessable("Names and descriptions are strings.")
    image.update(changes)
    return Answer(200, {"image": _visible(image)})


def _images_delete(call: Call) -> Answer:
    image = _image(call)
    if image is None or image.get("public"):
        return _not_found()
    del call.account.images[int(str(image["id"]))]
    return Answer(204)


def _image_actions_list(call: Call) -> Answer:
    image = _image(call)
    if image is None:
        return _not_found()
    actions = call.account.actions.values()
    own = [action for action in reversed(actions) if action["resource_id"] == image["id"]]
    return _page(call, "actions", own)


def _image_actions_create(call: Call) -> Answer:
    image, account = _image(call), call.account
    type_ = call.body.get("type")
    if image is None or type_ not in ("transfer", "convert"):
        return _not_found()
    id_ = int(str(image["id"]))
    regions = image["regions"]
    assert isinstance(regions, list), "regions are a list"  # noqa: S101 - our own data
    if type_ == "convert":
        if image["type"] != "backup":
            return _unprocessable("Only a backup can be converted.")
        slug = str(regions[0]) if regions else "nyc3"
    else:
        slug = str(call.body.get("region"))
        if slug not in REGIONS:
            return _unprocessable("The region is not valid.")
        if slug in regions:
            return _unprocessable(f"The image is in {slug} already.")
    if account.busy(id_):
        return _unprocessable("The image already has a pending event.")
    return Answer(201, {"action": _visible(account.start(id_, str(type_), slug))})


def _image_actions_get(call: Call) -> Answer:
    image = _image(call)
    action = _action(call)
    if image is None or action is None or action["resource_id"] != image["id"]:
        return _not_found()
    return Answer(200, {"action": _visible(action)})


def _action(call: Call) -> Record | None:
    number = call.segments["action_id"]
    return call.account.actions.get(int(number)) if number.isdecimal() else None


def _actions_list(call: Call) -> Answer:
    return _page(call, "actions", list(reversed(call.account.actions.values())))


def _actions_get(call: Call) -> Answer:
    action = _action(call)
    return _not_found() if action is None else Answer(200, {"action": _visible(action)})


def _account_transfer_start(call: Call) -> Answer:
    image = _image(call)
    if image is None or image.get("public"):
        return _not_found()
    if ("recipient_email" in call.body) == ("recipient_uuid" in call.body):
        return problem(400, "bad_request", "Give one of recipient_email and recipient_uuid.")
    number = 1 + call.account.random.randrange(1_000_000)
    call.account.offers[number] = int(str(image["id"]))
    return Answer(201, {"transfer_id": number})


def _offer_ended(call: Call, status: int) -> Answer:
    image = _image(call)
    number = call.body.get("transfer_id")
    if image is None or not isinstance(number, int):
        return _not_found()
    if call.account.offers.get(number) != image["id"]:
        return _not_found()
    del call.account.offers[number]
    return Answer(status)


def _account_transfer_accept(call: Call) -> Answer:
    if not isinstance(call.body.get("recipient_uuid"), str):
        return problem(400, "bad_request", "recipient_uuid is missing.")
    return _offer_ended(call, 201)


def _account_transfer_end(call: Call) -> Answer:
    return _offer_ended(call, 204)


ROUTES: Final[Mapping[Endpoint[Model], Handler]] = {
    api.ACCOUNT_TRANSFER_ACCEPT: _account_transfer_accept,
    api.ACCOUNT_TRANSFER_CANCEL: _account_transfer_end,
    api.ACCOUNT_TRANSFER_DECLINE: _account_transfer_end,
    api.ACCOUNT_TRANSFER_START: _account_transfer_start,
    api.ACTIONS_GET: _actions_get,
    api.ACTIONS_LIST: _actions_list,
    api.IMAGES_CREATE: _images_create,
    api.IMAGES_DELETE: _images_delete,
    api.IMAGES_GET: _images_get,
    api.IMAGES_LIST: _images_list,
    api.IMAGES_UPDATE: _images_update,
    api.IMAGE_ACTIONS_CREATE: _image_actions_create,
    api.IMAGE_ACTIONS_GET: _image_actions_get,
    api.IMAGE_ACTIONS_LIST: _image_actions_list,
}


def match(method: str, path: str) -> tuple[Endpoint[Model], Mapping[str, str]] | None:
    """The operation that a request is meant for, and what stands in its path."""
    parts = path.strip("/").split("/")
    for endpoint in ROUTES:
        template = endpoint.path.strip("/").split("/")
        if endpoint.method == method and len(template) == len(parts):
            pairs = list(zip(template, parts, strict=True))
            if all(want == have for want, have in pairs if want[0] != "{"):
                return endpoint, {want[1:-1]: have for want, have in pairs if want[0] == "{"}
    return None


def decoded(content: bytes) -> Record | None:
    """The JSON object of a request's body, {} where there is none; None for nonsense."""
    try:
        value: Json = json.loads(content) if content else {}
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
