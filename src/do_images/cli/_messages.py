"""Errors in the command's own words: options instead of parameters, things instead of URLs."""

import os
import re
from urllib.parse import unquote, urlsplit

from do_images import (
    ActionError,
    ActionErroredError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    DOImagesError,
    ImageError,
    ImageImportError,
    InternalServerError,
    NoMatchError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from do_images.cli._fields import region_of

__all__ = ["TOKEN_VARIABLES", "message", "token_variable"]

TOKEN_VARIABLES = ("DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN")
_PATH = re.compile(
    r".*/v2/(?:actions/(?P<lone>\d+)|images/(?P<image>[^/]+)"
    r"(?:/actions/(?P<action>\d+)|/account_transfer/(?P<transfer>\d+))?.*)"
)
# What failed below, in the text of an error: `no response was received (ConnectError: refused)`.
_REASON = re.compile(r".*?\((?:\w+: )?(.*)\)", re.DOTALL)
_SCOPE = re.compile(r"\bscope (\w+:\w+(?: and \w+:\w+)*)")
# The parameters that a message of the library may begin with.
_OPTIONS = {
    "recipient_email": "--email",
    "recipient_uuid": "--uuid",
    "tag_name": "--tag",
    "tags": "--tag",
    "url": "--url",
    "name": "the name",
    "region": "the region",
    "regions": "the regions",
    "description": "--description",
    "distribution": "--distribution",
}


# The filters in the message of a `NoMatchError`.
_FILTERS = {
    "name": "the pattern",
    "type": "--type",
    "distribution": "--distribution",
    "region": "--region",
    "tag_name": "--tag",
    "status": "--status",
    "newer_than": "--newer-than",
    "older_than": "--older-than",
}
_FILTER = re.compile(rf"\b({'|'.join(_FILTERS)})=")


def token_variable() -> str | None:
    """Return the environment variable that holds the token."""
    return next((name for name in TOKEN_VARIABLES if os.environ.get(name)), None)


def message(error: BaseException) -> str:
    """Return what went wrong in one sentence."""
    if not isinstance(error, DOImagesError):
        first, space, rest = str(error).partition(" ")
        return f"{_OPTIONS.get(first, first)}{space}{rest}"
    if isinstance(error, ActionError):
        return _action(error)
    if isinstance(error, ImageError):
        return _image(error)
    if isinstance(error, APIError):
        return f"{_subject(error)}{_request(error)}"
    if isinstance(error, NoMatchError):
        return _FILTER.sub(lambda match: f"{_FILTERS[match[1]]} ", str(error)).replace(
            "public=True selects", "--public selects"
        )
    if error.region is None:
        return str(error)
    return f"the transfer to {error.region} could not be started before the timeout{_cause(error)}"


def _subject(error: DOImagesError) -> str:
    """Return what was being done, where the request alone does not show it."""
    if error.action is not None:
        return f"the wait for action {error.action.id} ended early: "
    if error.region is not None:
        return f"the transfer to {error.region} was not started: "
    return ""


def _request(error: APIError) -> str:
    match error:
        case APIStatusError():
            return _status(error) + _trace(error.request_id)
        case APIResponseValidationError():
            what = f"in {error.field}" if error.field else "no valid JSON of the expected kind"
            return f"the API's response is invalid: {what}{_trace(error.request_id)}"
        case APITimeoutError():
            return f"{_host(error)} did not respond before the timeout"
        case _:
            reason = _REASON.sub(r"\1", str(error.args[0]))
            return f"no response from {_host(error)}: {reason}"


def _status(error: APIStatusError) -> str:
    match error:
        case NotFoundError():
            return f"there is {_thing(error)}"
        case AuthenticationError():
            name = token_variable() or TOKEN_VARIABLES[0]
            return f"the API does not accept the access token in {name} (401)"
        case PermissionDeniedError():
            scope = _SCOPE.search(str(error))
            if scope:
                return f"the access token lacks the scope {scope[1]}"
            return f"the API forbids this: {error.message}"
        case RateLimitError():
            when = "" if error.retry_after is None else f"; try again in {error.retry_after:.0f} s"
            return f"the rate limit of the API is used up{when}"
        case InternalServerError():
            return f"the API failed with {error.status_code}: {error.message}"
        case _:
            return f"the API refused this with {error.status_code}: {error.message}"


def _thing(error: NotFoundError) -> str:
    """Return what there is not."""
    match = _PATH.fullmatch(urlsplit(error.request.url).path)
    if match is None:
        return f"no such resource: {error.message}"
    image = f"image {unquote(match['image'] or '')}"
    if match["transfer"]:
        return f"no account transfer {match['transfer']} of {image}"
    if match["action"]:
        return f"no action {match['action']} of {image}"
    return f"no action {match['lone']}" if match["lone"] else f"no {image}"


def _action(error: ActionError) -> str:
    action = error.action
    image = f" of image {action.resource_id}" if action.resource_type == "image" else ""
    region = region_of(action)
    subject = f"the {action.type}{image}{f' to {region}' if region else ''} (action {action.id})"
    if isinstance(error, ActionErroredError):
        return f"{subject} failed at DigitalOcean"
    if isinstance(error, TimeoutError):
        return f"{subject} had not ended before the timeout{_cause(error)}"
    return f"{subject} ended with the status {action.status}"


def _image(error: ImageError) -> str:
    image = error.image
    if isinstance(error, ImageImportError):
        reason = f": {image.error_message}" if image.error_message else ""
        return f"the import of image {image.id} ({image.name}) failed at DigitalOcean{reason}"
    return (
        f"image {image.id} ({image.name}) was not available before the timeout; "
        f"its status is {image.status or 'unknown'}{_cause(error)}"
    )


def _cause(error: BaseException) -> str:
    """Return why a wait took long, where that is known."""
    slowed = "; the rate limit slowed the wait down" if "rate limit" in str(error) else ""
    cause = error.__cause__
    return slowed + (
        f"; the last problem: {_request(cause)}" if isinstance(cause, APIError) else ""
    )


def _host(error: APIError) -> str:
    return urlsplit(error.request.url).netloc or "the API"


def _trace(request_id: str | None) -> str:
    return f" (request id {request_id})" if request_id else ""
