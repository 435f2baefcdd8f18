"""What a user's program does with `AsyncClient`, every call of it; it is type-checked and run."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import assert_type

import httpx

from do_images import Action, AsyncClient, Image, PruneResult, RateLimit

SNAPSHOT, BACKUP, CUSTOM = 7555620, 7555621, 7555622


async def make_clients(http: httpx.AsyncClient) -> None:
    async with AsyncClient("token") as do:
        assert_type(do, AsyncClient)
        quota: RateLimit | None = do.rate_limit
        assert quota is None
        patient = do.with_options(timeout=120, max_retries=5)
        assert_type(patient, AsyncClient)
        await patient.aclose()
    other = AsyncClient(
        token="token",
        base_url="https://api.digitalocean.com/v2",
        timeout=httpx.Timeout(10, connect=2.5),
        max_retries=0,
        user_agent="app/1.0",
        http_client=http,
        allow_http=False,
    )
    await other.aclose()


async def find(do: AsyncClient) -> None:
    assert_type(await do.image.list(), list[Image])
    assert_type(do.image.iter(), AsyncIterator[Image])
    for image in await do.image.list("distribution", False):
        assert_type(image, Image)
    async for image in do.image.iter("application", True, tag_name="prod"):
        assert_type(image, Image)
    await do.image.list(type="kind-of-next-year", private=None, tag_name=None)
    assert_type(await do.image.info("ubuntu-24-04-x64"), Image)
    assert_type(await do.image.info(id_slug=SNAPSHOT), Image)


async def select(do: AsyncClient) -> None:
    image = await do.image.latest("web-*", type="snapshot", region="nyc1", status="available")
    assert_type(image, Image)
    assert_type(await do.image.find(), list[Image])
    since = datetime(2020, 1, 1, tzinfo=UTC)
    for found in await do.image.find(re.compile("^web"), newer_than=since, older_than=timedelta(0)):
        assert_type(found, Image)
    another: str = "Plan 9"
    await do.image.find(name=None, distribution=another, tag_name="prod", public=None)
    await do.image.latest(distribution="Ubuntu", public=True)


async def prune(do: AsyncClient) -> None:
    result = await do.image.prune(
        "web-*", keep_last=5, keep_within=timedelta(days=30), dry_run=True
    )
    assert_type(result, PruneResult)
    assert_type(result.kept, list[Image])
    assert_type(result.deleted, list[Image])
    assert_type(result.reasons, dict[int, tuple[str, ...]])
    await do.image.prune(
        re.compile("^nightly-"),
        keep_daily=7,
        keep_weekly=4,
        keep_monthly=12,
        keep_yearly=None,
        type="custom",
        region="nyc3",
        tag_name="prod",
    )
    images = await do.image.find("nightly-*")
    assert_type(await do.image.destroy_many([*images, 1, 2]), list[int])
    assert_type(await do.image.destroy_many(images), list[int])
    assert_type(await do.image.destroy_many(image.id for image in images), list[int])


async def change(do: AsyncClient) -> None:
    assert_type(await do.image.update(SNAPSHOT, "renamed"), Image)
    await do.image.update(SNAPSHOT, name="renamed", description="", distribution="Ubuntu")
    await do.image.update(id=SNAPSHOT, description="by keyword")


async def create(do: AsyncClient) -> None:
    image = await do.image.create(
        name="golden",
        url="https://example.com/golden.qcow2",
        region="nyc3",
        distribution="Debian",
        description="made from a file",
        tags=["base-image", "prod"],
        wait=True,
        poll=5,
        timeout=3600,
    )
    assert_type(image, Image)
    polls: list[Image] = []
    late = await do.image.create(name="late", url="https://example.com/late.qcow2", region="nyc3")
    ready = await do.image.wait(late, 5, None, on_poll=polls.append)
    assert_type(ready, Image)
    assert polls
    assert_type(await do.image.wait(ready, poll=0.5, timeout=1.5), Image)


async def copy(do: AsyncClient) -> None:
    polls: list[Action] = []
    another: str = "tor1"
    action = await do.image.transfer(SNAPSHOT, "nyc3", wait=True, poll=5, timeout=300)
    assert_type(action, Action)
    await do.image.transfer(SNAPSHOT, "sgp1", True, 5, None, on_poll=polls.append)
    await do.image.transfer(id=SNAPSHOT, region=another, wait=True, timeout=None, on_poll=print)
    copies = await do.image.transfer_many(
        SNAPSHOT, ("ams3", "fra1"), wait=True, poll=10, timeout=7200, on_poll=polls.append
    )
    assert_type(copies, dict[str, Action])
    again = await do.image.transfer_many(SNAPSHOT, {"ams3": 1}.keys(), True)
    assert_type(again, dict[str, Action])
    assert polls


async def convert(do: AsyncClient) -> None:
    action = await do.image.convert(BACKUP, True, 2.5, None, on_poll=lambda _: None)
    assert_type(action, Action)


async def actions(do: AsyncClient) -> None:
    started = await do.image.transfer(SNAPSHOT, "lon1")
    assert_type(await do.image.action_info(SNAPSHOT, started.id), Action)
    assert_type(await do.image.action_list(SNAPSHOT), list[Action])
    assert_type(do.image.action_iter(id=SNAPSHOT), AsyncIterator[Action])
    assert_type(await do.action.list(), list[Action])
    assert_type(do.action.iter(), AsyncIterator[Action])
    assert_type(await do.action.info(started.id), Action)
    assert_type(await do.action.wait(started, poll=5, timeout=None, on_poll=print), Action)
    finished = await do.action.wait_all([started], 5, 300, on_poll=lambda action: action.status)
    assert_type(finished, list[Action])
    assert_type(await do.action.wait_all(action for action in finished), list[Action])


async def hand_over(do: AsyncClient, accepted: tuple[int, int], declined: tuple[int, int]) -> None:
    offer = await do.image.account_transfer(SNAPSHOT, recipient_email="owner@example.com")
    assert_type(offer, int)
    await do.image.cancel_account_transfer(SNAPSHOT, offer)
    team = "3a2f0d0e-52bb-4f6e-9d3c-8a4c5b0f1e2d"
    image, offer = accepted
    await do.image.accept_account_transfer(image, offer, team)
    image, offer = declined
    await do.image.decline_account_transfer(id=image, transfer_id=offer)


async def destroy(do: AsyncClient) -> None:
    await do.image.destroy(SNAPSHOT)
    quota = do.rate_limit
    if quota is not None:
        limit, remaining, reset = quota
        assert_type(limit, int)
        assert_type(quota.remaining, int)
        assert_type(quota.reset, int)
        assert reset or remaining
