"""What an exception that a signal raises in the middle of a request leaves in its frames."""

import signal
import traceback
from collections.abc import Iterator

import pytest

from do_images import Client
from do_images._sync.transport import Transport
from tests.hostile import (
    HostileServer,
    Script,
    answer,
    dripped,
    replies,
    stall_half_way,
    stall_unanswered,
)
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


# Python does not close the socket of a handshake that is interrupted: the collector does.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("alarm")
def test_an_interrupted_handshake_gives_its_connection_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with HostileServer(replies(answer())) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with Client(TOKEN, base_url="https://api.images.example", timeout=10) as do:
            with pytest.raises(Alarm):
                do.image.info(1)
            http = do.image._driver.connection._http  # pyright: ignore[reportPrivateUsage] - there is no other way to see it
            assert http is not None
            transport = http._transport  # pyright: ignore[reportPrivateUsage] - as above
            assert isinstance(transport, Transport)
            assert transport._pool.connections == []  # pyright: ignore[reportPrivateUsage] - as above
