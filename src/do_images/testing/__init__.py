"""A fake of the API, for the tests of whoever uses this package.

    with FakeDigitalOcean() as fake, fake.client() as do:
        action = do.image.transfer(7555620, "nyc3", wait=True)

No network, no token, no time: the clients of a fake wait on its virtual clock.
"""

from do_images.testing._fake import FakeDigitalOcean, Request

__all__ = ["FakeDigitalOcean", "Request"]
