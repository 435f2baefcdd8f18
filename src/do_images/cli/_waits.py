"""Waiting, with a row for each thing that is waited for, and what is left to do after Ctrl-C."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from itertools import islice
from math import inf
from typing import NamedTuple

from do_images import Action, ActionGroupError, DOImagesError, Image, ImageTimeoutError
from do_images.cli._failures import Code, Failure, failure
from do_images.cli._fields import ACTION_TABLE, Row, action_row, region_of
from do_images.cli._progress import Progress, Task, clock
from do_images.cli._shell import FailedError, Shell

__all__ = ["Terms", "actions", "image", "terms", "transfer"]

_ENDED = {"completed", "errored"}
# How many of an image's actions are looked through after Ctrl-C, and for how many seconds.
_LOOK, _PATIENCE = 200, 5.0


class Terms(NamedTuple):
    """How often to look, and for how long, in seconds; None is no limit."""

    poll: float
    timeout: float | None


def terms(poll: float, timeout: str) -> Terms:
    """What `--poll` and `--timeout` say."""
    try:
        limit = inf if timeout == "none" else float(timeout)
    except ValueError:
        raise ValueError(f"--timeout is a number of seconds or none, not {timeout!r}") from None
    for name, value in (("--poll", poll), ("--timeout", limit)):
        if not value >= 0:
            raise ValueError(f"{name} must be 0 or more seconds, not {value:g}")
    return Terms(poll, None if limit == inf else limit)


# ── Transfers to several regions ────────────────────────────────────────────────────────────


def transfer(shell: Shell, id_: int, regions: Iterable[str], how: Terms, *, wait: bool) -> None:
    """Copies an image to each region where it is not yet, and waits if that is asked for."""
    there = shell.do.image.info(id_).regions
    tasks = {name: Task(name, "present" if name in there else "starting") for name in regions}
    progress = Progress(shell.screen, shell.monotonic, tasks.values())
    group: ActionGroupError | None = None

    def look(action: Action) -> None:
        task = tasks.get(region_of(action) or "")
        if task is not None:  # a record may lack its region
            progress.see(task, action.status, action.id)

    try:
        with progress.shown() if wait else nullcontext():
            try:
                begun = shell.do.image.transfer_many(id_, tasks, wait, *how, on_poll=look)
            except ActionGroupError as error:
                group, begun = error, {region_of(action) or "": action for action in error.actions}
            missing = "unknown" if "" in begun else "not started"
            for name, task in tasks.items():
                if name in begun:
                    progress.see(task, begun[name].status, begun[name].id)
                elif task.status != "present":
                    progress.see(task, missing, None)
    except KeyboardInterrupt:
        raise FailedError(_stopped_transfers(shell, id_, tasks)) from None
    rows = [
        action_row(begun[name]) if name in begun else _without_action(id_, name, task.status)
        for name, task in tasks.items()
    ]
    _report(shell, progress, rows, moved=wait)
    if group is not None:
        raise FailedError(_failed(shell, group, tasks))


def _without_action(id_: int, region: str, status: str) -> Row:
    fields = {"type": "transfer", "resource_id": id_, "resource_type": "image"}
    return {**fields, "region": region, "status": status}


def _stopped_transfers(shell: Shell, id_: int, tasks: Mapping[str, Task]) -> Failure:
    """What Ctrl-C leaves behind; one look tells what was started since the last one."""
    unseen = {name for name, task in tasks.items() if task.status == "starting"}
    if unseen:
        quick = shell.do.with_options(timeout=_PATIENCE, max_retries=0)
        with suppress(DOImagesError):
            for action in islice(quick.image.action_iter(id_), _LOOK):
                name = region_of(action) or ""
                if action.status == "in-progress" and name in unseen:
                    unseen.remove(name)
                    tasks[name].status, tasks[name].id = action.status, action.id
    stopped = _stopped(shell, "transfers", [*tasks.values()])
    if not unseen:
        return stopped
    again = shell.again("transfer", id_, *sorted(unseen), "--wait")
    message = f"{stopped.message} Not seen to start: {', '.join(sorted(unseen))}; see {again}"
    return replace(stopped, message=message)


# ── Actions that have begun ─────────────────────────────────────────────────────────────────


def actions(shell: Shell, given: Sequence[Action], how: Terms) -> None:
    """Waits until all of the actions have ended."""
    tasks = {action.id: Task(_name(action), action.status, action.id) for action in given}
    progress = Progress(shell.screen, shell.monotonic, tasks.values())
    group: ActionGroupError | None = None

    def look(action: Action) -> None:
        progress.see(tasks[action.id], action.status, action.id)

    try:
        with progress.shown():
            newest = shell.do.action.wait_all(given, *how, on_poll=look)
    except ActionGroupError as error:
        group, newest = error, error.actions
    except KeyboardInterrupt:
        raise FailedError(_stopped(shell, "actions", [*tasks.values()])) from None
    _report(shell, progress, map(action_row, newest), moved=True)
    if group is not None:
        raise FailedError(_failed(shell, group, ()))


def _name(action: Action) -> str:
    image = f" {action.resource_id}" if action.resource_id else ""
    return f"{action.type}{image} {region_of(action) or ''}".rstrip()


def _stopped(shell: Shell, what: str, tasks: Iterable[Task]) -> Failure:
    running = [task.id for task in tasks if task.id is not None and task.status not in _ENDED]
    message = f"Stopped waiting; the {what} go on."
    if shell.settings.fake:
        message = f"Stopped waiting; the {what} would go on, but the fake ends with the command."
    resume = shell.again("wait", *running) if running else None
    return Failure(code=Code.INTERRUPTED, message=message, resume=resume)


# ── What came of it ─────────────────────────────────────────────────────────────────────────


def _report(shell: Shell, progress: Progress, rows: Iterable[Row], *, moved: bool) -> None:
    """The result as a table, unless rows on the screen have shown it, and a summary."""
    if not (moved and shell.screen.lively) or shell.settings.columns is not None:
        shell.list(rows, ACTION_TABLE)
    if not moved:
        return
    waited = [task for task in progress.tasks if task.status != "present"]
    good = [task for task in waited if task.status == "completed"]
    bad = [f"{task.name} ({task.status})" for task in waited if task not in good]
    if waited:
        told = f"{len(good)} of {len(waited)} completed in {clock(progress.elapsed())}"
        shell.screen.note(f"{told}; not: {', '.join(bad)}." if bad else f"{told}.")
    else:
        shell.screen.note("There is nothing to do: all regions have the image.")


def _failed(shell: Shell, group: ActionGroupError, regions: Iterable[str]) -> Failure:
    running = [action.id for action in group.actions if action.status not in _ENDED]
    resume = shell.again("wait", *running) if running else None
    return replace(failure(group, regions), resume=resume)


# ── Imports ─────────────────────────────────────────────────────────────────────────────────


def image(shell: Shell, given: Image, how: Terms) -> Image:
    """Waits until a custom image is available."""
    task = Task(f"import {given.id}", given.status or "new")
    progress = Progress(shell.screen, shell.monotonic, [task])
    resume = shell.again("wait", "--image", given.id)

    def look(seen: Image) -> None:
        progress.see(task, seen.status or "unknown", None)

    try:
        with progress.shown():
            return shell.do.image.wait(given, *how, on_poll=look)
    except ImageTimeoutError as error:
        raise FailedError(replace(failure(error), resume=resume)) from None
    except KeyboardInterrupt:
        stopped = _stopped(shell, "import", ())
        raise FailedError(replace(stopped, image_id=given.id, resume=resume)) from None
