"""TCP connections to a host of several addresses."""

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from typing import Any, TypeAlias, cast

import httpcore
from httpcore._backends.sync import (  # the one way to make a stream of a socket
    SyncStream,  # pyright: ignore[reportPrivateUsage]
)

__all__ = ["AsyncBackend", "Backend"]

Options: TypeAlias = Iterable[
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
]
Address: TypeAlias = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]

# Seconds by which an address may be ahead of the next one (RFC 8305).
_HEAD_START = 0.25
# What a connect that does not block returns; 10035 is Windows' word for it.
_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, 10035})

# anyio gives each address the same head start.
AsyncBackend = cast("type[httpcore.AsyncNetworkBackend]", httpcore.AnyIOBackend)


class Backend(httpcore.NetworkBackend):
    """Blocking sockets.

    The addresses of a host share the time of the connection: httpcore's own backend would give
    all of it to the first, which may be an IPv6 address that nothing is routed to.
    """

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to whichever address of a host is connected first."""
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            connection = _connect(_by_turns(addresses), timeout)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"no connection to {host}") from None
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return SyncStream(connection)


def _by_turns(addresses: Sequence[Address]) -> list[Address]:
    """Return addresses such that families take turns, the family of the first one leading."""
    first = [address for address in addresses if address[0] == addresses[0][0]]
    others = [address for address in addresses if address[0] != addresses[0][0]]
    return [each for each in chain(*zip_longest(first, others)) if each is not None]


def _connect(addresses: Iterable[Address], timeout: float | None) -> socket.socket:
    """Try addresses one after the other, the next one as soon as one failed or takes its time."""
    waiting = deque(addresses)
    end = None if timeout is None else time.monotonic() + timeout
    failure: OSError = TimeoutError()
    with selectors.DefaultSelector() as selector:
        try:
            next_at = 0.0
            while waiting or selector.get_map():
                now = time.monotonic()
                if end is not None and now >= end:
                    raise TimeoutError
                if waiting and (now >= next_at or not selector.get_map()):
                    failure = _begin(waiting.popleft(), selector) or failure
                    next_at = now + _HEAD_START
                    continue
                moments = [moment for moment in (end, next_at if waiting else None) if moment]
                for key, _ in selector.select(min(moments) - now if moments else None):
                    connection = cast("socket.socket", key.fileobj)
                    selector.unregister(connection)
                    code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if code == 0:
                        return connection
                    connection.close()
                    failure = OSError(code, os.strerror(code))
                    next_at = 0.0
            raise failure
        finally:
            for key in selector.get_map().values():
                cast("socket.socket", key.fileobj).close()


def _begin(address: Address, selector: selectors.BaseSelector) -> OSError | None:
    """Begin to connect to an address; return the error where that fails at once."""
    family, kind, protocol, _, where = address
    connection = socket.socket(family, kind, protocol)
    connection.setblocking(False)
    code = connection.connect_ex(where)
    if code in _UNDER_WAY:
        selector.register(connection, selectors.EVENT_WRITE)
        return None
    connection.close()
    return OSError(code, os.strerror(code))
