"""Waiting until actions have ended."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from do_images._core import retry
from do_images._core.failures import with_context
from do_images._core.requests import get_action
from do_images._core.session import Session
from do_images._core.starts import action_region
from do_images._core.steps import Flow
from do_images._core.waits.options import WaitOptions
from do_images._core.waits.poll_requests import Lookup, PollRequest, Shown, Target
from do_images._core.waits.polling import Poller, Wait, poll_until_done, read
from do_images._core.waits.refusals import Refusals
from do_images._endpoints import ACTIONS_LIST, IMAGE_ACTIONS_LIST
from do_images.errors import (
    ActionError,
    ActionErroredError,
    ActionGroupError,
    ActionTimeoutError,
    APIError,
    AuthenticationError,
    DOImagesError,
    NotFoundError,
    PermissionDeniedError,
)
from do_images.models import Action, ActionResponse, ActionsResponse

__all__ = ["ActionWait", "has_ended", "timeout_error", "wait_for_all", "wait_for_one"]

# What a list of an image's actions can say of all that it should show.
_FINAL = (AuthenticationError, NotFoundError, PermissionDeniedError)
# After so many failures in a row, or two at the deadline, a list is taken for broken.
_MOST_FAILURES = 8
_KNOWN = frozenset({"in-progress", "completed", "errored"})


def has_ended(action: Action) -> bool:
    """Return whether an action has ended; one with an unknown status has if it has an end."""
    status = action.status.lower()
    if status in _KNOWN:
        return status != "in-progress"
    return action.completed_at is not None


@dataclass(slots=True)
class _Pending:
    """An action that has not ended, and what its polls came to."""

    target: Target
    region: str | None
    refusals: Refusals
    last_error: APIError | None = None
    """Why the newest poll failed; None where it was answered."""


class ActionWait(Wait[Action]):
    """Waits until each of several actions has ended."""

    def __init__(self, session: Session, options: WaitOptions[Action]) -> None:
        self._session = session
        self.options = options
        self.newest: dict[int, Action] = {}
        self.errors: dict[int, DOImagesError] = {}
        self._pending: dict[int, _Pending] = {}
        self._lookup = Lookup()
        self._shown: set[int] = set()
        # How often the polls of each path have failed since the last one that was answered.
        self._failures = Counter[str]()

    def add(
        self,
        action: Action,
        *,
        image: int | None = None,
        region: str | None = None,
        is_new: bool = False,
    ) -> None:
        """Add an action to wait for; of one that is known already, the end counts.

        `image` and `region` are what it is about, where that is known from elsewhere; `is_new`
        says that it has just been started.
        """
        if action.id not in self.newest:
            image = image or self._session.starts.image_of(action)
            began = None if action.started_at is None else action.started_at.timestamp()
            self._pending[action.id] = _Pending(
                Target(action.id, image),
                region or action_region(action),
                Refusals(self._session, began, is_new=is_new),
            )
            self._update(action)
        elif action.id in self._pending and has_ended(action):
            self._update(action)

    def _update(self, action: Action) -> None:
        self.newest[action.id] = action
        if not has_ended(action):
            return
        pending = self._pending.pop(action.id)
        status = action.status.lower()
        name = _name(action, pending)
        if status == "errored":
            error: ActionError = ActionErroredError(f"{name} errored", action=action)
        elif status != "completed":
            text = f"{name} ended with the unknown status {action.status!r}"
            error = ActionError(text, action=action)
        else:
            return
        self.errors[action.id] = with_context(error, region=pending.region)

    @property
    def running(self) -> int:
        """How many actions have not ended."""
        return len(self._pending)

    @property
    def subject(self) -> str:
        return f"{len(self._pending)} action(s)"

    @property
    def width(self) -> int:
        return self._lookup.width([pending.target for pending in self._pending.values()])

    def finished(self) -> bool:
        return not self._pending

    def age(self) -> float | None:
        began = [
            action.started_at.timestamp()
            for id_ in self._pending
            if (action := self.newest[id_]).started_at is not None
        ]
        return self._session.server_time() - max(began) if began else None

    def round(self, poller: Poller[Action]) -> Flow[None]:
        self._shown = set()
        batches = self._lookup.round([pending.target for pending in self._pending.values()])
        batch = next(batches, None)
        while batch is not None:
            outcomes = yield from poller.poll([each.request for each in batch])
            shown = [self._take(*pair) for pair in zip(batch, outcomes, strict=True)]
            try:
                batch = batches.send(shown)
            except StopIteration:
                batch = None

    def _take(
        self, poll: PollRequest, outcome: ActionResponse | ActionsResponse | APIError | None
    ) -> Shown:
        if isinstance(outcome, APIError):
            return self._take_error(poll, outcome)
        if outcome is None:
            return Shown(poll.expected_ids)
        del self._failures[poll.request.path]
        if isinstance(outcome, ActionResponse):
            return Shown(self._take_actions([outcome.action]))
        more = bool(outcome.links and outcome.links.pages and outcome.links.pages.next)
        oldest = min((action.id for action in outcome.actions), default=0)
        return Shown(self._take_actions(outcome.actions), more, oldest)

    def _take_actions(self, actions: Sequence[Action]) -> set[int]:
        shown = set[int]()
        for action in actions:
            pending = self._pending.get(action.id)
            if pending is None or action.id in self._shown:
                continue
            self._shown.add(action.id)
            shown.add(action.id)
            pending.last_error = None
            pending.refusals.answered()
            self._update(action)
            if self.options.on_poll is not None:
                self.options.on_poll(action)
        return shown

    def _take_error(self, poll: PollRequest, error: APIError) -> Shown:
        """Note a failed poll for all that it should have shown."""
        endpoint = poll.request.endpoint
        is_transient = retry.is_transient(error)
        if not is_transient:
            if endpoint is ACTIONS_LIST and not isinstance(error, AuthenticationError):
                return Shown(set(), denied=True)  # each action is polled through its image
            if endpoint is IMAGE_ACTIONS_LIST and not isinstance(error, _FINAL):
                return Shown(set())  # another action on the list may be invalid: one by one
        for id_ in sorted(poll.expected_ids & self._pending.keys()):
            pending = self._pending[id_]
            pending.last_error = error
            if not is_transient and pending.refusals.is_final(error):
                action = self.newest[id_]
                self.errors[id_] = with_context(
                    error, subject=_name(action, pending), action=action, region=pending.region
                )
                del self._pending[id_]
        # They had their poll of this round: a list that fails once is no reason to poll singly.
        failed = self._failures[poll.request.path] = 1 + self._failures[poll.request.path]
        is_broken = failed > (1 if self.options.expired() else _MOST_FAILURES)
        is_broken = is_broken and is_transient and not retry.over_limit(error)
        return Shown(set() if is_broken else poll.expected_ids)

    def time_out(self, *, slowed: bool) -> None:
        for id_, pending in self._pending.items():
            action = self.newest[id_]
            text = f"{_name(action, pending)} is still {action.status} {self.options.after()}"
            self.errors[id_] = timeout_error(
                ActionTimeoutError(text, action=action), pending.last_error, slowed=slowed
            )
            self.errors[id_] = with_context(self.errors[id_], region=pending.region)
        self._pending.clear()

    def only(self) -> Action:
        """Return the one action that was waited for, completed."""
        for error in self.errors.values():
            raise error
        return next(iter(self.newest.values()))


def timeout_error(
    error: DOImagesError, last_error: APIError | None, *, slowed: bool
) -> DOImagesError:
    """Return a timeout's error that says why its newest poll may be old."""
    if last_error is not None:
        note = f"The last poll failed: {last_error}"
        error = with_context(error, note=note, cause=last_error)
    return with_context(error, note="The rate limit slowed the polls down") if slowed else error


def _name(action: Action, pending: _Pending) -> str:
    """Return what an error calls the action."""
    is_transfer = action.type == "transfer" and pending.region
    where = f" to {pending.region}" if is_transfer else ""
    what = f"image {pending.target.image}: " if pending.target.image else ""
    return f"{what}{action.type}{where} (action {action.id})"


def wait_for_one(
    session: Session, action: Action | int, options: WaitOptions[Action]
) -> Flow[Action]:
    """Wait until an action has completed; of a mere id, the action is read first."""
    if isinstance(action, int):
        action = (yield from read(session, get_action(action), options)).action
        # It has just been seen.
        wait = yield from _wait(session, [action], options, age=0.0)
    else:
        wait = yield from _wait(session, [action], options)
    return wait.only()


def wait_for_all(
    session: Session, actions: Sequence[Action], options: WaitOptions[Action]
) -> Flow[list[Action]]:
    """Wait until all actions have completed; return them in the order given."""
    wait = yield from _wait(session, actions, options)
    if wait.errors:
        raise ActionGroupError(
            "not all actions completed",
            list(wait.errors.values()),
            actions=list(wait.newest.values()),
            failures={str(id_): error for id_, error in wait.errors.items()},
        )
    return [wait.newest[action.id] for action in actions]


def _wait(
    session: Session,
    actions: Iterable[Action],
    options: WaitOptions[Action],
    age: float | None = None,
) -> Flow[ActionWait]:
    wait = ActionWait(session, options)
    for action in actions:
        wait.add(action)
    age = wait.age() if age is None else age
    # Where no action says when it began, the first poll goes at once.
    yield from poll_until_done(
        session, wait, options, options.first_pause(options.poll if age is None else age)
    )
    return wait
