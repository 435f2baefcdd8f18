"""What the generated code stands on: the model base, lists that null means empty, an endpoint."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = ["Endpoint", "Model", "ModelT", "NoContent", "RateLimit", "Strings", "Timestamp"]


class Model(BaseModel, frozen=True):
    """A frozen record of the API. Fields it does not know are kept in `model_extra`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow",
        # Start-up pays only for the models that a program uses.
        defer_build=True,
        # JSON has no NaN: a size that is one would poison every sum it gets into.
        allow_inf_nan=False,
    )


class NoContent(Model, frozen=True):
    """The response of an endpoint that answers without a body."""


class _NullIsEmpty:
    """Reads null as an empty list, at no cost for the lists that are not null."""

    def __get_pydantic_core_schema__(
        self, source: type[list[str]], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        empty = core_schema.no_info_after_validator_function(_empty, core_schema.none_schema())
        return core_schema.union_schema(
            [handler(source), empty],
            mode="left_to_right",
            custom_error_type="list_of_strings",
            custom_error_message="Input should be a list of strings",
        )


def _empty(_: None) -> list[str]:
    return []


Strings = Annotated[list[str], _NullIsEmpty()]


class _NaiveIsUtc:
    """Reads a time without an offset as UTC, at no cost for those that have one."""

    def __get_pydantic_core_schema__(
        self, source: type[datetime], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        naive = core_schema.no_info_after_validator_function(_as_utc, handler(source))
        return core_schema.union_schema(
            [core_schema.datetime_schema(tz_constraint="aware"), naive],
            mode="left_to_right",
            custom_error_type="timestamp",
            custom_error_message="Input should be a time stamp such as 2026-05-04T22:23:02Z",
        )


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


Timestamp = Annotated[datetime, _NaiveIsUtc()]

ModelT = TypeVar("ModelT", bound=Model)
ModelT_co = TypeVar("ModelT_co", bound=Model, covariant=True)


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[ModelT_co]):
    """One operation of the API as `spec/` states it."""

    method: str
    path: str
    """The template below the base URL, such as `/v2/images/{image_id}`."""
    response: type[ModelT_co]
    """The model of a 2xx body."""
    scopes: tuple[str, ...]
    """What the token must be allowed to do."""


class RateLimit(NamedTuple):
    """The quota of requests as the last response stated it."""

    limit: int
    """Requests that the window allows in all."""
    remaining: int
    """Requests that are left."""
    reset: int
    """Unix time, in seconds, at which the oldest counted request expires."""


RateLimit.__module__ = "do_images"
