# GENERATED from src/do_images/_async/actions.py by "make generate". Do not edit.
"""`do.action`: the actions of the account, and waiting for them."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from do_images._core import arguments as check
from do_images._core import requests
from do_images._core.pagination import Listing, actions_of
from do_images._core.waits.options import wait_options
from do_images._sync.driver import Resource
from do_images.models import Action, ActionsResponse

__all__ = ["Actions"]

# In the body of a class, `list` is the method of that name.
ActionList: TypeAlias = list[Action]


class Actions(Resource):
    """The actions of the account, and waiting for them. Reached as `do.action`.

    Wrong arguments raise `ValueError` or `TypeError` before a request is sent. Every method
    raises an `APIError` where the API refuses, can't be reached, or its response is invalid.
    """

    def list(self) -> ActionList:
        """Return all actions of the account, newest first.

        GET /v2/actions, every page. Token scope: actions:read.

        Raises:
            APIError: A page could not be read.
        """
        return self._driver.run(self._actions().all())

    def iter(self) -> Iterator[Action]:
        """Iterate over the actions of the account, newest first, a page of 200 at a time.

        GET /v2/actions. Token scope: actions:read.

        Raises:
            APIError: A page could not be read.
        """
        return self._items(self._actions())

    def _actions(self) -> Listing[ActionsResponse, Action]:
        return Listing(self._driver.session, requests.list_actions(), actions_of)

    def info(self, id: int) -> Action:
        """Return one action, whatever it was done to.

        GET /v2/actions/{action_id}. Token scope: actions:read.

        Args:
            id: The id of the action.

        Raises:
            NotFoundError: There is no such action.
        """
        response = self._call(requests.get_action(id))
        return response.action

    def wait(
        self,
        action: Action | int,
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> Action:
        """Wait until an action has completed; one that has ended already costs no request.

        GET /v2/images/{image_id}/actions/{action_id} for an action of an image, token scope
        image:read; else GET /v2/actions/{action_id}, token scope actions:read. Lost connections,
        429 and 5xx do not end the wait; 401 does at once, 403 and 404 when they are not a passing
        fault.

        Args:
            action: The action in whatever state it was last seen, or its id, which costs one GET
                /v2/actions/{action_id} more.
            poll: Seconds between polls, at least 1.
            timeout: Seconds that the whole call may wait, None for no limit.
            on_poll: Called with the action after each answered poll.

        Raises:
            ActionErroredError: The action ended with an error.
            ActionTimeoutError: It had not ended before the timeout; hand its `.action` to `wait`
                to resume.
        """
        from do_images._core.waits.actions import wait_for_one

        target = action if isinstance(action, Action) else int(check.action_id(action))
        session = self._driver.session
        options = wait_options(session.clock, poll, timeout, on_poll)
        return self._driver.run(wait_for_one(session, target, options))

    def wait_all(
        self,
        actions: Iterable[Action],
        poll: float = 5,
        timeout: float | None = 300,
        *,
        on_poll: Callable[[Action], object] | None = None,
    ) -> ActionList:
        """Wait until all of several actions have completed, with few requests for many.

        One GET /v2/images/{image_id}/actions a round shows the actions of one image, GET
        /v2/actions those of many images, 200 actions a request; what a list does not show is
        polled singly. Token scopes: image:read, and better actions:read too. One that fails does
        not stop the others.

        Args:
            actions: The actions in whatever state they were last seen; one that is given twice
                costs nothing.
            poll: Seconds between polling rounds, at least 1.
            timeout: Seconds that the whole call may wait, None for no limit.
            on_poll: Called with each action after each poll that showed it.

        Returns:
            The completed actions, in the order given.

        Raises:
            ActionGroupError: Some failed or had not ended before the timeout: `.failures` by the
                action's id, `.actions` are all of them.
        """
        from do_images._core.waits.actions import wait_for_all

        session = self._driver.session
        options = wait_options(session.clock, poll, timeout, on_poll)
        given = [check.an(Action, action) for action in actions]
        return self._driver.run(wait_for_all(session, given, options))
