"""The control endpoint of a served fake: its members as addresses, for tests in any language.

POST /_fake/add_image {"name": "golden"}  ->  {"result": 200123456}
GET /_fake/requests                       ->  {"result": [...]}
"""

import json
from datetime import datetime
from typing import Final, cast

from do_images import Action, Image
from do_images.testing._bodies import dumps
from do_images.testing._controls import Controls
from do_images.testing._data import Json, Record
from do_images.testing._messages import Request, Response
from do_images.testing._quirks import Quirk

__all__ = ["PREFIX", "control"]

PREFIX: Final = "/_fake/"
"""Where the paths of the control endpoint begin."""

_CALLS: Final = frozenset(
    {
        *("add_image", "add_images", "remove_image", "offer_image", "token", "advance"),
        *("transfer_takes", "convert_takes", "imports_take", "imports_fail", "stale_for"),
        *("fail_action", "fail_next_action", "fail_next", "quota", "quirk", "heal", "reset"),
    }
)
_READS: Final = frozenset({"actions", "faults_left", "images", "now", "requests", "unused_faults"})


def control(fake: Controls, method: str, path: str, content: bytes) -> Response:
    """Answer a request to the control endpoint; it needs no token."""
    name = path.removeprefix(PREFIX)
    try:
        if (method, name in _READS) == ("GET", True):
            return _response(200, {"result": _json(getattr(fake, name))})
        if (method, name in _CALLS) == ("POST", True):
            return _response(200, {"result": _json(_call(fake, name, content))})
    except (TypeError, ValueError) as error:
        return _response(400, {"message": str(error)})
    known = [f"GET {PREFIX}{it}" for it in sorted(_READS)]
    known += [f"POST {PREFIX}{it}" for it in sorted(_CALLS)]
    return _response(404, {"message": f"There are only {', '.join(known)}."})


def _call(fake: Controls, name: str, content: bytes) -> object:
    arguments = json.loads(content or b"{}")
    if not isinstance(arguments, dict):
        raise TypeError("The body must be a JSON object.")
    given = cast("Record", arguments)
    if isinstance(created := given.get("created_at"), str):
        arguments = {**given, "created_at": datetime.fromisoformat(created)}
    if name == "quirk":
        names = cast("list[Quirk]", given.get("names", []))
        fake.quirk(*names, on=bool(given.get("on", True)))
        return None
    result: object = getattr(fake, name)(**arguments)
    return result


def _json(value: object) -> Json:
    if isinstance(value, Request):
        return cast("Json", {**value._asdict(), "headers": dict(value.headers)})
    if isinstance(value, list | tuple):
        return [_json(item) for item in cast("list[object]", value)]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Image | Action):
        return cast("Json", json.loads(value.model_dump_json()))
    return cast("Json", value)


def _response(status: int, body: Json) -> Response:
    return Response(status, {"content-type": "application/json"}, dumps(body))
