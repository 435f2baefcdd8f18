"""One contender in a process of its own: `python -m scripts.benchmark.probe NAME URL`.

Prints what it measured as JSON: seconds, bytes and counts. The collector of garbage starts each
measurement afresh: when its next long run is due is chance, and as long as many calls.
"""

import gc
import sys
import time
from importlib import import_module

from scripts.benchmark import IMAGES
from scripts.benchmark.contenders import CONTENDERS, Factory, Session

BARE = "import httpx, pydantic"
CLIENTS, CALLS, LISTS = 10, 300, 3
LATENCY = 0.05


def start_up(name: str, base: str, found: dict[str, float]) -> tuple[Factory, Session]:
    """From nothing to the first answer: import, client, call. CPU, so that disks don't count."""
    began = time.process_time()
    make = CONTENDERS[name]()
    found["import"] = time.process_time() - began
    session = make(base)
    session.info(1)
    found["cold"] = time.process_time() - began
    return make, session


def construction(make: Factory, base: str) -> float:
    """Seconds for a client, once the first has been made."""
    times: list[float] = []
    for _ in range(CLIENTS):
        began = time.perf_counter()
        make(base)
        times.append(time.perf_counter() - began)
    return sorted(times)[CLIENTS // 2]


def calls(session: Session, found: dict[str, float]) -> None:
    """CPU of one call, all threads of this process together."""
    session.info(CALLS // 10)
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    session.info(CALLS)
    found["info"] = (time.process_time() - cpu) / CALLS
    found["info_wall"] = (time.perf_counter() - began) / CALLS


def lists(session: Session, found: dict[str, float]) -> None:
    """Seconds for a whole list, and the CPU of it; the best of a few, as nothing is cached."""
    walls: list[float] = []
    cpus: list[float] = []
    for _ in range(LISTS):
        gc.collect()
        began, cpu = time.perf_counter(), time.process_time()
        count = len(session.list())
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - began)
        assert count == IMAGES, count
    found["list"], found["list_cpu"] = min(walls), min(cpus)


def memory(session: Session) -> float:
    """Bytes that a whole list adds to the process at its peak."""
    from resource import RUSAGE_SELF, getrusage

    unit = 1 if sys.platform == "darwin" else 1024
    before = getrusage(RUSAGE_SELF).ru_maxrss
    items = session.list()
    assert len(items) == IMAGES
    return (getrusage(RUSAGE_SELF).ru_maxrss - before) * unit


def control(base: str, latency: float) -> dict[str, int]:
    """Sets the server's latency; the requests, route by route, since it was set before."""
    import json
    from urllib.request import ProxyHandler, build_opener

    with build_opener(ProxyHandler({})).open(f"{base}/control?latency={latency}") as reply:
        counts: dict[str, int] = json.load(reply)["counts"]
    return counts


def main(name: str, base: str) -> dict[str, float]:
    """All that is measured of one contender."""
    if name == BARE:
        began = time.process_time()
        import_module("httpx")
        import_module("pydantic")
        return {"import": time.process_time() - began}
    found: dict[str, float] = {}
    make, session = start_up(name, base, found)
    found["memory"] = memory(session)
    found["client"] = construction(make, base)
    calls(session, found)
    lists(session, found)
    control(base, LATENCY)
    began = time.perf_counter()
    session.list()
    found["slow_list"] = time.perf_counter() - began
    found["requests"] = sum(control(base, 0.0).values())
    return found


if __name__ == "__main__":
    import json

    print(json.dumps(main(*sys.argv[1:])))
