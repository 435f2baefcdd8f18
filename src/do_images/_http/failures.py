"""What httpx raises, as errors of ours; and what tracebacks may keep."""

import ssl
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType
from typing import NamedTuple

from do_images._core import failures
from do_images._http.proxies import Proxy
from do_images.errors import APIConnectionError, APITimeoutError, RequestInfo

__all__ = ["Failure", "connection_error", "forget_locals"]

_TIMEOUT = "TimeoutException"
# ProxyError: the proxy refused the tunnel.
_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})
# Whose frames hold requests, or their bytes, while a request is being sent.
_LIBRARIES = frozenset(
    {"anyio", "asyncio", "h11", "httpcore", "httpcore2", "httpx", "httpx2", "ssl", "trio"}
)
_OURS = frozenset({"do_images._async.pool", "do_images._sync.pool"})


class Failure(NamedTuple):
    """What is kept of a foreign exception: the frames of its traceback hold the token."""

    kinds: frozenset[str]
    """The names of its class and of the classes above."""
    name: str
    text: str
    untrusted: bool
    """Whether the server's certificate did not verify: no repetition helps."""

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Return what is known of an exception."""
        kinds = frozenset(kind.__name__ for kind in type(error).__mro__)
        return cls(kinds, type(error).__name__, str(error), _is_untrusted(error))

    @property
    def is_timeout(self) -> bool:
        """Whether a step took too long."""
        return _TIMEOUT in self.kinds


def _is_untrusted(error: BaseException) -> bool:
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, and all that it was raised from or after; there may be circles."""
    seen = set[int]()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            pending += (each.__cause__, each.__context__)
            yield each


def connection_error(
    failure: Failure,
    request: RequestInfo,
    *,
    whole: float | None,
    took: float,
    written: bool | None,
    proxy: Proxy | None,
) -> APIConnectionError:
    """Return the error for a request without a response.

    `written` is whether any of it was written to the server, None where nobody knows.
    """
    through = "" if proxy is None else f", through the proxy {proxy.name}"
    kind: type[APIConnectionError] = APIConnectionError
    if failure.is_timeout:
        kind = APITimeoutError
        limit = f"time-out {whole} s, {failure.name}"
        text = f"no complete response within {took:.1f} s ({limit}{through})"
    else:
        text = f"no response was received ({failure.name}: {failure.text}{through})"
    never_sent = bool(failure.kinds & _NEVER_SENT) if written is None else not written
    error = kind(text, request=request, never_sent=never_sent)
    return failures.with_context(error, elapsed=took, permanent=failure.untrusted or None)


def forget_locals(error: BaseException) -> None:
    """Clear the local variables of all finished frames in which a request was sent.

    An exception that a signal or a cancellation raises in the middle of a request comes out as
    it is. Whoever reports it with the locals of its frames must not find the token there.
    """
    for each in _chain(error):
        trace = each.__traceback__
        while trace is not None:
            _clear(trace.tb_frame)
            trace = trace.tb_next


def _clear(frame: FrameType) -> None:
    module = str(frame.f_globals.get("__name__", ""))
    if module.partition(".")[0] in _LIBRARIES or module in _OURS:
        with suppress(RuntimeError):  # it is still running
            frame.clear()
