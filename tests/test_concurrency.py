"""Several flows at once, in tasks and on threads: outcomes, order, errors, and who waits for whom."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from do_images import APIError, RequestInfo
from do_images._core.steps import Flow, Gather
from do_images._http.concurrency import Prefetch, gather_in_tasks, gather_in_threads
from tests.hostile import HostileServer, Peer, Script, answer
from tests.support import TOKEN, Json

REQUEST = RequestInfo("GET", "https://api.digitalocean.com/v2/images")


def _flow(number: int) -> Flow[object]:
    """A flow that is never run: it stands for its number."""
    _numbers[id(flow := _nothing())] = number
    return flow


_numbers: dict[int, int] = {}


def _nothing() -> Flow[object]:
    return None
    yield


def _in_threads(work: Callable[[int], object], step: Gather) -> list[object]:
    return gather_in_threads(lambda flow: work(_numbers[id(flow)]), step)


def _in_tasks(work: Callable[[int], object], step: Gather) -> list[object]:
    async def run(flow: Flow[object]) -> object:
        await anyio.lowlevel.checkpoint()
        return work(_numbers[id(flow)])

    return anyio.run(gather_in_tasks, run, step)


def _in_tasks_of_trio(work: Callable[[int], object], step: Gather) -> list[object]:
    async def run(flow: Flow[object]) -> object:
        await anyio.lowlevel.checkpoint()
        return work(_numbers[id(flow)])

    return anyio.run(gather_in_tasks, run, step, backend="trio")


Run = Callable[[Callable[[int], object], Gather], list[object]]
EACH = pytest.mark.parametrize("run", [_in_threads, _in_tasks, _in_tasks_of_trio])


def _fail(number: int) -> object:
    if number % 2:
        raise APIError(f"number {number}", request=REQUEST)
    return number


@EACH
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_outcomes_come_in_their_order(run: Run, limit: int) -> None:
    flows = [_flow(number) for number in range(10)]
    assert run(lambda number: number, Gather(flows, limit)) == list(range(10))
    assert run(lambda number: number, Gather([], limit)) == []


@EACH
@pytest.mark.parametrize("limit", [1, 3])
def test_an_error_of_the_api_is_an_outcome(run: Run, limit: int) -> None:
    outcomes = run(_fail, Gather([_flow(number) for number in range(4)], limit))
    assert outcomes[::2] == [0, 2]
    assert [str(error) for error in outcomes[1::2]] == [
        f"GET {REQUEST.url}: number {number}" for number in (1, 3)
    ]


@EACH
@pytest.mark.parametrize("limit", [1, 3])
def test_unless_the_first_one_is_to_end_all(run: Run, limit: int) -> None:
    flows = (_flow(number) for number in range(1000))
    with pytest.raises(APIError, match=r"number [13579]"):
        run(_fail, Gather(flows, limit, fail_fast=True))
    assert next(flows, None) is not None, "no more were taken"


@EACH
@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_other_errors_end_all_as_they_are(run: Run, kind: type[BaseException]) -> None:
    def work(number: int) -> object:
        raise kind(number)

    with pytest.raises(kind):
        run(work, Gather([_flow(number) for number in range(5)], 3))


def test_not_more_threads_run_than_there_is_work() -> None:
    names: set[str] = set()
    barrier = threading.Barrier(2, timeout=60)

    def work(_: int) -> object:
        names.add(threading.current_thread().name)
        return barrier.wait()

    begin = threading.active_count()
    _in_threads(work, Gather([_flow(1), _flow(2)], 8))
    assert threading.active_count() <= begin + 2
    assert names == {"do-images"}


def test_a_single_flow_needs_no_thread() -> None:
    seen: list[threading.Thread] = []
    _in_threads(lambda _: seen.append(threading.current_thread()), Gather([_flow(1)], 8))
    assert seen == [threading.current_thread()]


# ── Leaving at once ─────────────────────────────────────────────────────────────────────────


PAGES = 5


def _script(stall_from: int, stalled: threading.Event, error_at: int = 0) -> Script:
    """A list of five pages; from one on they never come."""

    def script(peer: Peer) -> None:
        while True:
            page = int(parse_qs(urlsplit(peer.request().target).query)["page"][0])
            if page == error_at:
                stalled.wait(60)
                peer.send(answer({"id": "not_found", "message": "gone"}, 404))
                continue
            if page >= stall_from:
                stalled.set()
                peer.stall()
                return
            if page == 1:
                time.sleep(0.05)  # slow enough for several pages at once to pay
            images: list[Json] = [
                {"id": 1 + page * 200 + n, "name": "x", "created_at": "2026-05-04T22:23:02Z"}
                for n in range(200)
            ]
            link = f"http://x.example/?page={page + 1}"
            last = f"http://x.example/?page={PAGES}"
            links: Json = {"pages": {"next": link, "last": last}} if page < PAGES else {}
            total: Json = {"total": PAGES * 200}
            peer.send(answer({"images": images, "links": links, "meta": total}))

    return script


def _child(server: HostileServer, program: str) -> "subprocess.Popen[str]":
    start = f"""
        import atexit, signal, sys, threading
        from do_images import Client, NotFoundError
        signal.signal(signal.SIGINT, signal.default_int_handler)
        do = Client({TOKEN!r}, base_url="http://127.0.0.1:{server.port}", timeout=600)
    """
    code = textwrap.dedent(start) + textwrap.dedent(program)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_ctrl_c_waits_for_no_page() -> None:
    stalled = threading.Event()
    with HostileServer(_script(3, stalled)) as server:
        child = _child(server, "try: do.image.list()\nfinally: print('cleaned up', flush=True)")
        assert stalled.wait(60)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert "cleaned up" in out
    assert "KeyboardInterrupt" in err


def test_nor_does_an_error_of_another_page_or_the_end_of_the_program() -> None:
    program = """
        try:
            do.image.list()
        except NotFoundError:
            print("not found", flush=True)
    """
    with HostileServer(_script(3, threading.Event(), error_at=2)) as server:
        out, err = _child(server, program).communicate(timeout=60)
    assert (out, err) == ("not found\n", "")


@pytest.mark.parametrize(
    "program",
    [
        "atexit.register(lambda: print(len(do.image.list())))",
        "threading.Thread(target=lambda: print(len(do.image.list()))).start()",
        "atexit.register(lambda: print(sum(1 for _ in do.image.iter())))",
    ],
    ids=["at exit", "in a thread that outlives the main one", "an iterator at exit"],
)
def test_lists_work_while_the_interpreter_ends(program: str) -> None:
    with HostileServer(_script(PAGES + 1, threading.Event())) as server:
        out, err = _child(server, program).communicate(timeout=60)
    assert (out, err) == ("1000\n", "")


# ── Where no thread can be started ──────────────────────────────────────────────────────────


@pytest.fixture
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the interpreter's exit, from Python 3.12 on, and where the system has no more."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.mark.usefixtures("_no_threads")
def test_the_callers_thread_does_all_of_it() -> None:
    flows = [_flow(number) for number in range(4)]
    assert _in_threads(lambda number: number, Gather(flows, 3)) == [0, 1, 2, 3]


@pytest.mark.usefixtures("_no_threads")
def test_a_flow_ahead_runs_when_it_is_begun() -> None:
    def number(flow: Flow[object]) -> object:
        return _numbers[id(flow)]

    assert Prefetch(number, _flow(7)).result() == 7

    def fail(_: Flow[object]) -> object:
        raise KeyError("x")

    with pytest.raises(KeyError):
        Prefetch(fail, _flow(1)).result()
