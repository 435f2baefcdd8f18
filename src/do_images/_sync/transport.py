# GENERATED from src/do_images/_async/transport.py by "make generate". Do not edit.
"""The transport of clients that we build: httpx's own, over a pool of ours."""

import ssl

import httpcore
import httpx

from do_images._sync.pool import Pool, TimedBackend

__all__ = ["Transport"]

# Seconds that an idle connection is kept: longer than most pauses between two polls.
_KEEP_ALIVE = 90.0
_CONNECTIONS, _IDLE_CONNECTIONS = 100, 20


class Transport(httpx.HTTPTransport):
    """Sends requests.

    Tools that record, replay or trace requests patch `handle_request` of httpx's class, or
    that of httpcore's pool: both are what is called here.
    """

    def __init__(self, tls: ssl.SSLContext | None, proxy: httpcore.Proxy | None) -> None:
        """`tls` may be None where only plain http is spoken."""
        super().__init__(verify=False if tls is None else tls)
        pool = Pool(
            ssl_context=tls,
            proxy=proxy,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE,
            network_backend=TimedBackend(),
        )
        # httpx can't be given a pool.
        self._pool = pool
