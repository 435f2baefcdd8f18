"""Waiting, with its progress, and the commands that go on after a timeout or Ctrl-C."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from itertools import islice
from math import isinf
from typing import NamedTuple

from do_images import Action, ActionGroupError, DOImagesError, Image
from do_images.cli._failures import Code, Failure, failure
from do_images.cli._fields import ACTION_TABLE, Row, action_row, region_of, seconds_of
from do_images.cli._options import UsageError
from do_images.cli._progress import Progress, Task, clock
from do_images.cli._session import FailedError, Session

__all__ = ["WaitOptions", "actions", "image", "transfer", "wait_options"]

_ENDED = {"completed", "errored"}
# How many of an image's actions are searched after Ctrl-C, and for how many seconds.
_SEARCHED, _PATIENCE = 200, 5.0
_BUSY = re.compile(r"\bpending\b|\bbusy\b|\blocked\b|\bblocking\b|in progress", re.IGNORECASE)
_RETRYABLE = {Code.TIMEOUT, Code.NETWORK, Code.RATE_LIMIT}


class WaitOptions(NamedTuple):
    """The time between two polls, and for the whole wait, in seconds; None is no limit."""

    poll: float
    timeout: float | None


def wait_options(poll: float | None, timeout: float | None, *, wait: bool = True) -> WaitOptions:
    """Return what `--poll` and `--timeout` say; without `--wait` they mean nothing."""
    if not wait and (poll is not None or timeout is not None):
        raise UsageError("--poll and --timeout mean nothing without --wait.")
    limit = 3600.0 if timeout is None else timeout
    return WaitOptions(5.0 if poll is None else poll, None if isinf(limit) else limit)


# ── Transfers to several regions ────────────────────────────────────────────────────────────


def transfer(
    cli: Session, id_: int, regions: Iterable[str], options: WaitOptions, *, wait: bool
) -> None:
    """Copy an image to each region where it is not yet, and wait if that is asked for."""
    present = cli.do.image.info(id_).regions
    tasks = {name: Task(name, "present" if name in present else "starting") for name in regions}
    progress = Progress(cli.screen, cli.monotonic, tasks.values())
    group: ActionGroupError | None = None

    def on_poll(action: Action) -> None:
        task = tasks.get(region_of(action) or "")
        if task is not None:  # a record may lack its region
            progress.see(task, action.status, action.id, seconds_of(action))

    try:
        with progress.shown() if wait else nullcontext():
            try:
                begun = cli.do.image.transfer_many(
                    id_, list(tasks), wait, *options, on_poll=on_poll
                )
            except ActionGroupError as error:
                group, begun = error, {region_of(it) or "": it for it in error.actions}
            missing = "unknown" if "" in begun else "not started"
            for name, task in tasks.items():
                if name in begun:
                    action = begun[name]
                    progress.see(task, action.status, action.id, seconds_of(action))
                elif task.status != "present":
                    progress.see(task, missing, None)
    except KeyboardInterrupt:
        raise FailedError(_stopped_transfers(cli, id_, tasks)) from None
    rows = [
        action_row(begun[name]) if name in begun else _without_action(id_, name, task.status)
        for name, task in tasks.items()
    ]
    _show_outcome(cli, progress, rows, waited=wait)
    if group is not None:
        raise FailedError(_failed_transfers(cli, id_, group))


def _without_action(id_: int, region: str, status: str) -> Row:
    fields = {"id": None, "type": "transfer", "resource_id": id_, "resource_type": "image"}
    return {**fields, "region": region, "status": status}


def _failed_transfers(cli: Session, id_: int, group: ActionGroupError) -> Failure:
    failed = _failed(cli, group)
    missing = [
        part.region
        for part in failed.parts
        if part.region and part.action_id is None and _is_retryable(part)
    ]
    return _start(cli, failed, id_, missing)


def _is_retryable(failed: Failure) -> bool:
    """Return whether the same command may succeed later: the image may only have been busy."""
    busy = failed.status_code == 422 and _BUSY.search(failed.message)
    return failed.code in _RETRYABLE or bool(busy)


def _stopped_transfers(cli: Session, id_: int, tasks: Mapping[str, Task]) -> Failure:
    """Return what Ctrl-C leaves behind; a search shows what was started since the last poll."""
    unseen = [name for name, task in tasks.items() if task.status == "starting"]
    searched = not unseen
    if unseen:
        quick = cli.do.with_options(timeout=_PATIENCE, max_retries=0)
        with suppress(DOImagesError, KeyboardInterrupt):
            for action in islice(quick.image.action_iter(id_), _SEARCHED):
                name = region_of(action) or ""
                if action.status == "in-progress" and name in unseen:
                    unseen.remove(name)
                    tasks[name].status, tasks[name].id = action.status, action.id
            searched = True
    stopped = cli.interrupted
    running = [task for task in tasks.values() if _is_running(task)]
    if running:
        noun = "The transfer" if len(running) == 1 else "The transfers"
        names = ", ".join(task.name for task in running)
        stopped = _resume(cli, stopped, f"{noun} to {names}", running)
    return _start(cli, stopped, id_, unseen, known=searched)


def _start(
    cli: Session, failed: Failure, id_: int, regions: Sequence[str], *, known: bool = True
) -> Failure:
    """Add the regions where nothing was started, with the command that starts it."""
    if not regions:
        return failed
    names = ", ".join(regions)
    sentence = f"Nothing was started in {names}; start it with:"
    if not known:
        sentence = f"Nothing may have been started in {names} yet; start what is missing with:"
    command = cli.command("transfer", id_, *regions, "--wait")
    return _with_step(replace(failed, start=command), sentence, command)


# ── Actions that have begun ─────────────────────────────────────────────────────────────────


def actions(cli: Session, given: Sequence[Action], options: WaitOptions) -> None:
    """Wait until all of the actions have ended."""
    tasks = {action.id: Task(_name(action), action.status, action.id) for action in given}
    progress = Progress(cli.screen, cli.monotonic, tasks.values())
    group: ActionGroupError | None = None

    def on_poll(action: Action) -> None:
        progress.see(tasks[action.id], action.status, action.id, seconds_of(action))

    try:
        with progress.shown():
            for action in given:
                on_poll(action)
            try:
                newest = cli.do.action.wait_all(given, *options, on_poll=on_poll)
            except ActionGroupError as error:
                group, newest = error, error.actions
            for action in newest:
                on_poll(action)
    except KeyboardInterrupt:
        running = [task for task in tasks.values() if _is_running(task)]
        names = ", ".join(task.name for task in running)
        raise FailedError(_resume(cli, cli.interrupted, names, running)) from None
    _show_outcome(cli, progress, map(action_row, newest), waited=True)
    if group is not None:
        raise FailedError(_failed(cli, group))


def _name(action: Action) -> str:
    image = f" {action.resource_id}" if action.resource_id else ""
    return f"{action.type}{image} {region_of(action) or ''}".rstrip()


# ── What came of it ─────────────────────────────────────────────────────────────────────────


def _is_running(task: Task) -> bool:
    return task.id is not None and task.status not in _ENDED


def _show_outcome(cli: Session, progress: Progress, rows: Iterable[Row], *, waited: bool) -> None:
    """Show the result as a table, unless rows on the screen have shown it, and a summary."""
    if not (waited and cli.screen.lively) or cli.settings.columns is not None:
        cli.show_all(rows, ACTION_TABLE)
    if not waited:
        return
    tasks = [task for task in progress.tasks if task.status != "present"]
    good = [task for task in tasks if task.status == "completed"]
    bad = [f"{task.name} ({task.status})" for task in tasks if task not in good]
    if tasks:
        summary = f"{len(good)} of {len(tasks)} completed in {clock(progress.elapsed())}"
        cli.screen.note(f"{summary}; not: {', '.join(bad)}." if bad else f"{summary}.")
    else:
        cli.screen.note("There is nothing to do: all regions have the image.")


def _failed(cli: Session, group: ActionGroupError) -> Failure:
    failed = failure(group)
    running = [action for action in group.actions if action.status not in _ENDED]
    if not running:
        return failed
    names = ", ".join(_name(action) for action in running)
    return _resume(cli, failed, names, running)


def _resume(
    cli: Session, failed: Failure, subject: str, running: Sequence[Task] | Sequence[Action]
) -> Failure:
    """Add what goes on at DigitalOcean, with the command that waits for it."""
    command = cli.command("wait", *(it.id for it in running))
    one = len(running) == 1
    sentence = f"{subject} {'goes' if one else 'go'} on at DigitalOcean; wait with:"
    return _with_step(replace(failed, resume=command), sentence, command)


def _with_step(failed: Failure, sentence: str, command: str | None) -> Failure:
    if command is None:
        return failed
    return replace(failed, next_steps=(*failed.next_steps, (sentence, command)))


# ── Imports ─────────────────────────────────────────────────────────────────────────────────


def image(cli: Session, given: Image, options: WaitOptions) -> Image:
    """Wait until a custom image is available."""
    task = Task(f"import {given.id}", given.status or "new")
    progress = Progress(cli.screen, cli.monotonic, [task])
    command = cli.command("wait", "--image", given.id)

    def on_poll(seen: Image) -> None:
        progress.see(task, seen.status or "unknown", None)

    def goes_on(failed: Failure) -> Failure:
        sentence = f"The import of image {given.id} goes on at DigitalOcean; wait with:"
        return _with_step(replace(failed, image_id=given.id, resume=command), sentence, command)

    try:
        with progress.shown():
            return cli.do.image.wait(given, *options, on_poll=on_poll)
    except DOImagesError as error:
        failed = failure(error)
        raise FailedError(goes_on(failed) if failed.code in _RETRYABLE else failed) from None
    except KeyboardInterrupt:
        raise FailedError(goes_on(cli.interrupted)) from None
