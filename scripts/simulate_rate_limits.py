"""Simulate waits that share little of the rate limit, on the real rate limiter in virtual time.

    python scripts/simulate_rate_limits.py [--seeds 20] [SCENARIO ...]

Prints for each scenario, beside what has to be reached: the share of operations that ended before
the timeout of their wait and were reported late all the same, how long after its end an operation
was seen, the polls, and the responses 429 to polls. A request takes 100 ms. Each client makes calls
of its own meanwhile, at random, so many that a policy which spreads what is left evenly over the
time to the reset comes to the figures from which this one started.
"""

import argparse
import random
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from do_images._core.rate_limiter import PollSchedule, RateLimiter

# Unix time at which virtual time is 0.
_START = 1_800_000_000
_LATENCY = 0.1
# How many actions one request shows.
_PAGE = 200
_HOUR = 3600.0
_MINUTE = 60.0

Process = Generator[float]
"""Runs in virtual time: it yields the seconds that it sleeps."""


@dataclass(frozen=True)
class Figures:
    """What a scenario comes to, on average over its seeds."""

    late: float
    """Percent of the operations."""
    delay: float | None
    """Seconds."""
    polls: float
    refused: float

    def __str__(self) -> str:
        delay = "-" if self.delay is None else f"{self.delay:.1f} s"
        return f"{self.late:.0f} %, {delay}, {self.polls:.0f}, {self.refused:.0f}"


@dataclass(frozen=True)
class Scenario:
    """Waits of some clients while little of the rate limit is left."""

    text: str
    goal: Figures
    lasts: tuple[float, float]
    """Between these seconds the operations take."""
    left: int
    reset: float
    timeout: float | None
    operations: int = 1
    """In each wait."""
    waits: int = 1
    """Of each client."""
    clients: int = 1
    poll: float = 5.0
    limit: int = 5000
    window: float = _HOUR
    refuses: float | None = None
    """For so many seconds after the last request the server answers 429, and sends no headers."""
    own_calls: float = 90.0
    """The mean seconds between two calls of the user's own through one client."""


SCENARIOS = {
    "A": Scenario(
        "300 actions of 6 s, 60 left, reset 1 h, timeout 60, poll 1",
        Figures(0, 1, 4, 0), (6, 6), 60, _HOUR, 60, operations=300, poll=1,
    ),
    "B": Scenario(
        "1 of 6 s, 60 left, reset 1 h, timeout 300", Figures(0, 4, 2, 0), (6, 6), 60, _HOUR, 300
    ),
    "C": Scenario(
        "1 of 40 min, 60 left, reset 1 h, no timeout",
        Figures(0, 161, 25, 0), (2400, 2400), 60, _HOUR, None, own_calls=102,
    ),
    "D": Scenario(
        "300 of 5 to 30 min, 400 left, reset 30 min, timeout 1 h",
        Figures(0, 5, 279, 0), (300, 1800), 400, 1800, 3600, operations=300, own_calls=60,
    ),
    "E": Scenario(
        "1,000 of 90 s, 60 left, reset 2 min, timeout 10 min",
        Figures(0, 2.4, 26, 0), (90, 90), 60, 120, 600, operations=1000,
    ),
    "F": Scenario(
        "5 clients x 20 waits of 20 to 120 s, 200 left, reset 30 min, timeout 300",
        Figures(3, 99, 190, 1), (20, 120), 200, 1800, 300, waits=20, clients=5, own_calls=600,
    ),
    "G": Scenario(
        "50 waits of 30 s, 20 of 250 left, reset 50 s",
        Figures(0, 19, 56, 0), (30, 30), 20, 50, 300, waits=50, limit=250, window=60,
    ),
    "H": Scenario(
        "no headers, 60 left, then 429 for 10 min; 10 waits of 30 s",
        Figures(14, 0.6, 59, 10), (30, 30), 60, 0, 300, waits=10, refuses=600, own_calls=120,
    ),
    "I": Scenario(
        "1 of 50 min, 8 left, reset 1 h, timeout 1 h",
        Figures(0, 600, 5, 0), (3000, 3000), 8, _HOUR, 3600, own_calls=3600,
    ),
    "J": Scenario(
        "20 waits of 8 to 12 min, 45 left, reset 1 h, timeout 900",
        Figures(0, 267, 25, 0), (480, 720), 45, _HOUR, 900, waits=20, own_calls=180,
    ),
}  # fmt: skip


class World:
    """Virtual time: runs processes, each when it is due."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Process]] = []
        self._order = count()

    def start(self, process: Process, at: float = 0.0) -> None:
        """Runs a process from a time on."""
        heappush(self._due, (at, next(self._order), process))

    def run(self, finished: Callable[[], bool]) -> None:
        """Runs until nothing is left to do."""
        while self._due and not finished():
            self.now, _, process = heappop(self._due)
            for pause in process:
                self.start(process, self.now + pause)
                break


@dataclass
class Server:
    """The API, of which the clients use up the limit together."""

    scenario: Scenario
    left: int = field(init=False)
    reset: float = field(init=False)

    def __post_init__(self) -> None:
        self.left, self.reset = self.scenario.left, self.scenario.reset
        self.polls = self.refused = 0

    def answer(self, now: float) -> tuple[bool, list[tuple[bytes, bytes]]]:
        """Return whether a request is answered, and the headers."""
        if self.scenario.refuses is not None:
            return self._without_headers(now), []
        if now >= self.reset:
            self.left, self.reset = self.scenario.limit, now + self.scenario.window
        answered = self.left > 0
        self.left = max(0, self.left - 1)
        return answered, self.headers()

    def _without_headers(self, now: float) -> bool:
        if self.left:
            self.left -= 1
            self.reset = now + (self.scenario.refuses or 0.0)
        elif now >= self.reset:
            self.left = self.scenario.limit
        return self.left > 0

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The statement that goes with a response."""
        stated = {
            "limit": self.scenario.limit,
            "remaining": self.left,
            "reset": int(_START + self.reset),
        }
        return [
            (f"ratelimit-{name}".encode(), str(value).encode()) for name, value in stated.items()
        ]


@dataclass
class Wait:
    """One wait for some operations; a request shows 200 of those that have not ended."""

    world: World
    server: Server
    limiter: RateLimiter
    ends: Sequence[float]
    began: float

    def __post_init__(self) -> None:
        self.seen: dict[int, float] = {}
        self.finished = False

    @property
    def deadline(self) -> float | None:
        """When the timeout is over."""
        timeout = self.server.scenario.timeout
        return None if timeout is None else self.began + timeout

    def pages(self) -> list[list[int]]:
        """The operations that each request of a round shows."""
        pending = [place for place in range(len(self.ends)) if place not in self.seen]
        return [pending[first : first + _PAGE] for first in range(0, len(pending), _PAGE)]

    def run(self) -> Process:
        """Polls until all operations have been seen to end, or until the deadline."""
        world, poll = self.world, self.server.scenario.poll
        requests = len(self.pages())
        with self.limiter.register(world.now, self.deadline, requests=requests) as schedule:
            yield self._until_deadline(poll)
            while True:
                while pause := schedule.delay(
                    world.now,
                    _START + world.now,
                    requests=len(self.pages()),
                    age=world.now - self.began,
                ):
                    if schedule.is_last(world.now):
                        break
                    yield pause
                else:
                    yield from self._round(schedule)
                if not self.pages() or schedule.is_last(world.now):
                    break
                yield self._until_deadline(poll)
        self.finished = True

    def _until_deadline(self, seconds: float) -> float:
        deadline = self.deadline
        return seconds if deadline is None else max(0.0, min(seconds, deadline - self.world.now))

    def _round(self, schedule: PollSchedule) -> Process:
        """Several requests at once."""
        under_way: list[Poll] = []
        for page in self.pages():
            under_way.append(Poll(self, schedule, page))
            self.world.start(under_way[-1].run(), self.world.now)
        while not all(poll.finished for poll in under_way):
            yield _LATENCY / 10


@dataclass
class Poll:
    """One request of a round."""

    wait: Wait
    schedule: PollSchedule
    page: list[int]
    finished: bool = False

    def run(self) -> Process:
        """Sends the request as soon as it may be sent, unless the wait ends before."""
        wait, world, server = self.wait, self.wait.world, self.wait.server
        while pause := self.schedule.acquire(world.now, _START + world.now):
            if wait.deadline is not None and world.now + pause > wait.deadline:
                self.finished = True
                return
            yield pause
        yield _LATENCY / 2
        answered, headers = server.answer(world.now)
        at = world.now
        yield _LATENCY / 2
        wait.limiter.update(headers, world.now)
        if answered:
            server.polls += 1
            for place in self.page:
                if wait.ends[place] <= at:
                    wait.seen.setdefault(place, world.now)
        else:
            server.refused += 1
            wait.limiter.pause_for(_named(headers, world.now), world.now)
        self.schedule.release()
        self.finished = True


def _named(headers: Sequence[tuple[bytes, bytes]], now: float) -> float | None:
    """The seconds that a 429 names: those until the reset."""
    reset = dict(headers).get(b"ratelimit-reset")
    return None if reset is None else max(0.0, int(reset) - _START - now)


def _own_calls(
    world: World, server: Server, limiter: RateLimiter, chance: random.Random
) -> Process:
    """The user's own calls through the same client, which nothing holds back."""
    while True:
        yield chance.expovariate(1 / server.scenario.own_calls)
        answered, headers = server.answer(world.now)
        limiter.update(headers, world.now)
        if not answered:
            limiter.pause_for(_named(headers, world.now), world.now)


def _run(scenario: Scenario, seed: int) -> Figures:
    chance = random.Random(seed)  # noqa: S311 - chooses durations, guards no secret
    world, server = World(), Server(scenario)
    waits: list[Wait] = []
    for _ in range(scenario.clients):
        limiter = RateLimiter()
        # The response to the call that started the operations.
        limiter.update(server.headers() if scenario.refuses is None else [], 0.0)
        world.start(_own_calls(world, server, limiter, chance))
        for _ in range(scenario.waits):
            began = chance.uniform(0.0, 1.0)
            ends = [began + chance.uniform(*scenario.lasts) for _ in range(scenario.operations)]
            waits.append(Wait(world, server, limiter, ends, began))
            world.start(waits[-1].run(), began)
    world.run(lambda: all(wait.finished for wait in waits))
    operations = [(wait, place) for wait in waits for place in range(scenario.operations)]
    delays = [
        wait.seen[place] - wait.ends[place] for wait, place in operations if place in wait.seen
    ]
    return Figures(
        late=100 * (1 - len(delays) / len(operations)),
        delay=sum(delays) / len(delays) if delays else None,
        polls=server.polls,
        refused=server.refused,
    )


def simulate(scenario: Scenario, seeds: int) -> Figures:
    """Return the figures of a scenario, on average over so many seeds."""
    runs = [_run(scenario, seed) for seed in range(seeds)]
    delays = [run.delay for run in runs if run.delay is not None]
    return Figures(
        late=sum(run.late for run in runs) / seeds,
        delay=sum(delays) / len(delays) if delays else None,
        polls=sum(run.polls for run in runs) / seeds,
        refused=sum(run.refused for run in runs) / seeds,
    )


def table(names: Sequence[str], seeds: int) -> Iterator[str]:
    """Return the lines of the report."""
    columns = "late, mean delay, polls, 429s"
    yield f"{'':3}{'scenario':75}{columns:32}to reach"
    for name in names:
        scenario = SCENARIOS[name]
        figures = simulate(scenario, seeds)
        yield f"{name}  {scenario.text:75}{figures!s:32}{scenario.goal}"


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenarios", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    for line in table(options.scenarios or list(SCENARIOS), max(1, options.seeds)):
        print(line)


if __name__ == "__main__":
    main()
