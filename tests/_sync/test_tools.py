# GENERATED from tests/_async/test_tools.py by "make generate". Do not edit.
"""The tools of our users that patch httpx or httpcore, with a plain client."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import respx
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from do_images import Client, NotFoundError
from tests.hostile import HostileServer, answer, replies
from tests.support import TOKEN, load, requests

if TYPE_CHECKING:
    from pytest_httpx import HTTPXMock

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import vcr  # type: ignore[import-untyped] # it has no types


URL = "https://api.digitalocean.com/v2/images/7555620"
SNAPSHOT = load("image_snapshot")


def test_respx() -> None:
    with respx.mock() as router:
        router.get(URL).respond(content=SNAPSHOT)
        with Client(TOKEN) as do:
            assert (do.image.info(7555620)).id == 7555620
        (request,) = requests(router)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_pytest_httpx(request: pytest.FixtureRequest) -> None:
    pytest.importorskip("pytest_httpx", reason="each version needs one version of httpx")
    httpx_mock: HTTPXMock = request.getfixturevalue("httpx_mock")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    httpx_mock.add_response(url=URL, content=SNAPSHOT, match_headers=headers)
    with Client(TOKEN) as do:
        assert (do.image.info(7555620)).id == 7555620


def test_vcrpy(tmp_path: Path) -> None:
    recorder: Any = vcr.VCR(filter_headers=["authorization"])
    cassette = tmp_path / "cassette.yaml"
    with HostileServer(replies(answer(SNAPSHOT))) as server:
        for _ in range(2):
            with recorder.use_cassette(str(cassette)):
                with Client(TOKEN, base_url=server.url) as do:
                    assert (do.image.info(7555620)).id == 7555620
    assert len(server.requests) == 1, "the second time, it is replayed"
    assert TOKEN not in cassette.read_text()


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What OpenTelemetry records of requests."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()


def test_opentelemetry(spans: InMemorySpanExporter) -> None:
    with HostileServer(replies(answer(SNAPSHOT), answer(b"", 404))) as server:
        with Client(TOKEN, base_url=server.url) as do:
            do.image.info(7555620)
            with pytest.raises(NotFoundError):
                do.image.info(1)
    assert [span.name for span in spans.get_finished_spans()] == ["GET", "GET"]
    assert "traceparent" in server.requests[0].headers
    assert TOKEN not in "".join(span.to_json() for span in spans.get_finished_spans())
