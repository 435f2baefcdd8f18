"""What an exception that a signal raises in the middle of a request leaves in its frames."""

import signal
import traceback
from collections.abc import Iterator

import pytest

from do_images import Client
from tests.hostile import HostileServer, Script, answer, dripped, stall_half_way, stall_unanswered
from tests.support import TOKEN, holds

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="this platform has no timer that sends signals"
)


class Alarm(Exception):
    """Raised by a signal, as Celery's soft time limit."""


@pytest.fixture
def alarm() -> Iterator[None]:
    """Ring once, soon."""

    def ring(*_: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(stall_unanswered, id="before the response"),
        pytest.param(stall_half_way(answer(b"{}" * 99), 10), id="in the body"),
        pytest.param(dripped(answer(b"{}" * 99)), id="in the head"),
    ],
)
@pytest.mark.usefixtures("alarm")
def test_a_traceback_holds_no_token(script: Script) -> None:
    with (
        HostileServer(script) as server,
        Client(TOKEN, base_url=server.url) as do,
        pytest.raises(Alarm) as caught,
    ):
        do.image.info(1)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    library = [frame for frame in frames if frame.f_code.co_filename != __file__]
    assert library
    leaks = [
        f"{frame.f_code.co_qualname}: {name}"
        for frame in library
        for name, value in frame.f_locals.items()
        if holds(value, TOKEN)
    ]
    assert leaks == []
