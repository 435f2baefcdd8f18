"""A stand-in for the network of the clients that are constructed while it is installed."""

import httpx

from do_images._http.interception import StandIn
from do_images.testing import FakeDigitalOcean

__all__ = ["SNAPSHOT", "Recorded"]

SNAPSHOT = b'{"image": {"id": 7555620, "name": "golden", "created_at": "2024-05-01T12:00:00Z"}}'


class Recorded:
    """A stand-in that answers every request with one image and keeps the requests."""

    def __init__(self, *statuses: int) -> None:
        self.requests: list[httpx.Request] = []
        self.tokens: list[str] = []
        self._statuses = list(statuses)
        self.clocks = FakeDigitalOcean()
        transport = httpx.MockTransport(self._answer)
        self.stand_in = StandIn(
            transport, transport, self.clocks.clock, self.clocks.async_clock, "stand-in-token"
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        status = self._statuses.pop(0) if self._statuses else 200
        return httpx.Response(status, content=SNAPSHOT)
