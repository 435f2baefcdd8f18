"""The transport of clients that we build: httpx's own, over a pool of ours."""

import ssl

import httpcore
import httpx

from do_images._async.pool import AsyncPool, AsyncTimedBackend
from do_images._http.options import POOL_SIZES

__all__ = ["AsyncTransport"]


class AsyncTransport(httpx.AsyncHTTPTransport):
    """Sends requests.

    Tools that record, replay or trace requests patch `handle_async_request` of httpx's class, or
    that of httpcore's pool: both are what is called here.
    """

    def __init__(self, tls: ssl.SSLContext | None, proxy: httpcore.Proxy | None) -> None:
        """Replace the pool: httpx can't be given one. `tls` may be None for plain http."""
        super().__init__(verify=False if tls is None else tls)
        backend = AsyncTimedBackend()
        self._pool = AsyncPool(ssl_context=tls, proxy=proxy, network_backend=backend, **POOL_SIZES)
