"""Rows that move: one for each region or action that is waited for."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
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
_WIDTH, _LOOK, _ACTION = 26, 18, 19
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
    """What is waited for, as it was last seen."""

    def __init__(self, name: str, status: str, id_: int | None = None) -> None:
        """`id_` is that of the action, where one is known to have started."""
        self.name = name
        self.status = status
        self.id = id_
        self.ended: float | None = None
        self.checked: float | None = None
        self.spinner = Spinner("dots", style="yellow")


class Progress:
    """The rows, drawn again and again until the wait is over; nothing where nothing may move."""

    def __init__(
        self, screen: Screen, monotonic: Callable[[], float], tasks: Iterable[Task]
    ) -> None:
        """Elapsed time counts from here."""
        self.tasks = list(tasks)
        self._screen = screen
        self._now = monotonic
        self._began = monotonic()

    @contextmanager
    def shown(self) -> Generator[None]:
        """Shows the rows while the context lasts; they stay as they were at its end."""
        if not self._screen.lively:
            yield
            return
        console = self._screen.err
        with Live(console=console, get_renderable=self.table, refresh_per_second=10) as live:
            live.refresh()
            yield

    def see(self, task: Task, status: str, id_: int | None) -> None:
        """A look showed how a task stands."""
        task.status, task.id, task.checked = status, id_, self._now()
        if status in _MARKS and task.ended is None:
            task.ended = task.checked

    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return self._now() - self._began

    def table(self) -> Table:
        """The rows as they are now. A narrow terminal does without the last columns."""
        left = self._screen.err.width - _WIDTH - max(len(task.name) for task in self.tasks)
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, min_width=1)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        grid.add_column(no_wrap=True, min_width=11)  # rows shall not jump with their status
        grid.add_column(no_wrap=True, min_width=5, justify="right")
        for task in self.tasks:
            cells: list[RenderableType] = [
                Text(*_MARKS[task.status]) if task.status in _MARKS else task.spinner,
                Text(one_line(task.name), "bold"),
                Text(one_line(task.status), styled("status", task.status)),
                Text(self._elapsed(task)),
            ]
            if left >= _LOOK:
                cells.append(Text(self._last_look(task).ljust(_LOOK - 2), "dim"))
            if left >= _LOOK + _ACTION:
                cells.append(Text("" if task.id is None else f"action {task.id}", "dim"))
            grid.add_row(*cells)
        return grid

    def _elapsed(self, task: Task) -> str:
        until = self._now() if task.ended is None else task.ended
        return "" if task.status == "present" else clock(until - self._began)

    def _last_look(self, task: Task) -> str:
        if task.status in _MARKS:
            return ""
        if task.checked is None:
            return "not checked yet"
        return f"checked {clock(self._now() - task.checked)} ago"


def clock(seconds: float) -> str:
    """A length of time as a clock shows it."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
