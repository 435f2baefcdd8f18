"""What the fake answers: a function for each operation of the spec, named as it is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias, TypeVar

from do_images import _endpoints as api
from do_images._base import Endpoint, Model
from do_images.testing._account import NOT_FOUND, Account, ActionState, Refusal, known_distribution
from do_images.testing._bodies import action_body, enveloped, image_body, page_body
from do_images.testing._data import ImageState, Json, Record

__all__ = ["ROUTES", "Answer", "Call", "Route", "not_found", "page", "visible"]


class Call(NamedTuple):
    """A request whose operation is known and allowed."""

    account: Account
    owner: str
    """The account of its token."""
    ids: Sequence[str]
    """The values of the path's parameters."""
    query: Sequence[tuple[str, str]]
    body: Json
    url: str
    """The address without the query."""
    now: int
    quirks: frozenset[str]
    lag: int
    """For how many nanoseconds a change is not visible everywhere."""


Answer: TypeAlias = tuple[int, bytes]
"""Status and body."""


class Route(NamedTuple):
    """An operation, and the function that answers it."""

    method: str
    path: str
    scopes: tuple[str, ...]
    answer: Callable[[Call], Answer]

    @property
    def operation(self) -> str:
        """The operation's name in the spec."""
        return self.answer.__name__


# ── Arguments of requests ─────────────────────────────────────────────────────────────────────


def _object(call: Call) -> Record:
    if not isinstance(call.body, dict):
        raise _unreadable("The body must be a JSON object.")
    return call.body


def _wrong(message: str) -> Refusal:
    return Refusal(422, "unprocessable_entity", message)


def _text(body: Record, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise _wrong(f"{name} must be a string.")
    return value


def _name(body: Record, name: str) -> str:
    if not (name in body and _text(body, name)):
        raise _wrong(f"{name} must not be empty.")
    return _text(body, name)


def _texts(value: Json, name: str) -> list[str]:
    texts = [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
    if value is not None and texts != value:
        raise _wrong(f"{name} must be a list of strings.")
    return texts


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdecimal() and len(value) < 1000 and int(value) > 0):
        raise _unreadable(f"{name} must be a number from 1 up.")
    return int(value)


def _unreadable(message: str) -> Refusal:
    return Refusal(400, "bad_request", message)


def _seen(born: int, call: Call, quirk: str) -> bool:
    return quirk not in call.quirks or call.now >= born + call.lag


# ── Bodies of responses ───────────────────────────────────────────────────────────────────────


Item = TypeVar("Item")


def page(
    call: Call, name: str, items: Sequence[Item], body: Callable[[Item, frozenset[str]], bytes]
) -> Answer:
    """Return the page of a list that a request asks for."""
    query = dict(call.query)
    number = _count(query, "page", 1)
    size = min(200, _count(query, "per_page", 20))
    # A list that shifts: the first place of a page goes to the last item of the one before.
    step = max(1, size - 1) if "shifting_pages" in call.quirks else size
    start = (number - 1) * step
    bodies = [body(item, call.quirks) for item in items[start : start + size]]
    filters = [pair for pair in call.query if pair[0] != "page"]
    last = 1 + max(0, -(-(len(items) - size) // step))
    return 200, page_body(name, bodies, call.url, filters, number, last, len(items), call.quirks)


def _image_answer(call: Call, image: ImageState, status: int = 200) -> Answer:
    return status, enveloped("image", image_body(image, call.quirks), call.quirks)


def _action_answer(call: Call, action: ActionState, status: int = 200) -> Answer:
    return status, enveloped("action", action_body(action, call.quirks), call.quirks)


def _newest_first(call: Call, actions: Iterable[ActionState]) -> list[ActionState]:
    found = [action for action in actions if _seen(action.born, call, "stale_list")]
    found.reverse()
    return found


def _no_content(call: Call, status: int) -> Answer:
    if "swapped_no_content" in call.quirks:
        status = 204 if status == 201 else 201
    return status, b""


def not_found() -> Refusal:
    """Return the refusal of what is not there."""
    return Refusal(404, "not_found", NOT_FOUND)


# ── Images ──────────────────────────────────────────────────────────────────────────────────


def visible(call: Call) -> list[ImageState]:
    """Return the images that lists of the account have."""
    return [
        image
        for image in call.account.images.values()
        if (image.public or image.owner == call.owner)
        and image.status != "deleted"
        and _seen(image.born, call, "stale_list")
    ]


def images_list(call: Call) -> Answer:
    """List the images that the account sees, narrowed by the filters."""
    query = dict(call.query)
    images = visible(call)
    wanted = {"distribution": "base", "application": "snapshot"}.get(query.get("type", ""))
    if "type" in query:
        images = [image for image in images if image.public and image.type == wanted]
    private = query.get("private", "false").lower()
    if private not in {"true", "false", "1", "0"}:
        raise _unreadable("private must be true or false.")
    if private in {"true", "1"}:
        images = [image for image in images if not image.public]
    if "tag_name" in query:
        images = [image for image in images if query["tag_name"] in image.tags]
    return page(call, "images", images, image_body)


def images_create(call: Call) -> Answer:
    """Start an import."""
    body = _object(call)
    name, _, region = (_name(body, name) for name in ("name", "url", "region"))
    tags = _texts(body.get("tags"), "tags")
    image = ImageState(
        call.account.new_image_id(),
        name,
        call.account.timestamp(call.now),
        type="custom",
        distribution=_distribution(body, "Unknown"),
        description=_text(body, "description") if "description" in body else "",
        tags=tags,
        status="NEW",
        owner=call.owner,
        born=call.now,
    )
    call.account.import_image(image, region)
    return _image_answer(call, image, 202)


def _distribution(body: Record, default: str) -> str:
    if "distribution" not in body:
        return default
    return known_distribution(_text(body, "distribution"))


def images_get(call: Call) -> Answer:
    """Show one image."""
    if "deleted_get" in call.quirks:
        deleted = call.account.deleted_image(call.owner, call.ids[0], call.now - call.lag)
        if deleted is not None:
            return _image_answer(call, deleted)
    image = call.account.image(call.owner, call.ids[0])
    if not _seen(image.born, call, "stale_get"):
        raise not_found()
    return _image_answer(call, image)


def images_update(call: Call) -> Answer:
    """Change what the body has."""
    image = call.account.own_image(call.owner, call.ids[0])
    body = _object(call)
    name = _name(body, "name") if "name" in body else image.name
    distribution = _distribution(body, image.distribution)
    description = _text(body, "description") if "description" in body else image.description
    image.name, image.distribution, image.description = name, distribution, description
    image.body = b""
    return _image_answer(call, image)


def images_delete(call: Call) -> Answer:
    """Delete one of the account's own images."""
    call.account.destroy(call.account.own_image(call.owner, call.ids[0]))
    return 204, b""


# ── Actions ─────────────────────────────────────────────────────────────────────────────────


def image_actions_list(call: Call) -> Answer:
    """List the actions of an image, newest first."""
    image = call.account.image(call.owner, call.ids[0])
    actions = _newest_first(call, call.account.actions_of(image))
    return page(call, "actions", actions, action_body)


def image_actions_create(call: Call) -> Answer:
    """Start a transfer or a conversion."""
    image = call.account.own_image(call.owner, call.ids[0])
    body = _object(call)
    if body.get("type") == "transfer":
        region = body.get("region")
        action = call.account.transfer(
            image,
            region if isinstance(region, str) else None,
            one_at_a_time="one_transfer_at_a_time" in call.quirks,
        )
    elif body.get("type") == "convert":
        action = call.account.convert(image)
    else:
        message = "The specified action type is not available."
        raise Refusal(404, "not_found", message)
    return _action_answer(call, action, 201)


def image_actions_get(call: Call) -> Answer:
    """Show one action of an image."""
    image = call.account.image(call.owner, call.ids[0])
    action = call.account.action(call.ids[1])
    if action.image_id != image.id or not _seen(action.born, call, "stale_get"):
        raise not_found()
    return _action_answer(call, action)


def actions_list(call: Call) -> Answer:
    """List the account's actions, newest first."""
    actions = call.account.actions.values()
    own = (action for action in actions if action.owner == call.owner)
    return page(call, "actions", _newest_first(call, own), action_body)


def actions_get(call: Call) -> Answer:
    """Show one action."""
    action = call.account.action(call.ids[0])
    if action.owner != call.owner or not _seen(action.born, call, "stale_get"):
        raise not_found()
    return _action_answer(call, action)


# ── Account transfers ───────────────────────────────────────────────────────────────────────


def account_transfer_start(call: Call) -> Answer:
    """Offer an image to another account."""
    image = call.account.own_image(call.owner, call.ids[0])
    body = _object(call)
    email, uuid = _recipient(body, "recipient_email"), _recipient(body, "recipient_uuid")
    if bool(email) == bool(uuid):
        raise _unreadable("Name either recipient_email or recipient_uuid.")
    recipient = uuid or email or ""
    offer = call.account.offer(image, recipient)
    if "accepted_at_once" in call.quirks:
        call.account.transfer_ownership(image, recipient)
        offer = 0
    return 201, b'{"transfer_id":%d}' % offer


def account_transfer_accept(call: Call) -> Answer:
    """Accept an image that another account offers."""
    body = _object(call)
    recipient = _recipient(body, "recipient_uuid")
    if recipient is None:
        raise _unreadable("recipient_uuid must be a string that is not empty.")
    call.account.accept(call.owner, call.ids[0], _offer_id(body), recipient)
    return _no_content(call, 201)


def account_transfer_decline(call: Call) -> Answer:
    """Decline an image that another account offers."""
    call.account.decline(call.owner, call.ids[0], _offer_id(_object(call)))
    return _no_content(call, 204)


def account_transfer_cancel(call: Call) -> Answer:
    """Take back the offer of one of the account's own images."""
    image = call.account.own_image(call.owner, call.ids[0])
    call.account.cancel(image, _offer_id(_object(call)))
    return _no_content(call, 204)


def _recipient(body: Record, name: str) -> str | None:
    value = body.get(name)
    return value if value and isinstance(value, str) else None


def _offer_id(body: Record) -> int:
    value = body.get("transfer_id")
    # JSON knows one kind of numbers: 7.0 is 7.
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 or value < 1:
        raise _unreadable("transfer_id must be a whole number from 1 up.")
    return int(value)


# ── The operations of the spec ─────────────────────────────────────────────────────────────────

ModelT = TypeVar("ModelT", bound=Model)


def _route(endpoint: Endpoint[ModelT], answer: Callable[[Call], Answer]) -> Route:
    return Route(endpoint.method, endpoint.path, endpoint.scopes, answer)


ROUTES: Final = (
    _route(api.IMAGES_LIST, images_list),
    _route(api.IMAGES_CREATE, images_create),
    _route(api.IMAGES_GET, images_get),
    _route(api.IMAGES_UPDATE, images_update),
    _route(api.IMAGES_DELETE, images_delete),
    _route(api.IMAGE_ACTIONS_LIST, image_actions_list),
    _route(api.IMAGE_ACTIONS_CREATE, image_actions_create),
    _route(api.IMAGE_ACTIONS_GET, image_actions_get),
    _route(api.ACTIONS_LIST, actions_list),
    _route(api.ACTIONS_GET, actions_get),
    _route(api.ACCOUNT_TRANSFER_START, account_transfer_start),
    _route(api.ACCOUNT_TRANSFER_ACCEPT, account_transfer_accept),
    _route(api.ACCOUNT_TRANSFER_DECLINE, account_transfer_decline),
    _route(api.ACCOUNT_TRANSFER_CANCEL, account_transfer_cancel),
)
"""Every operation that is served."""
