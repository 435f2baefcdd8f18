"""A fake of the API, for the tests of whoever uses this package."""

from do_images.testing._clock import AsyncVirtualClock, VirtualClock
from do_images.testing._fake import FakeDigitalOcean
from do_images.testing._messages import Reply, Request
from do_images.testing._quirks import Quirk

__all__ = [
    "AsyncVirtualClock",
    "FakeDigitalOcean",
    "Quirk",
    "Reply",
    "Request",
    "VirtualClock",
]
