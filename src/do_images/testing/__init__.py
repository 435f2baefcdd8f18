"""A fake of the API, for the tests of programs that use this package.

    with FakeDigitalOcean() as fake, fake.client() as do:
        action = do.image.transfer(7555620, "nyc3", wait=True)

It needs no network, no account and no time: the clients of a fake wait on its virtual clock.
`python -m do_images.testing` serves it on a port, for any client in any language.

`fake.quirk("region_as_slug")` switches on what the real API does now and then:
"""

from do_images.testing import _quirks
from do_images.testing._clock import AsyncVirtualClock, VirtualClock
from do_images.testing._fake import FakeDigitalOcean
from do_images.testing._faults import Broken
from do_images.testing._messages import Loss, Request, Response
from do_images.testing._quirks import QUIRKS, Quirk

__all__ = [
    "QUIRKS",
    "AsyncVirtualClock",
    "Broken",
    "FakeDigitalOcean",
    "Loss",
    "Quirk",
    "Request",
    "Response",
    "VirtualClock",
]

__doc__ = f"{__doc__}\n{_quirks.listing()}\n"
