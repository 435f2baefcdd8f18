"""The progress of a wait: rows that move on a terminal, else a line for each change."""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from do_images.cli._screen import Screen
from do_images.cli._text import one_line, styled

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Progress", "Task", "clock"]

# Cells for the mark, the status and the time, and for what may be left out; gaps included.
_WIDTH, _CHECKED, _ACTION = 26, 18, 19
# How rows begin that don't move any more.
_MARKS = {
    "completed": ("✓", "green"),
    "available": ("✓", "green"),
    "present": ("✓", "dim"),
    "errored": ("✗", "bold red"),
    "deleted": ("✗", "bold red"),
    "not started": ("✗", "red"),
}


class Task:
    """Something that is waited for, as it was last seen."""

    def __init__(self, name: str, status: str, id_: int | None = None) -> None:
        """`id_` is that of the action, where one is known to have started."""
        self.name = name
        self.status = status
        self.id = id_
        self.took: float | None = None
        """Seconds that it took, once it has ended."""
        self.checked: float | None = None
        self.spinner = Spinner("dots", style="yellow")


class Progress:
    """What is waited for: drawn again and again on a terminal, else reported line by line."""

    def __init__(
        self,
        screen: Screen,
        monotonic: Callable[[], float],
        tasks: Iterable[Task],
        *,
        silence: float = 60.0,
    ) -> None:
        """Elapsed time counts from here; `silence` is the real time between two lines."""
        self.tasks = list(tasks)
        self._screen = screen
        self._now = monotonic
        self._began = monotonic()
        self._silence = silence
        self._reporting = False
        self._reported = 0.0

    @contextmanager
    def shown(self) -> Generator[None]:
        """Show the progress while the context lasts; rows stay as they were at its end."""
        if self._screen.lively:
            console = self._screen.err
            with Live(console=console, get_renderable=self.table, refresh_per_second=10) as live:
                live.refresh()
                yield
            return
        self._reporting, ended = True, Event()
        self._reported = time.monotonic()
        for task in self.tasks:
            if task.status in _MARKS:
                self._report(task)
        # CI systems end a job that prints nothing for long, and a poll may take long.
        heart = Thread(target=self._beat, args=(ended,), daemon=True)
        heart.start()
        try:
            yield
        finally:
            ended.set()
            self._reporting = False

    def see(self, task: Task, status: str, id_: int | None, took: float | None = None) -> None:
        """Take in how a task is; `took` is how long it took by DigitalOcean's clock."""
        changed = (status, id_) != (task.status, task.id)
        task.status, task.id, task.checked = status, id_, self._now()
        if took is not None:
            task.took = took
        elif status in _MARKS and task.took is None:
            task.took = self.elapsed()
        if changed and self._reporting:
            self._report(task)

    def elapsed(self) -> float:
        """Return the seconds since the wait began."""
        return self._now() - self._began

    def time_of(self, task: Task) -> float:
        """Return how long a task took, or has taken so far."""
        return self.elapsed() if task.took is None else task.took

    # ── Lines ───────────────────────────────────────────────────────────────────────────────

    def _report(self, task: Task) -> None:
        action = "" if task.id is None else f" (action {task.id})"
        took = f" in {clock(task.took)}" if task.took is not None and task.id is not None else ""
        self._say(f"{clock(self.elapsed())}  {task.name}: {task.status}{took}{action}")

    def _say(self, line: str) -> None:
        self._reported = time.monotonic()
        self._screen.note(line)

    def _beat(self, ended: Event) -> None:
        while not ended.wait(self._silence / 60):
            if time.monotonic() - self._reported >= self._silence:
                self._remind()

    def _remind(self) -> None:
        if self._screen.json:
            self._reported = time.monotonic()
            self._screen.alive()
            return
        waiting = [
            f"{task.name} ({task.status})" for task in self.tasks if task.status not in _MARKS
        ]
        self._say(f"{clock(self.elapsed())}  waiting for {', '.join(waiting)}")

    # ── Rows ────────────────────────────────────────────────────────────────────────────────

    def table(self) -> Table:
        """Return the rows as they are now. A narrow terminal does without the last columns."""
        left = self._screen.err.width - _WIDTH - max(len(task.name) for task in self.tasks)
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, min_width=1)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        grid.add_column(no_wrap=True, min_width=11)  # rows must not jump with their status
        grid.add_column(no_wrap=True, min_width=5, justify="right")
        for task in self.tasks:
            cells: list[RenderableType] = [
                Text(*_MARKS[task.status]) if task.status in _MARKS else task.spinner,
                Text(one_line(task.name), "bold"),
                Text(one_line(task.status), styled("status", task.status)),
                Text("" if task.status == "present" else clock(self.time_of(task))),
            ]
            if left >= _CHECKED:
                cells.append(Text(self._last_check(task).ljust(_CHECKED - 2), "dim"))
            if left >= _CHECKED + _ACTION:
                cells.append(Text("" if task.id is None else f"action {task.id}", "dim"))
            grid.add_row(*cells)
        return grid

    def _last_check(self, task: Task) -> str:
        if task.status in _MARKS:
            return ""
        if task.checked is None:
            return "not checked yet"
        return f"checked {clock(self._now() - task.checked)} ago"


def clock(seconds: float) -> str:
    """Return a length of time as a clock shows it."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
