"""Progress where nothing may move: a line for each change, and one where nothing changes."""

from threading import Event

import pytest

from do_images.cli._progress import Progress, Task
from do_images.cli._screen import Screen
from do_images.cli._settings import Settings


class Signals(Screen):
    """A screen that reports when something is printed."""

    def __init__(self, output: str) -> None:
        super().__init__(Settings(output=output))
        self.printed = Event()

    def note(self, sentence: str) -> None:
        super().note(sentence)
        self.printed.set()

    def alive(self) -> None:
        super().alive()
        self.printed.set()


@pytest.mark.parametrize("output", ["table", "csv", "json"])
def test_a_silent_wait_shows_that_it_goes_on(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Signals(output)
    tasks = [Task("nyc3", "in-progress", 5), Task("ams3", "starting"), Task("nyc1", "present")]
    progress = Progress(screen, lambda: 0.0, tasks, silence=0.01)
    screen.printed.clear()
    with progress.shown():
        screen.printed.clear()
        assert screen.printed.wait(30)
    err = capsys.readouterr().err
    if output == "json":
        assert err.strip() == "", "stderr is one JSON document at most"
        assert "\n" in err
    else:
        assert "0:00  nyc1: present\n" in err
        assert "0:00  waiting for nyc3 (in-progress), ams3 (starting)\n" in err


def test_nothing_is_said_twice(capsys: pytest.CaptureFixture[str]) -> None:
    task = Task("nyc3", "starting")
    now = [0.0]
    progress = Progress(Screen(Settings()), lambda: now[0], [task])
    with progress.shown():
        for now[0], status in ((5, "in-progress"), (10, "in-progress"), (65, "completed")):
            progress.see(task, status, 7, 62 if status == "completed" else None)
    progress.see(task, "completed", 7, 62)
    assert capsys.readouterr().err.splitlines() == [
        "0:05  nyc3: in-progress (action 7)",
        "1:05  nyc3: completed in 1:02 (action 7)",
    ]
