# GENERATED from src/do_images/_async/transport.py by "make generate". Do not edit.
"""The transport of clients that we build: httpx's own, over a pool of ours."""

import ssl

import httpcore
import httpx

from do_images._http.options import POOL_SIZES
from do_images._sync.pool import Pool, TimedBackend

__all__ = ["Transport"]


class Transport(httpx.HTTPTransport):
    """Sends requests.

    Tools that record, replay or trace requests patch `handle_request` of httpx's class, or
    that of httpcore's pool: both are what is called here.
    """

    def __init__(self, tls: ssl.SSLContext | None, proxy: httpcore.Proxy | None) -> None:
        """Replace the pool: httpx can't be given one. `tls` may be None for plain http."""
        super().__init__(verify=False if tls is None else tls)
        backend = TimedBackend()
        self._pool = Pool(ssl_context=tls, proxy=proxy, network_backend=backend, **POOL_SIZES)
