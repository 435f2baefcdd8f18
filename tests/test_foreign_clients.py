"""Clients that know nothing of this project, over the wire against the fake."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from do_images.testing import FakeDigitalOcean

SNAPSHOT = 7555620


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


@pytest.fixture
def url(fake: FakeDigitalOcean) -> Iterator[str]:
    # Time flies: what these clients wait for in real seconds takes them none.
    with fake.serve(speed=1000) as address:
        yield address


def test_python_digitalocean(
    fake: FakeDigitalOcean, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What its objects load later goes by the environment, whatever the manager was given.
    monkeypatch.setenv("DIGITALOCEAN_END_POINT", f"{url}/v2/")
    digitalocean = pytest.importorskip("digitalocean", reason="python-digitalocean is missing")
    manager = digitalocean.Manager(token=fake.token())
    everything = manager.get_all_images()
    assert len(everything) == len(fake.images)
    image = manager.get_image(SNAPSHOT)
    assert (image.id, image.min_disk_size) == (SNAPSHOT, 20)
    assert image.transfer("nyc3")["action"]["status"] == "in-progress"
    assert wait_for(lambda: "nyc3" in manager.get_image(SNAPSHOT).regions)
    assert image.rename("renamed")["image"]["name"] == "renamed"
    assert image.destroy()
    with pytest.raises(digitalocean.NotFoundError):
        manager.get_image(SNAPSHOT)


def test_doboto(fake: FakeDigitalOcean, url: str) -> None:
    module = pytest.importorskip("doboto.DO", reason="doboto is missing")
    do = module.DO(fake.token(), url=f"{url}/v2")
    assert len(do.image.list()) == len(fake.images)
    assert next(image["id"] for image in do.image.list(private=True)) == SNAPSHOT
    assert do.image.info("ubuntu-24-04-x64")["slug"] == "ubuntu-24-04-x64"
    assert do.image.update(SNAPSHOT, "renamed")["name"] == "renamed"
    action = do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=1, timeout=10)
    assert action["status"] == "completed"
    assert [one["id"] for one in do.image.action_list(SNAPSHOT)] == [action["id"]]
    do.image.destroy(SNAPSHOT)
    assert SNAPSHOT not in {image.id for image in fake.images}


def test_pydo(fake: FakeDigitalOcean, url: str) -> None:
    pydo = pytest.importorskip("pydo", reason="pydo is missing")
    plain = {"enforce_https": False}  # else it keeps tokens from any http:// address
    with pydo.Client(token=fake.token(), endpoint=url) as do:
        listed = do.images.list(private=True, per_page=2, **plain)
        assert (len(listed["images"]), listed["meta"]["total"]) == (2, 3)
        assert do.images.get("debian-12-x64", **plain)["image"]["slug"] == "debian-12-x64"
        body = {"type": "transfer", "region": "nyc3"}
        action = do.image_actions.post(SNAPSHOT, body, **plain)["action"]
        assert action["status"] == "in-progress"
        fake.advance(5)
        assert (
            do.image_actions.get(SNAPSHOT, action["id"], **plain)["action"]["region_slug"] == "nyc3"
        )
        assert do.actions.list(**plain)["actions"][0]["status"] == "completed"
        do.images.delete(SNAPSHOT, **plain)
    assert SNAPSHOT not in {image.id for image in fake.images}


def test_curl(fake: FakeDigitalOcean, url: str) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is missing")
    command = [curl, "--silent", "--fail", "--noproxy", "*"]
    command += ["--header", f"Authorization: Bearer {fake.token()}"]
    done = subprocess.run(
        [*command, f"{url}/v2/images/{SNAPSHOT}"], capture_output=True, check=True, timeout=10
    )
    assert json.loads(done.stdout)["image"]["id"] == SNAPSHOT


def wait_for(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within a second or so."""
    for _ in range(100):
        if condition():
            return True
        time.sleep(0.01)
    return False
