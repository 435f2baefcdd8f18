"""Clients that know nothing of this project, over the wire against the fake.

Each goes through all that it can do with images and actions.
"""
# pyright: basic
# The clients have no types, or theirs do not fit what they do.

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest

from do_images.testing import FakeDigitalOcean

SNAPSHOT, BACKUP, CUSTOM = 7555620, 7555621, 7555622
# pydo keeps its token from http:// otherwise.
PLAIN: dict[str, Any] = {"enforce_https": False}
OTHER = "c9a1e0c2-0000-4000-8000-000000000001"


@pytest.fixture
def fake() -> FakeDigitalOcean:
    return FakeDigitalOcean()


@pytest.fixture
def url(fake: FakeDigitalOcean) -> Iterator[str]:
    # What these clients wait for in real seconds takes them a thousandth of it.
    with fake.serve(speed=1000) as address:
        yield address


def gone(fake: FakeDigitalOcean, id_: int) -> bool:
    return id_ not in {image.id for image in fake.images}


def wait_for(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within a second or so."""
    for _ in range(100):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_python_digitalocean(
    fake: FakeDigitalOcean, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What its objects load later goes by the environment, whatever the manager was given.
    monkeypatch.setenv("DIGITALOCEAN_END_POINT", f"{url}/v2/")
    digitalocean = pytest.importorskip("digitalocean", reason="python-digitalocean is missing")
    manager = digitalocean.Manager(token=fake.token())
    assert manager.get_account().status == "active"
    assert {region.slug for region in manager.get_all_regions()} > {"nyc1", "nyc3"}
    assert {size.slug for size in manager.get_all_sizes()} > {"s-1vcpu-1gb"}
    assert [snapshot.id for snapshot in manager.get_droplet_snapshots()] == [str(SNAPSHOT)]
    assert manager.get_snapshot(str(SNAPSHOT)).name == "web-01-before-upgrade"
    assert len(manager.get_all_images()) == len(fake.images)
    assert [image.id for image in manager.get_my_images()] == [SNAPSHOT, BACKUP, CUSTOM]
    assert {image.type for image in manager.get_distro_images()} == {"base"}
    assert {image.type for image in manager.get_app_images()} == {"snapshot"}
    assert {image.public for image in manager.get_global_images()} == {True}
    assert manager.get_image("debian-12-x64").slug == "debian-12-x64"
    image = manager.get_image(SNAPSHOT)
    assert (image.id, image.min_disk_size) == (SNAPSHOT, 20)
    action_id = image.transfer("nyc3")["action"]["id"]
    action = digitalocean.Action.get_object(fake.token(), action_id)
    assert wait_for(lambda: action.load_directly() or action.status == "completed")
    assert manager.get_action(action_id).region_slug == "nyc3"
    assert image.load(use_slug=False).regions == ["nyc1", "nyc2", "nyc3"]
    assert image.rename("renamed")["image"]["name"] == "renamed"
    created = digitalocean.Image(
        token=fake.token(),
        name="new",
        url="https://example.com/new.raw",
        region="nyc3",
        distribution="Ubuntu",
        description="",
        tags=["a"],
    )
    created.create()
    assert wait_for(lambda: fake.image(created.id).status == "available")
    assert image.destroy()
    with pytest.raises(digitalocean.NotFoundError):
        manager.get_image(SNAPSHOT)


def test_doboto(fake: FakeDigitalOcean, url: str) -> None:
    module = pytest.importorskip("doboto.DO", reason="doboto is missing")
    do = module.DO(fake.token(), url=f"{url}/v2")
    assert do.account.info()["status"] == "active"
    assert len(do.region.list()) > 10
    assert len(do.size.list()) > 5
    assert len(do.snapshot.list(resource_type="droplet")) == 1
    assert len(do.image.list()) == len(fake.images)
    assert {image["type"] for image in do.image.list(type="distribution")} == {"base"}
    assert next(image["id"] for image in do.image.list(private="true")) == SNAPSHOT
    assert do.image.info("ubuntu-24-04-x64")["slug"] == "ubuntu-24-04-x64"
    assert do.image.update(SNAPSHOT, "renamed")["name"] == "renamed"
    action = do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=1, timeout=10)
    assert action["status"] == "completed"
    converted = do.image.convert(BACKUP, wait=True, poll=1, timeout=10)
    assert (converted["type"], fake.image(BACKUP).type) == ("convert", "snapshot")
    assert [one["id"] for one in do.image.action_list(SNAPSHOT)] == [action["id"]]
    assert do.image.action_info(SNAPSHOT, action["id"]) == do.action.info(action["id"])
    assert [one["id"] for one in do.action.list()] == [converted["id"], action["id"]]
    do.image.destroy(SNAPSHOT)
    assert gone(fake, SNAPSHOT)


def test_pydo(fake: FakeDigitalOcean, url: str) -> None:
    pydo = pytest.importorskip("pydo", reason="pydo is missing")
    with pydo.Client(token=fake.token(), endpoint=url) as do:
        assert do.account.get(**PLAIN)["account"]["status"] == "active"
        assert do.regions.list(**PLAIN)["meta"]["total"] > 10
        assert do.sizes.list(**PLAIN)["meta"]["total"] > 5
        assert do.snapshots.list(**PLAIN)["snapshots"][0]["id"] == str(SNAPSHOT)
        assert do.snapshots.get(str(SNAPSHOT), **PLAIN)["snapshot"]["id"] == str(SNAPSHOT)
        listed = do.images.list(private=True, per_page=2, **PLAIN)
        assert (len(listed["images"]), listed["meta"]["total"]) == (2, 3)
        assert do.images.list(type="application", **PLAIN)["meta"]["total"] == 3
        assert do.images.list(tag_name="prod", **PLAIN)["images"][0]["id"] == CUSTOM
        assert do.images.get("debian-12-x64", **PLAIN)["image"]["slug"] == "debian-12-x64"
        body = {"name": "new", "url": "https://example.com/new.raw", "region": "nyc3"}
        new = do.images.create_custom(body, **PLAIN)["image"]
        assert (new["status"], new["distribution"]) == ("NEW", "Unknown")
        update = {"name": "renamed", "distribution": "Haiku"}
        assert do.images.update(SNAPSHOT, update, **PLAIN)["image"]["distribution"] == "Unknown OS"
        transfer = {"type": "transfer", "region": "nyc3"}
        action = do.image_actions.post(SNAPSHOT, transfer, **PLAIN)["action"]
        assert action["status"] == "in-progress"
        fake.advance(5)
        same = do.image_actions.get(SNAPSHOT, action["id"], **PLAIN)["action"]
        assert (same["region_slug"], same["status"]) == ("nyc3", "completed")
        assert do.image_actions.list(SNAPSHOT, **PLAIN)["actions"] == [same]
        assert do.actions.list(**PLAIN)["actions"] == [same]
        assert do.actions.get(action["id"], **PLAIN)["action"] == same
        images = do.images

        def offered() -> dict[str, Any]:
            to = {"recipient_uuid": OTHER}
            number = images.post_account_transfer_create(SNAPSHOT, to, **PLAIN)["transfer_id"]
            return {"transfer_id": number}

        images.post_account_transfer_cancel(SNAPSHOT, offered(), **PLAIN)
        with pydo.Client(token=fake.token(account=OTHER), endpoint=url) as them:
            them.images.post_account_transfer_decline(SNAPSHOT, offered(), **PLAIN)
            accepted = {**offered(), "recipient_uuid": OTHER}
            them.images.post_account_transfer_accept(SNAPSHOT, accepted, **PLAIN)
            them.images.delete(SNAPSHOT, **PLAIN)
        do.images.delete(CUSTOM, **PLAIN)
    assert gone(fake, SNAPSHOT)
    assert gone(fake, CUSTOM)


def test_pydo_with_asyncio(fake: FakeDigitalOcean, url: str) -> None:
    pydo = pytest.importorskip("pydo.aio", reason="pydo[aio] is missing")

    async def main() -> None:
        async with pydo.Client(token=fake.token(), endpoint=url) as do:
            assert (await do.account.get(**PLAIN))["account"]["status"] == "active"
            assert (await do.images.list(private=True, **PLAIN))["meta"]["total"] == 3
            assert (await do.images.get(SNAPSHOT, **PLAIN))["image"]["id"] == SNAPSHOT
            body = {"name": "new", "url": "https://example.com/new.raw", "region": "nyc3"}
            assert (await do.images.create_custom(body, **PLAIN))["image"]["name"] == "new"
            update = {"description": "ours"}
            changed = (await do.images.update(SNAPSHOT, update, **PLAIN))["image"]
            assert changed["description"] == "ours"
            transfer = {"type": "transfer", "region": "nyc3"}
            action = (await do.image_actions.post(SNAPSHOT, transfer, **PLAIN))["action"]
            fake.advance(5)
            same = (await do.image_actions.get(SNAPSHOT, action["id"], **PLAIN))["action"]
            assert same["status"] == "completed"
            assert (await do.image_actions.list(SNAPSHOT, **PLAIN))["actions"] == [same]
            assert (await do.actions.list(**PLAIN))["actions"] == [same]
            assert (await do.actions.get(action["id"], **PLAIN))["action"] == same
            images = do.images

            async def offered() -> dict[str, Any]:
                to = {"recipient_email": "ops@example.com"}
                number = await images.post_account_transfer_create(SNAPSHOT, to, **PLAIN)
                return {"transfer_id": number["transfer_id"]}

            await images.post_account_transfer_cancel(SNAPSHOT, await offered(), **PLAIN)
            token = fake.token(account="ops@example.com")
            async with pydo.Client(token=token, endpoint=url) as them:
                await them.images.post_account_transfer_decline(SNAPSHOT, await offered(), **PLAIN)
                accepted = {**await offered(), "recipient_uuid": OTHER}
                await them.images.post_account_transfer_accept(SNAPSHOT, accepted, **PLAIN)
            await images.delete(CUSTOM, **PLAIN)

    anyio.run(main)
    assert gone(fake, CUSTOM)


def test_libcloud(fake: FakeDigitalOcean, url: str) -> None:
    providers = pytest.importorskip("libcloud.compute.providers", reason="libcloud is missing")
    types = pytest.importorskip("libcloud.compute.types")
    driver = providers.get_driver(types.Provider.DIGITAL_OCEAN)(fake.token())
    where = urlsplit(url)
    # `host=` of the driver is an error in libcloud 3.9.
    driver.connection.secure = False
    driver.connection.connect(host=where.hostname, port=where.port)
    assert {image.id for image in driver.list_images()} == {str(it.id) for it in fake.images}
    image = driver.get_image(SNAPSHOT)
    assert (image.name, image.extra["min_disk_size"]) == ("web-01-before-upgrade", 20)
    assert {location.id for location in driver.list_locations()} > {"nyc1", "nyc3"}
    assert {size.name for size in driver.list_sizes()} > {"s-1vcpu-1gb"}
    assert driver.delete_image(image)
    assert gone(fake, SNAPSHOT)


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
