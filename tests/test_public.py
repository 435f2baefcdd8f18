"""What programs see of the package: names, modules, hints, and what an import costs."""

import copy
import inspect
import pickle
import subprocess
import sys
from typing import get_type_hints
from unittest.mock import create_autospec

import pytest

import do_images
from do_images import (
    Actions,
    AsyncActions,
    AsyncClient,
    AsyncImages,
    Client,
    ClientOptions,
    Images,
    NotFoundError,
    RateLimit,
    RequestInfo,
    testing,
)
from do_images.testing import FakeDigitalOcean

CLASSES = sorted(name for name in do_images.__all__ if isinstance(getattr(do_images, name), type))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_shows_the_module_that_programs_import_it_from(name: str) -> None:
    value = getattr(do_images, name)
    assert f"{value.__module__}.{value.__qualname__}" == f"do_images.{name}"
    assert pickle.loads(pickle.dumps(value)) is value


def test_values_of_public_classes_pickle_and_copy() -> None:
    with FakeDigitalOcean() as fake, fake.client() as do:
        values = [do.image.info(7555620), do.image.transfer(7555620, "nyc3"), RateLimit(1, 2, 3)]
    for value in values:
        assert pickle.loads(pickle.dumps(value)) == value == copy.deepcopy(value)
    error = NotFoundError(
        "gone", request=RequestInfo("GET", "https://example.com"), status_code=404
    )
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(("name", "other"), [("AsyncClient", "_sync"), ("Client", "_async")])
def test_importing_one_client_loads_nothing_of_the_other(name: str, other: str) -> None:
    code = f"""
import sys
from do_images import {name}
print(*(module for module in sys.modules if module.startswith("do_images.{other}")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


@pytest.mark.parametrize(
    "name", ["Actions", "AsyncImages", "ClientOptions", "Clock", "RateLimit", "Region", "errors"]
)
def test_a_name_can_be_used_before_any_other(name: str) -> None:
    code = f"import do_images; do_images.{name}; from do_images import {name}"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_mock_of_a_client_has_its_attributes(client: type[Client | AsyncClient]) -> None:
    mock = create_autospec(client, instance=True)
    assert mock.image
    assert mock.action
    with pytest.raises(AttributeError):
        _ = mock.droplet


@pytest.mark.parametrize("calls", [Images, AsyncImages, Actions, AsyncActions])
def test_a_mock_of_the_calls_has_their_signatures(calls: type[object]) -> None:
    mock = create_autospec(calls, instance=True)
    called = mock.info(7555620)
    if inspect.iscoroutine(called):
        called.close()
    with pytest.raises(TypeError):
        mock.info()


def test_the_calls_are_of_the_exported_types() -> None:
    with Client("token") as do:
        assert type(do.image) is Images
        assert type(do.action) is Actions
    async_do = AsyncClient("token")
    assert type(async_do.image) is AsyncImages
    assert type(async_do.action) is AsyncActions


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_the_options_are_the_keywords_of_the_clients(client: type[Client | AsyncClient]) -> None:
    hints = get_type_hints(client.__init__)
    for name in ("http_client", "clock", "return"):
        del hints[name]
    assert hints == get_type_hints(ClientOptions)
    assert ClientOptions.__required_keys__ == frozenset()
    options: ClientOptions = {"token": "token", "timeout": 5, "max_retries": 0}
    assert "https://api.digitalocean.com" in repr(client(**options))


@pytest.mark.parametrize(
    "public",
    [getattr(do_images, name) for name in CLASSES]
    + [value for value in map(vars(testing).get, testing.__all__) if isinstance(value, type)],
    ids=lambda value: value.__qualname__,
)
def test_all_hints_of_a_class_can_be_read(public: type) -> None:
    get_type_hints(public)
    for attribute, member in inspect.getmembers_static(public):
        function = member.fget if isinstance(member, property) else member
        if attribute.startswith("_") or not inspect.isfunction(function):
            continue
        if function.__module__.startswith("do_images"):
            assert "return" in get_type_hints(function), attribute
            inspect.signature(function)
