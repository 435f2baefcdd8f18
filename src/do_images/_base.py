"""The parts that generated code builds on: base model, lists, time stamps, endpoints."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = ["Endpoint", "Items", "Model", "ModelT", "NoContent", "RateLimit", "Strings", "Timestamp"]


class Model(BaseModel, frozen=True):
    """A frozen record of the API. Unknown fields are kept in `model_extra`.

    Records are hashable by their type and their id, or their slug where they have no id. Two
    records are equal if all their fields are.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow",
        # Start-up pays only for the models that a program uses.
        defer_build=True,
        # JSON has no NaN: a size that is one would poison every sum it gets into.
        allow_inf_nan=False,
    )

    def __hash__(self) -> int:
        # The fields hold lists, which have no hash.
        return hash((type(self), getattr(self, "id", None), getattr(self, "slug", None)))


class NoContent(Model, frozen=True):
    """The response of an endpoint that responds without a body."""


# ── Lists ───────────────────────────────────────────────────────────────────────────────────


ItemT = TypeVar("ItemT")


class _NullIsEmpty:
    """Reads null as an empty list."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            _or_empty, core_schema.nullable_schema(handler(source))
        )


def _or_empty(items: "list[ItemT] | None") -> "list[ItemT]":
    return [] if items is None else items


class _NullIsNoStrings:
    """Reads null as an empty list, at no cost for the lists that are not null."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        empty = core_schema.no_info_after_validator_function(_or_empty, core_schema.none_schema())
        return core_schema.union_schema(
            [handler(source), empty],
            mode="left_to_right",
            custom_error_type="list_of_strings",
            custom_error_message="Input should be a list of strings",
        )


# FailFast: one error for each item of a large list of invalid ones would fill the memory.
Items = Annotated[list[ItemT], FailFast(), _NullIsEmpty()]
Strings = Annotated[list[str], FailFast(), _NullIsNoStrings()]

# ── Time stamps ─────────────────────────────────────────────────────────────────────────────

_RFC_3339 = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?"
_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})"


class _Moment:
    """Reads RFC 3339, and a time without an offset as UTC.

    pydantic alone would take a number, or a string of digits, for seconds since 1970.
    """

    def __get_pydantic_core_schema__(self, source: object, _: GetCoreSchemaHandler) -> CoreSchema:
        moment = core_schema.datetime_schema(strict=True)
        return core_schema.json_or_python_schema(
            json_schema=_moment_schema(),
            python_schema=_moment_schema(
                core_schema.no_info_after_validator_function(_as_utc, moment)
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(core_schema.datetime_schema())


def _moment_schema(*others: CoreSchema) -> CoreSchema:
    # The usual case takes the first branch, in which no Python code runs.
    usual = core_schema.chain_schema(
        [
            core_schema.str_schema(pattern=f"^{_RFC_3339}{_OFFSET}$", strict=True),
            core_schema.no_info_plain_validator_function(datetime.fromisoformat),
        ]
    )
    unusual = core_schema.no_info_after_validator_function(
        _moment, core_schema.str_schema(strict=True)
    )
    return core_schema.union_schema(
        [usual, unusual, *others],
        mode="left_to_right",
        custom_error_type="timestamp",
        custom_error_message="Input should be a time stamp such as 2026-05-04T22:23:02Z",
    )


def _moment(text: str) -> datetime:
    text = text.upper()
    if not re.fullmatch(f"{_RFC_3339}{_OFFSET}?", text):
        raise ValueError(text)
    return _as_utc(datetime.fromisoformat(text))


def _as_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Timestamp = Annotated[datetime, _Moment()]

# ── Endpoints ───────────────────────────────────────────────────────────────────────────────

ModelT = TypeVar("ModelT", bound=Model)
ModelT_co = TypeVar("ModelT_co", bound=Model, covariant=True)


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[ModelT_co]):
    """One operation of the API, as `spec/` describes it."""

    method: str
    path: str
    """The template below the base URL, such as `/v2/images/{image_id}`."""
    response: type[ModelT_co]
    """The model of a 2xx body."""
    scopes: tuple[str, ...]
    """The scopes that the token needs, all of them."""


class RateLimit(NamedTuple):
    """The limit of requests, by the headers of the last response."""

    limit: int
    """How many requests are allowed in an hour or a minute."""
    remaining: int
    """How many requests are left."""
    reset: int
    """Unix time, in seconds, at which the oldest counted request expires."""


RateLimit.__module__ = "do_images"
