"""Random sequences of failures: what the server did, against what the SDK says of it.

The server is a model: it draws what goes wrong with each request, and whether it did the work all
the same. Whatever it draws, no transfer is started twice, and none is lost without an error that
says so.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from random import Random

import httpx
import pytest
import respx
from hypothesis import settings

from do_images import Action, ActionGroupError, APIError, AsyncClient, DOImagesError, Image
from tests.support import TOKEN, AsyncVirtualClock, Json

pytestmark = pytest.mark.anyio

NOON = 1_780_000_000.0
REGIONS = ("ams3", "nyc3", "sgp1")
# In pieces that several workers share; how many is up to hypothesis's profile.
BATCHES, SEQUENCES = 5, 2 * settings().max_examples


NEVER_SENT: Sequence[type[httpx.TransportError]] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
)
LOST: Sequence[type[httpx.TransportError]] = (
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.WriteError,
    httpx.RemoteProtocolError,
)
UNCLEAR = (408, 500, 502, 503, 504, 520, 522, 524)
GARBAGE = (
    b"",
    b"{}",
    b"<html>created</html>",
    b'{"action": {"id": 9',
    b'{"action": null}',
    b"\xff",
)


class Server:
    """One image and its actions, behind a line on which anything may happen."""

    def __init__(self, random: Random) -> None:
        self.random = random
        # Our clock may be hours off; nothing may depend on it.
        self.clock = AsyncVirtualClock(NOON + random.choice([0, -18_000, 18_000]))
        self.ahead = NOON - self.clock.start
        self.actions: list[dict[str, Json]] = []
        self.begun = 0
        self.answered = False

    def now(self) -> float:
        return self.clock.time() + self.ahead

    def begin(self, kind: object, region: object) -> dict[str, Json]:
        self.begun += 1
        moment = datetime.fromtimestamp(int(self.now()), UTC)
        action: dict[str, Json] = {
            "id": 1000 + len(self.actions),
            "status": "in-progress",
            "type": str(kind),
            "started_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "region_slug": region if isinstance(region, str) else None,
        }
        self.actions.insert(0, action)
        return action

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.clock.now += self.random.choice([0.0, 0.01, 0.4, 3.0])
        if request.method == "GET":
            return self.actions_list()
        return self.post(httpx.Response(200, content=request.content).json())

    def post(self, body: dict[str, Json]) -> httpx.Response:
        draw = self.random.random()
        if draw < 0.15:
            raise self.random.choice(NEVER_SENT)("never sent")
        if draw < 0.25:
            return self.answer(429, {"message": "slow down"})
        if draw < 0.3:
            return self.answer(422, {"message": "Image already has a pending event."})
        action = self.begin(body["type"], body.get("region")) if draw < 0.75 else None
        draw = self.random.random()
        if action is not None and draw < 0.3:
            self.answered = True
            return self.answer(201, {"action": action})
        if draw < 0.6:
            raise self.random.choice(LOST)("lost")
        if action is not None and draw < 0.75:
            return self.answer(201, self.random.choice(GARBAGE))
        return self.answer(self.random.choice(UNCLEAR), {"message": "something broke"})

    def actions_list(self) -> httpx.Response:
        draw = self.random.random()
        if draw < 0.15:
            raise self.random.choice([*NEVER_SENT, *LOST])("lost")
        if draw < 0.3:
            return self.answer(self.random.choice([403, 404, 429, *UNCLEAR]), b"<html>")
        if draw < 0.35:
            return self.answer(200, self.random.choice(GARBAGE))
        return self.answer(200, {"actions": list[Json](self.shown())})

    def shown(self) -> list[dict[str, Json]]:
        """The list may lag behind."""
        return self.actions[self.random.choice([0, 0, 0, 1]) :]

    def answer(self, status: int, content: bytes | Json) -> httpx.Response:
        headers = {"date": formatdate(self.now(), usegmt=True)}
        if isinstance(content, bytes):
            return httpx.Response(status, headers=headers, content=content)
        return httpx.Response(status, headers=headers, json=content)


async def _start(do: AsyncClient, random: Random) -> Action:
    if random.random() < 0.3:
        return await do.image.convert(1)
    return await do.image.transfer(1, random.choice(REGIONS))


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("batch", range(BATCHES))
async def test_nothing_is_started_twice_and_nothing_is_lost(
    batch: int, api: respx.MockRouter
) -> None:
    outcomes = Counter[str]()
    for number in range(SEQUENCES):
        random = Random(batch * SEQUENCES + number)
        server = Server(random)
        api.reset()
        api.route().mock(side_effect=server)
        async with AsyncClient(
            TOKEN, clock=server.clock, max_retries=random.choice([0, 2, 5])
        ) as do:
            # What an earlier call, or somebody else, started is there to be taken for ours.
            for _ in range(random.choice([1, 1, 2])):
                server.clock.now += 2
                outcomes[await _one(do, server, random)] += 1
    assert (
        min(outcomes[name] for name in ("started", "found", "unknown", "refused")) > SEQUENCES // 50
    )


async def _one(do: AsyncClient, server: Server, random: Random) -> str:
    """How one call ended, after comparing what the server did with what the SDK says."""
    before = {str(action["id"]) for action in server.actions}
    server.begun, server.answered = 0, False
    try:
        action = await _start(do, random)
    except APIError as error:
        assert server.begun <= 1, "started twice"
        unknown = "was started is not known" in str(error)
        assert unknown or not server.begun, "lost without an error that says so"
        return "unknown" if unknown else "refused"
    assert server.begun == 1, "started as often as it is said to be"
    assert str(action.id) == str(server.actions[0]["id"]) not in before, "another action's"
    return "started" if server.answered else "found"


# ── With waiting ────────────────────────────────────────────────────────────────────────────


class Waited(Server):
    """Shows its image and its actions, which end after a while."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.lasts = random.choice([3, 30, 300])
        self.started_at: dict[str, float] = {}

    def begin(self, kind: object, region: object) -> dict[str, Json]:
        action = super().begin(kind, region)
        self.started_at[str(action["id"])] = self.clock.now
        return action

    def shown(self) -> list[dict[str, Json]]:
        lag = self.random.choice([0, 0, 0, 4])
        newest = self.clock.now - lag
        return [one for one in self.actions if self.started_at[str(one["id"])] <= newest]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        for action in self.actions:
            if self.clock.now >= self.started_at[str(action["id"])] + self.lasts:
                action["status"] = "completed"
        parts = request.url.path.split("/")
        if request.method == "POST" or parts[-1] == "actions":
            return super().__call__(request)
        self.clock.now += 0.1
        if self.random.random() < 0.2:
            return self.answer(self.random.choice([429, *UNCLEAR]), b"<html>")
        if parts[-2] == "actions":
            found = [action for action in self.actions if str(action["id"]) == parts[-1]]
            # What is new may be missing for a moment.
            if not found or self.random.random() < 0.05:
                return self.answer(404, {"id": "not_found", "message": "gone"})
            return self.answer(200, {"action": found[0]})
        done = [action for action in self.actions if action["status"] == "completed"]
        regions: list[Json] = ["fra1", *(action["region_slug"] for action in done)]
        image: dict[str, Json] = {"id": 1, "name": "x", "created_at": "2026-05-04T22:23:02Z"}
        image["regions"] = regions
        return self.answer(200, {"image": image})


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("batch", range(BATCHES))
async def test_nor_is_anything_with_waiting(batch: int, api: respx.MockRouter) -> None:
    outcomes = Counter[str]()
    for number in range(SEQUENCES):
        random = Random(batch * SEQUENCES + number)
        server = Waited(random)
        api.reset()
        api.route().mock(side_effect=server)
        async with AsyncClient(TOKEN, clock=server.clock) as do:
            timeout = random.choice([10, 60, 600])
            try:
                action = await do.image.transfer(1, "nyc3", wait=True, timeout=timeout)
            except DOImagesError as error:
                unknown = "was started is not known" in str(error)
                held = error.action
                outcomes["unknown" if unknown else "refused" if held is None else "held"] += 1
                assert unknown or bool(server.begun) == (held is not None), "lost in silence"
                assert held is None or str(held.id) == str(server.actions[0]["id"])
            else:
                outcomes["completed"] += 1
                assert str(action.id) == str(server.actions[0]["id"])
        assert server.begun <= 1, "started twice"
    assert min(outcomes[name] for name in ("completed", "unknown", "held")) > SEQUENCES // 50


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("batch", range(BATCHES))
async def test_nor_is_anything_of_a_job_that_is_run_again(
    batch: int, api: respx.MockRouter
) -> None:
    outcomes = Counter[str]()
    for number in range(SEQUENCES):
        random = Random(batch * SEQUENCES + number)
        server = Waited(random)
        api.reset()
        api.route().mock(side_effect=server)
        for _ in range(2):
            unknown: set[str] = set()
            begun = {str(action["id"]) for action in server.actions}
            held: set[str] = set()
            async with AsyncClient(TOKEN, clock=server.clock) as do:
                try:
                    wait, timeout = random.random() < 0.7, random.choice([10, 60, 600])
                    actions = await do.image.transfer_many(1, REGIONS, wait=wait, timeout=timeout)
                    held = {str(action.id) for action in actions.values()}
                except ActionGroupError as group:
                    held = {str(action.id) for action in group.actions}
                    unknown = {
                        region
                        for region, error in group.failures.items()
                        if "was started is not known" in str(error)
                    }
                except APIError:
                    outcomes["not begun"] += 1
                    assert {str(action["id"]) for action in server.actions} == begun
            new = [action for action in server.actions if str(action["id"]) not in begun]
            lost = {str(one["region_slug"]) for one in new if str(one["id"]) not in held}
            assert lost <= unknown, "lost in silence"
            outcomes["adopted" if held & begun else "started" if held else "nothing"] += 1
            if unknown:
                break  # only somebody who looks can know now
            server.clock.now += 5
        by_region = Counter(str(action["region_slug"]) for action in server.actions)
        assert not server.actions or max(by_region.values()) == 1, "started twice"
    assert min(outcomes[name] for name in ("started", "adopted")) > SEQUENCES // 50


# ── Imports ─────────────────────────────────────────────────────────────────────────────────


class Importer(Server):
    """Takes imports in place of transfers; these can't be looked up."""

    def begin(self, kind: object, region: object) -> dict[str, Json]:
        self.begun += 1
        return {"id": 5, "name": "golden", "created_at": "2026-05-04T22:23:02Z"}

    def post(self, body: dict[str, Json]) -> httpx.Response:
        return super().post({**body, "type": "import"})

    def answer(self, status: int, content: bytes | Json) -> httpx.Response:
        if isinstance(content, dict) and "action" in content:
            content = {"image": content["action"]}
        return super().answer(status, content)


async def _import(do: AsyncClient) -> Image:
    url = "https://example.com/golden.qcow2"
    return await do.image.create(name="golden", url=url, region="nyc3")


@pytest.mark.usefixtures("untraced")
async def test_no_import_begins_twice_or_in_silence(api: respx.MockRouter) -> None:
    outcomes = Counter[str]()
    for number in range(SEQUENCES):
        server = Importer(Random(number))
        api.reset()
        api.route().mock(side_effect=server)
        async with AsyncClient(TOKEN, clock=server.clock, max_retries=3) as do:
            try:
                await _import(do)
            except APIError as error:
                assert server.begun <= 1, "begun twice"
                unknown = "may have been carried out" in str(error)
                assert unknown or not server.begun, "lost without an error that says so"
                outcomes["unknown" if unknown else "refused"] += 1
            else:
                assert server.begun == 1
                outcomes["begun"] += 1
    assert min(outcomes[name] for name in ("begun", "unknown", "refused")) > SEQUENCES // 50
