"""The logger `do_images`: one record a request, reasons for retries and waits, never the token."""

import json
import logging
import pickle
import re
import traceback
from itertools import repeat
from types import TracebackType

import httpx
import pytest
import respx

from do_images import Action, APIError, AsyncClient
from tests.support import TOKEN, load
from tests.walk import reachable

pytestmark = pytest.mark.anyio

OK = httpx.Response(200, content=load("image_snapshot"), headers={"x-request-id": "req-7"})
RUNNING = Action.model_validate_json(
    b'{"id": 9, "status": "in-progress", "type": "transfer", "resource_id": 1,'
    b' "resource_type": "image"}'
)
DONE = httpx.Response(200, json={"action": {"id": 9, "status": "completed", "type": "transfer"}})


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "do_images")
    return caplog


def _messages(records: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        record.getMessage()
        for record in records.records
        if record.name == "do_images" and record.levelno == level
    ]


async def test_a_record_for_each_request(
    records: pytest.LogCaptureFixture, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.route().mock(side_effect=[OK, httpx.Response(200, content=load("images_none"))])
    await do.image.info("ubuntu-24-04-x64")
    await do.image.list(private=True, tag_name="customer-4711")
    first, second = _messages(records, logging.DEBUG)
    assert re.fullmatch(
        r"GET /v2/images/ubuntu-24-04-x64 -> 200 in \d+ ms \(request id req-7, attempt 1\)", first
    )
    assert second.startswith("GET /v2/images -> 200"), "what was searched for is nobody's business"
    assert not _messages(records, logging.INFO)


async def test_each_try_has_its_number(
    records: pytest.LogCaptureFixture, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.route().mock(side_effect=[httpx.ConnectError("refused"), httpx.Response(503), OK])
    await do.image.info(1)
    outcomes = [(text.split(" -> ")[1].split()[0], text[-2]) for text in _messages(records, 10)]
    assert outcomes == [("APIConnectionError", "1"), ("503", "2"), ("200", "3")]
    reasons = _messages(records, logging.INFO)
    assert len(reasons) == 2
    assert re.match(
        r"trying again in \d\.\d\d s: GET .*: no response was received \(ConnectError", reasons[0]
    )
    assert "503" in reasons[1]


async def test_waits_say_what_they_live_through(
    records: pytest.LogCaptureFixture, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.route().mock(side_effect=[httpx.Response(502), DONE])
    await do.action.wait(RUNNING, poll=2)
    begun, failure = _messages(records, logging.INFO)
    assert begun == "waiting for 1 action(s), a poll every 2 s"
    assert failure.startswith("while waiting: GET ")
    assert "502" in failure


async def test_without_a_handler_nothing_is_printed(
    capfd: pytest.CaptureFixture[str], api: respx.MockRouter, do: AsyncClient
) -> None:
    logger = logging.getLogger("do_images")
    assert not logger.handlers
    assert logger.level == logging.NOTSET
    api.route().mock(side_effect=[httpx.Response(503), OK])
    await do.image.info(1)
    assert capfd.readouterr() == ("", "")


# ── What nobody gets to see ─────────────────────────────────────────────────────────────────


async def test_a_token_that_is_a_common_word_spoils_no_text() -> None:
    gone = httpx.Response(404, json={"id": "not_found", "message": "the test is not there"})
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: gone))
    with pytest.raises(APIError, match="404 not_found: the test is not there"):
        await AsyncClient("test", http_client=http).image.info(1)


FAULTS = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.Response(401, json={"id": "Unauthorized", "message": f"no such token: {TOKEN}"}),
    httpx.Response(403, text=f"<html>Authorization: Bearer {TOKEN}"),
    httpx.Response(500, content=TOKEN.encode()),
    httpx.Response(200, json={"image": {"id": TOKEN}}),
    httpx.Response(200, content=f"{{ {TOKEN}".encode()),
    httpx.Response(302, headers={"location": "https://example.com/"}),
    httpx.Response(302, headers={"location": f"https://example.com/{TOKEN}"}),
    httpx.Response(302, headers={"location": f"/v2/images/1?{TOKEN}"}),
    *(
        httpx.Response(status, json={"image": {}}, headers={"x-request-id": f"echo {TOKEN}"})
        for status in (200, 302, 404, 503)
    ),
    httpx.Response(404, json={"id": TOKEN, "message": {"got": TOKEN}, "request_id": TOKEN}),
    httpx.Response(404, text=json.dumps({"message": TOKEN}).replace("_", "\\u005f")),
    httpx.RemoteProtocolError(f"illegal header line: bytearray(b'{TOKEN}')"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_no_record_and_no_error_holds_the_token(
    records: pytest.LogCaptureFixture,
    fault: httpx.Response | Exception,
    api: respx.MockRouter,
    do: AsyncClient,
) -> None:
    api.route().mock(side_effect=repeat(fault))
    for kind in ("info", "transfer"):
        with pytest.raises(APIError) as caught:
            _ = await (do.image.info(1) if kind == "info" else do.image.transfer(1, "nyc3"))
        error = caught.value
        assert TOKEN not in "".join(traceback.format_exception(error))
        assert TOKEN.encode() not in pickle.dumps(error)
        for value in reachable([error.args, vars(error)]):
            assert TOKEN not in repr(value), type(value)
        if not _echoes(fault):
            for value in reachable(_locals(error.__traceback__)):
                assert TOKEN not in repr(value), type(value)
    assert TOKEN not in "".join(record.getMessage() for record in records.records)
    for record in records.records:
        for value in reachable([record.args]):
            assert TOKEN not in repr(value), type(value)


def _echoes(fault: httpx.Response | Exception) -> bool:
    """Whether the frames of a traceback hold a response with the token."""
    if isinstance(fault, Exception):
        return TOKEN in str(fault)
    return "echo" in str(fault.headers) or TOKEN in f"{fault.headers}{fault.text}{fault.content!r}"


@pytest.mark.parametrize("status", [200, 404, 503])
async def test_a_record_is_one_printable_line(
    records: pytest.LogCaptureFixture, api: respx.MockRouter, do: AsyncClient, status: int
) -> None:
    request_id = b"a\x1b[2J\x9b31m" + b"x" * 10_000
    body = {"id": "e", "message": "ok\nCRITICAL all images deleted\u202e\x1b]0;x\x07"}
    api.route().respond(status, json=body, headers=[(b"x-request-id", request_id)])
    with pytest.raises(APIError) as caught:
        await do.image.info(1)
    lines = [str(caught.value), *(record.getMessage() for record in records.records)]
    assert len(lines) >= 2
    for line in lines:
        assert line.isprintable()
        assert len(line) < 1_200


@pytest.mark.parametrize(
    "arguments",
    [
        {"base_url": "ftp://example.com"},
        {"timeout": -1},
        {"max_retries": -1},
        {"user_agent": "a\nb"},
        {"http_client": 5},
        {"token": f"{TOKEN}\n"},
        {"token": f"{TOKEN}é"},
    ],
    ids=repr,
)
async def test_a_client_that_cannot_be_made_shows_no_token(arguments: dict[str, object]) -> None:
    made: dict[str, object] = {"token": TOKEN, **arguments}
    with pytest.raises((TypeError, ValueError)) as caught:
        AsyncClient(**made)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    assert TOKEN not in str(caught.value)
    for value in reachable(_locals(caught.value.__traceback__)):
        assert TOKEN not in repr(value), type(value)


def _locals(trace: TracebackType | None) -> list[object]:
    """The local variables of every frame of ours."""
    found: list[object] = []
    while trace is not None:
        if "/do_images/" in trace.tb_frame.f_code.co_filename:
            found += trace.tb_frame.f_locals.values()
        trace = trace.tb_next
    return found
