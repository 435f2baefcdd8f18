"""What goes wrong on demand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import inf
from typing import Literal, TypeAlias, get_args

from do_images.testing._bodies import dumps
from do_images.testing._data import Json
from do_images.testing._matching import ALL_ROUTES, allowed, shape
from do_images.testing._messages import Loss, Response
from do_images.testing._routes import Route

__all__ = ["Broken", "Fault", "Faults"]

Broken: TypeAlias = Literal[
    "truncated",
    "wrong_length",
    "empty",
    "not_json",
    "not_utf8",
    "html",
    "not_object",
    "no_envelope",
]
"""What is wrong with the body of a response whose work was done."""

_HTML = b"<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
_BREAK: dict[Broken, Callable[[bytes], bytes]] = {
    "truncated": lambda body: body[: len(body) // 2],
    "wrong_length": lambda body: body[: len(body) // 2],
    "empty": lambda _: b"",
    "not_json": lambda _: b"{'image': None}",
    "not_utf8": lambda body: body.replace(b'":', b'\xff":', 1),
    "html": lambda _: _HTML,
    "not_object": lambda body: b"[" + body + b"]",
    "no_envelope": lambda _: b"{}",
}
# The statuses of a proxy that can't reach the API.
_PROXY = frozenset({502, 504, *range(520, 525)})


@dataclass(slots=True)
class Fault:
    """One call of `FakeDigitalOcean.fail_next`."""

    method: str
    path: str
    times: int | None
    skip: int
    status: int | None
    body: Json | bytes
    headers: Mapping[str, str]
    after: bool
    lose: Loss | None
    broken: Broken | None
    delay: float
    drip: float
    used: bool = False
    """Whether a request has gone wrong for it."""

    def __str__(self) -> str:
        """What was arranged, in the words of `fail_next`."""
        names = ("status", "lose", "broken", "delay", "drip")
        wrong = [f"{name}={value!r}" for name in names if (value := getattr(self, name))]
        return f"{self.method} {self.path}: {', '.join(wrong)}"

    @property
    def before_work(self) -> bool:
        """Whether the work is not done."""
        if self.lose is not None:
            return self.lose != "after"
        return self.status is not None and not self.after

    def fits(self, method: str, path: str, route: Route | None) -> bool:
        """Return whether this is for a request."""
        if self.method not in {"*", method}:
            return False
        if self.path in {"*", path}:
            return True
        return route is not None and shape(self.path) == shape(route.path)

    def apply(self, response: Response) -> Response:
        """Change a response, which may have nothing but headers yet."""
        response.loss, response.delay, response.drip = self.lose, self.delay, self.drip
        if self.status is not None:
            response.status = self.status
            kind, response.content = self._content(response.headers["x-request-id"])
            response.headers["content-type"] = kind
        elif self.broken is not None:
            whole = len(response.content)
            response.content = _BREAK[self.broken](response.content)
            if self.broken == "wrong_length":
                response.headers["content-length"] = str(whole)
            elif self.broken == "html":
                response.headers["content-type"] = "text/html"
        response.headers.update({name.lower(): value for name, value in self.headers.items()})
        return response

    def _content(self, request_id: str) -> tuple[str, bytes]:
        status = self.status or 500
        if isinstance(self.body, bytes):
            return "application/octet-stream", self.body
        if isinstance(self.body, str):
            return ("text/html" if "<" in self.body else "text/plain"), self.body.encode()
        if self.body is not None:
            return "application/json", dumps(self.body)
        if status < 400:
            return "application/json", b""
        if status in _PROXY:
            return "text/html", b"<html><body><h1>%d: bad gateway</h1></body></html>" % status
        return "application/json", dumps(_error(status, request_id))


def _error(status: int, request_id: str) -> Json:
    known = status in HTTPStatus.__members__.values()
    phrase = HTTPStatus(status).phrase if known else f"Status {status}"
    error_id = phrase.lower().replace(" ", "_")
    return {"id": error_id, "message": f"{phrase}, on demand.", "request_id": request_id}


class Faults:
    """The faults that are still to come, in the order in which they were arranged."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault; one that fits no operation is an error."""
        check(fault)
        self._faults.append(fault)

    def take(self, method: str, path: str, route: Route | None) -> Fault | None:
        """Return the fault of a request: the first that fits it, unless that skips it."""
        for fault in self._faults:
            if not fault.fits(method, path, route):
                continue
            if fault.skip:
                fault.skip -= 1
                return None
            fault.used = True
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
            return fault
        return None

    @property
    def left(self) -> int:
        """How many are still to come."""
        return len(self._faults)

    @property
    def unused(self) -> list[str]:
        """Those for which no request has gone wrong, as text."""
        return [str(fault) for fault in self._faults if not fault.used]

    def clear(self) -> None:
        """Forget all of them."""
        self._faults.clear()


def check(fault: Fault) -> None:
    """Refuse arguments that contradict each other or fit no operation."""
    nothing = (None, None, None, 0.0, 0.0)
    if (fault.status, fault.lose, fault.broken, fault.delay, fault.drip) == nothing:
        raise ValueError("name what goes wrong: status, lose, broken, delay or drip")
    if fault.after and fault.status is None:
        raise ValueError('after goes with a status; a lost connection has lose="after"')
    if fault.broken is not None and fault.status is not None:
        raise ValueError("broken changes the real response; a status has a body of its own")
    if fault.lose is not None and (fault.status, fault.broken) != (None, None):
        raise ValueError("lose is no response at all: it goes with neither status nor broken")
    if fault.body is not None and fault.status is None:
        raise ValueError("body goes with a status; broken changes the real response's")
    if (fault.times is not None and fault.times < 1) or fault.skip < 0:
        raise ValueError("times must be 1 or more, or None for always; skip 0 or more")
    if fault.status is not None and not 200 <= fault.status <= 599:
        raise ValueError(f"status must be from 200 to 599: {fault.status!r}")
    _one_of("lose", fault.lose, get_args(Loss))
    _one_of("broken", fault.broken, get_args(Broken))
    if not (0 <= fault.delay < inf and 0 <= fault.drip < inf):
        raise ValueError("delay and drip must be 0 or more seconds, and finite")
    known = any(fault.fits(route.method, route.path, route) for route in ALL_ROUTES)
    methods = () if "{" in fault.path else allowed(fault.path)
    if not (known or fault.method in methods or (methods and fault.method == "*")):
        paths = ", ".join(f"{route.method} {route.path}" for route in ALL_ROUTES)
        raise ValueError(f"there is no {fault.method} {fault.path}, only {paths}")


def _one_of(name: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}: {value!r}")
