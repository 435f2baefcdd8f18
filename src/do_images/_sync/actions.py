# GENERATED from src/do_images/_async/actions.py by "make generate". Do not edit.
"""`do.action`: the account's actions, and waiting for them."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from do_images import _endpoints as api
from do_images._core import arguments as check
from do_images._core.waits.watches import ActionWatch, WaitOptions
from do_images._sync.pages import Pages
from do_images._sync.session import Session
from do_images.models import Action, ActionsResponse

__all__ = ["Actions"]


def _actions(page: ActionsResponse) -> Sequence[Action]:
    return page.actions


class Actions:
    """Actions of the whole account, and waiting for them. Reached as `do.action`.

    Wrong arguments raise `ValueError` or `TypeError` before anything is sent. Every method
    raises an `APIError` where the API refuses, can't be reached, or answers nonsense.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def iter(self) -> Iterator[Action]:
        """The account's actions one by one, newest first, a page of 200 when it is needed.

        GET /v2/actions. Token scope: actions:read.

        Raises:
            APIError: A page could not be had.
        """
        return self._each()

    def _each(self) -> Iterator[Action]:
        for page in Pages(self._session, api.ACTIONS_LIST, _actions, {}, {}).each():
            for action in page:
                yield action

    def info(self, id: int) -> Action:  # noqa: A002 - the seed's word
        """One action, whatever it was done to.

        GET /v2/actions/{action_id}. Token scope: actions:read.

        Args:
            id: The action's id.

        Raises:
            NotFoundError: There is no such action.
        """
        reply = self._session.send(api.ACTIONS_GET, {"action_id": check.action_id(id)})
        return reply.action

    def wait(
        self,
        action: Action,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> Action:
        """Waits until an action has completed; one that has ended already costs no request.

        GET /v2/images/{image_id}/actions/{action_id} for an action of an image, token scope
        image:read; else GET /v2/actions/{action_id}, token scope actions:read. Lost connections,
        429 and 5xx are waited out; 401, 403 and 404 end the wait.

        Args:
            action: In whatever state it was last seen.
            poll: Seconds between looks, at least 1.
            timeout: Seconds to wait in all, None for no limit.
            on_poll: Called with the action after each look that was answered.

        Raises:
            ActionErroredError: The action ended with an error.
            ActionTimeoutError: It had not ended in time; `.action` can be waited for again.
        """
        watch = self._watch([action], poll, timeout, on_poll)
        self._run(watch)
        return watch.only()

    def _watch(
        self,
        actions: Iterable[Action],
        poll: float,
        timeout: float | None,
        on_poll: Callable[[Action], object] | None,
    ) -> ActionWatch:
        terms = WaitOptions.checked(self._session.connection.clock, poll, timeout)
        check.callback(on_poll)
        return ActionWatch([check.an(Action, action) for action in actions], terms, on_poll)

    def _run(self, watch: ActionWatch) -> None:
        age = watch.age(self._session.server_time())
        self._session.watch(watch, watch.first_pause(age))

    # What follows stands last: in a class body, annotations after a method called `list` would
    # mean the method.

    def wait_all(
        self,
        actions: Iterable[Action],
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> list[Action]:
        """Waits until all of several actions have completed, with few requests for many.

        Actions of one image are seen with one GET /v2/images/{image_id}/actions a poll, those of
        many images with GET /v2/actions, 200 actions a request; what a list does not show is
        asked for singly. Token scopes: image:read, and better actions:read too. One that
        fails does not stop the others.

        Args:
            actions: In whatever state they were last seen; one given twice costs nothing.
            poll: Seconds between looks, at least 1.
            timeout: Seconds to wait in all, None for no limit.
            on_poll: Called with each action after each look that showed it.

        Returns:
            The completed actions, in the order given.

        Raises:
            ActionGroupError: Some failed or had not ended in time; `.actions` are all of them.
        """
        given = tuple(actions)
        watch = self._watch(given, poll, timeout, on_poll)
        self._run(watch)
        return watch.all(given)

    def list(self) -> list[Action]:
        """All of the account's actions, newest first.

        GET /v2/actions, every page. Token scope: actions:read.

        Raises:
            APIError: A page could not be had.
        """
        pages = Pages(self._session, api.ACTIONS_LIST, _actions, {}, {})
        # Some editors go by this annotation: to them that of the method means the method.
        found: list[Action] = pages.all()
        return found
