"""The front door: what a client is made of, what it sends everywhere, what it keeps to itself."""

import copy
import inspect
import pickle
import traceback

import certifi
import httpx
import pytest
import respx

from do_images import (
    APIConnectionError,
    AsyncClient,
    NotFoundError,
    RateLimit,
    __version__,
)
from tests.hostile import refusing_port
from tests.support import TOKEN, AsyncVirtualClock, load, requests
from tests.walk import reachable

pytestmark = pytest.mark.anyio

OK = httpx.Response(200, content=load("image_snapshot"))
FIRST, SECOND = "DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN"
ADDRESS = "DIGITALOCEAN_API_URL"


def _http(received: list[httpx.Request]) -> httpx.AsyncClient:
    """Return a user's own client, whose transport is not the network."""

    def handle(request: httpx.Request) -> httpx.Response:
        received.append(request)
        return httpx.Response(200, content=load("image_snapshot"))

    return httpx.AsyncClient(transport=httpx.MockTransport(handle))


def _quota(limit: object, remaining: object, reset: object) -> httpx.Response:
    headers = {
        "ratelimit-limit": str(limit),
        "ratelimit-remaining": str(remaining),
        "ratelimit-reset": str(reset),
    }
    return httpx.Response(200, headers=headers, content=load("image_snapshot"))


def _timeouts(api: respx.MockRouter) -> list[object]:
    return [request.extensions["timeout"] for request in requests(api)]


# ── The token ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "first", "second", "used"),
    [
        ("given", "first", "second", "given"),
        (None, "first", "second", "first"),
        (None, None, "second", "second"),
        (None, "", "second", "second"),
        (None, "first", "", "first"),
    ],
)
async def test_where_the_token_comes_from(
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    first: str | None,
    second: str | None,
    used: str,
    api: respx.MockRouter,
) -> None:
    for name, value in ((FIRST, first), (SECOND, second)):
        if value is not None:
            monkeypatch.setenv(name, value)
    route = api.get("/v2/images/1").mock(return_value=OK)
    async with AsyncClient(given) as do:
        await do.image.info(1)
    assert route.calls.last.request.headers["authorization"] == f"Bearer {used}"


@pytest.mark.parametrize("given", [None, "", " ", "s3cr3t\n", "s3 cr3t", "\ts3cr3t", "s3cr3té"])
async def test_an_invalid_token_names_both_variables(given: str | None) -> None:
    with pytest.raises(ValueError, match=f"{FIRST} or {SECOND}") as caught:
        AsyncClient(given)
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize("name", [FIRST, SECOND])
async def test_a_bad_token_in_the_environment_is_said_to_be_bad(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "s3cr3t\n")
    with pytest.raises(ValueError, match="white space") as caught:
        AsyncClient()
    assert "s3" not in str(caught.value)


async def test_an_empty_token_is_not_looked_up_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FIRST, "first")
    with pytest.raises(ValueError, match="token is empty"):
        AsyncClient("")


async def test_a_token_is_a_str() -> None:
    for value in (5, True, b"s3cr3t", ["s3cr3t"]):
        with pytest.raises(TypeError, match="token must be a str") as caught:
            AsyncClient(value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
        assert "s3" not in str(caught.value)


# ── The base URL ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "environment", "url"),
    [
        (None, None, "https://api.digitalocean.com/v2/images/1"),
        (None, "", "https://api.digitalocean.com/v2/images/1"),
        (None, "https://env.example", "https://env.example/v2/images/1"),
        ("https://given.example", "https://env.example", "https://given.example/v2/images/1"),
        ("https://x.example/v2", None, "https://x.example/v2/images/1"),
        ("https://x.example/v2/", None, "https://x.example/v2/images/1"),
        ("https://x.example:8443/do/", None, "https://x.example:8443/do/v2/images/1"),
        ("https://v2", None, "https://v2/v2/images/1"),
        ("http://127.0.0.1:8080", None, "http://127.0.0.1:8080/v2/images/1"),
        ("http://localhost:8080/x", None, "http://localhost:8080/x/v2/images/1"),
        ("http://[::1]:8080", None, "http://[::1]:8080/v2/images/1"),
        (None, "http://127.0.0.1:8080/v2", "http://127.0.0.1:8080/v2/images/1"),
    ],
)
async def test_where_requests_go(
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    environment: str | None,
    url: str,
    respx_mock: respx.MockRouter,
) -> None:
    if environment is not None:
        monkeypatch.setenv(ADDRESS, environment)
    respx_mock.get(url).mock(return_value=OK)
    async with AsyncClient(TOKEN, base_url=given) as do:
        await do.image.info(1)
    assert [str(request.url) for request in requests(respx_mock)] == [url]


BAD_ADDRESSES = [
    "",
    " ",
    "api.digitalocean.com",
    "ftp://api.digitalocean.com",
    "https://",
    "https://user:s3cr3t@api.digitalocean.com",
    "https://api.digitalocean.com?x=y",
    "https://api.digitalocean.com#x",
    "https://api.digitalocean.com:port",
    "https://api.digital ocean.com",
    "https://api.digitalocean.com\n",
    "https://[::1]evil.example",
    "https://evil.example[::1]",
    "https://\ud800",
    "https://xn--/",
    "http://api.digitalocean.com",
    "http://127.0.0.1.evil.example",
    "http://10.0.0.1",
]


@pytest.mark.parametrize("given", BAD_ADDRESSES)
async def test_base_urls_that_are_none(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    with pytest.raises(ValueError, match="base_url") as caught:
        AsyncClient(TOKEN, base_url=given)
    assert "s3cr3t" not in str(caught.value)
    if given and given.isprintable():
        monkeypatch.setenv(ADDRESS, given)
        with pytest.raises(ValueError, match="base_url"):
            AsyncClient(TOKEN)


async def test_plain_http_is_allowed_where_the_user_says_so(respx_mock: respx.MockRouter) -> None:
    base = "http://proxy.internal:3128"
    route = respx_mock.get(f"{base}/v2/images/1").mock(return_value=OK)
    async with AsyncClient(TOKEN, base_url=base, allow_http=True) as do:
        await do.image.info(1)
    assert route.call_count == 1
    for value in (1, "yes", None):
        with pytest.raises(TypeError, match="allow_http must be a bool"):
            AsyncClient(TOKEN, base_url=base, allow_http=value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant


# ── Time-outs, tries and limits ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 60.0}),
        (7, dict.fromkeys(["connect", "read", "write", "pool"], 7.0)),
        (0.5, dict.fromkeys(["connect", "read", "write", "pool"], 0.5)),
        (
            httpx.Timeout(5, connect=1, pool=None),
            {"connect": 1, "read": 5, "write": 5, "pool": None},
        ),
        (httpx.Timeout(None), dict.fromkeys(["connect", "read", "write", "pool"])),
    ],
)
async def test_time_outs(
    given: float | httpx.Timeout | None, sent: dict[str, float | None], api: respx.MockRouter
) -> None:
    api.get("/v2/images/1").mock(return_value=OK)
    async with AsyncClient(TOKEN, timeout=given) as do:
        await do.image.info(1)
        await do.with_options().image.info(1)
        await do.with_options(max_retries=5).image.info(1)
    assert _timeouts(api) == [sent] * 3


NO_TIMEOUTS: list[object] = [
    *(0, 0.0, -1, float("nan"), float("inf"), 1e10, "5", True, [5]),
    *map(httpx.Timeout, [0, -1, float("nan")]),
]


@pytest.mark.parametrize("given", NO_TIMEOUTS, ids=repr)
async def test_time_outs_that_are_none(given: object, do: AsyncClient) -> None:
    with pytest.raises((TypeError, ValueError), match="timeout"):
        AsyncClient(TOKEN, timeout=given)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
    with pytest.raises((TypeError, ValueError), match="timeout"):
        do.with_options(timeout=given)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant


@pytest.mark.parametrize("retries", [0, 1, 5])
async def test_retries_are_counted(
    retries: int, api: respx.MockRouter, clock: AsyncVirtualClock
) -> None:
    route = api.get("/v2/images/1").respond(503)
    async with AsyncClient(TOKEN, clock=clock, max_retries=retries) as do:
        with pytest.raises(Exception, match="503"):
            await do.image.info(1)
    assert route.call_count == retries + 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("max_retries", [-1, True, 1.5, "2", 2**70]),
        ("max_retry_wait", [-1, float("nan"), float("inf"), "60", True]),
        ("max_body", [0, -1, 1.5, "1", True]),
        ("page_concurrency", [0, -1, 1.5, "8", True]),
        ("user_agent", ["", " ", "a\r\nX-Evil: 1", "a\x00b", "naïve", 5, b"x"]),
        ("http_client", [5, "x", object(), httpx.MockTransport(lambda _: OK)]),
    ],
)
async def test_invalid_arguments(name: str, values: list[object]) -> None:
    for value in values:
        with pytest.raises((TypeError, ValueError)) as caught:
            AsyncClient(TOKEN, **{name: value})  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant
        assert caught.value.__cause__ is None
        assert TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_all_but_the_token_is_given_by_name() -> None:
    parameters = list(inspect.signature(AsyncClient).parameters.values())
    contract = ["token", "base_url", "timeout", "max_retries", "user_agent", "http_client"]
    assert [one.name for one in parameters][:7] == [*contract, "allow_http"]
    kinds = {one.kind for one in parameters[1:]}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}
    defaults = [one.default for one in parameters][:7]
    assert defaults == [None, None, None, 2, None, None, False]


# ── What every request says ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, f"do-images/{__version__}"),
        ("my-tool/1.0 (nightly)", f"do-images/{__version__} my-tool/1.0 (nightly)"),
    ],
)
async def test_the_user_agent_is_appended(
    given: str | None, sent: str, api: respx.MockRouter
) -> None:
    api.get("/v2/images/1").mock(return_value=OK)
    async with AsyncClient(TOKEN, user_agent=given) as do:
        await do.image.info(1)
        await do.with_options(timeout=1).image.info(1)
    assert [request.headers["user-agent"] for request in requests(api)] == [sent, sent]
    assert {request.headers["accept"] for request in requests(api)} == {"application/json"}


# ── A user's own HTTP client ────────────────────────────────────────────────────────────────


async def test_an_http_client_of_ones_own_is_left_open() -> None:
    http = _http([])
    async with AsyncClient(TOKEN, http_client=http) as do:
        await do.image.info(1)
    assert not http.is_closed
    await do.aclose()
    assert not http.is_closed
    async with AsyncClient(TOKEN, http_client=http) as another:
        assert (await another.image.info(1)).id == 7555620
    await http.aclose()


async def test_an_http_client_of_ones_own_keeps_its_ways() -> None:
    events: list[str] = []
    headers: list[httpx.Headers] = []
    timeouts: list[float] = []

    def handle(request: httpx.Request) -> httpx.Response:
        headers.append(request.headers.copy())
        timeouts.append(request.extensions["timeout"]["read"])
        return OK

    async def note_request(request: httpx.Request) -> None:
        events.append(f"request {request.url}")

    async def note_response(response: httpx.Response) -> None:
        events.append(f"response {response.status_code}")

    http = httpx.AsyncClient(
        transport=httpx.MockTransport(handle),
        base_url="https://elsewhere.example/base",
        headers={"X-Team": "storage", "User-Agent": "theirs", "Authorization": "Basic theirs"},
        auth=("user", "password"),
        timeout=1,
        event_hooks={"request": [note_request], "response": [note_response]},
        follow_redirects=True,
    )
    async with AsyncClient(TOKEN, http_client=http) as do:
        await do.image.info(1)
    assert events == ["request https://api.digitalocean.com/v2/images/1", "response 200"]
    (sent,) = headers
    assert sent["x-team"] == "storage"
    assert sent["user-agent"] == f"do-images/{__version__}"
    assert sent.get_list("authorization") == [f"Bearer {TOKEN}"]
    assert timeouts == [60.0]
    assert http.headers["authorization"] == "Basic theirs", "theirs stays as it was"


async def test_the_other_kind_of_http_client_is_refused() -> None:
    kinds = {name for name in httpx.__all__ if name.endswith("Client")}
    (name,) = kinds - {AsyncClient.__name__}
    other = getattr(httpx, name)
    with pytest.raises(TypeError, match=r"http_client must be an httpx\.\w+ or httpx2\.\w+, not"):
        AsyncClient(TOKEN, http_client=other())


# ── with_options ────────────────────────────────────────────────────────────────────────────


async def test_with_options_changes_what_is_given(api: respx.MockRouter) -> None:
    api.get("/v2/images/1").mock(return_value=OK)
    async with AsyncClient(TOKEN, timeout=9) as do:
        twin = do.with_options(timeout=3)
        assert type(twin) is type(do)
        assert twin is not do
        for one in (do, twin, twin.with_options(timeout=httpx.Timeout(4)), do.with_options()):
            await one.image.info(1)
    given = [request.extensions["timeout"]["read"] for request in requests(api)]
    assert given == [9, 3, 4, 9]


async def test_with_options_changes_the_number_of_tries(
    api: respx.MockRouter, clock: AsyncVirtualClock
) -> None:
    route = api.get("/v2/images/1").respond(503)
    async with AsyncClient(TOKEN, clock=clock, max_retries=3) as do:
        for retries in (0, 1):
            route.calls.clear()
            with pytest.raises(Exception, match="503"):
                await do.with_options(max_retries=retries).image.info(1)
            assert route.call_count == retries + 1
        route.calls.clear()
        with pytest.raises(Exception, match="503"):
            await do.with_options(timeout=5).image.info(1)
        assert route.call_count == 4


@pytest.mark.parametrize("value", [-1, True, 1.5, "2"])
async def test_with_options_checks_its_arguments(value: object, do: AsyncClient) -> None:
    with pytest.raises((TypeError, ValueError), match="max_retries"):
        do.with_options(max_retries=value)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - as meant


async def test_with_options_shares_what_is_known_of_the_quota(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[_quota(5000, 4999, 1_700_000_000), _quota(5000, 4998, 7)]
    )
    twin = do.with_options(timeout=1)
    assert twin.rate_limit is None
    await do.image.info(1)
    assert twin.rate_limit == do.rate_limit == RateLimit(5000, 4999, 1_700_000_000)
    await twin.image.info(1)
    assert do.rate_limit == RateLimit(5000, 4998, 7)


async def test_closing_a_client_made_by_with_options_closes_nothing(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images/1").mock(return_value=OK)
    async with do.with_options(timeout=1) as twin:
        await twin.image.info(1)
    await twin.aclose()
    assert (await do.image.info(1)).id == 7555620
    assert (await twin.image.info(1)).id == 7555620


# ── rate_limit ──────────────────────────────────────────────────────────────────────────────


async def test_the_quota_is_that_of_the_last_response_that_stated_one(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images/1").mock(
        side_effect=[
            _quota(5000, 17, 1_700_000_000),
            OK,
            _quota("x", 5, 6),
            _quota("", "", ""),
            _quota(5000, "1.5", 3),
            httpx.Response(404, headers=_quota(5000, 16, 1_700_000_001).headers),
        ]
    )
    assert do.rate_limit is None
    for _ in range(5):
        await do.image.info(1)
        assert do.rate_limit == RateLimit(5000, 17, 1_700_000_000)
    with pytest.raises(NotFoundError) as caught:
        await do.image.info(1)
    assert do.rate_limit == RateLimit(5000, 16, 1_700_000_001)
    assert caught.value.rate_limit == do.rate_limit
    assert caught.value.rate_limit is not None
    assert {type(part) for part in caught.value.rate_limit} == {int}


@pytest.mark.parametrize("bad", ["9" * 400, "-" * 9, "1e9", "\u0663", "0x10", " "])
async def test_invalid_rate_limit_headers_break_nothing(
    bad: str, api: respx.MockRouter, do: AsyncClient
) -> None:
    headers = [
        (b"ratelimit-limit", b"5000"),
        (b"ratelimit-remaining", b"0"),
        (b"ratelimit-reset", bad.encode()),
    ]
    limited = httpx.Response(429, headers=headers, content=load("error_too_many_requests"))
    api.get("/v2/images/1").mock(return_value=limited)
    with pytest.raises(Exception, match="429"):
        await do.with_options(max_retries=1).image.info(1)
    assert do.rate_limit is None


# ── Closing ─────────────────────────────────────────────────────────────────────────────────


async def test_a_closed_client_sends_nothing(api: respx.MockRouter, do: AsyncClient) -> None:
    await do.aclose()
    await do.aclose()
    twin = do.with_options(timeout=1)
    for one in (do, twin):
        with pytest.raises(RuntimeError, match="closed"):
            await one.image.info(1)
        with pytest.raises(RuntimeError, match="closed"):
            await one.image.list()
    assert not api.calls


async def test_a_client_that_was_never_used_closes_well() -> None:
    async with AsyncClient(TOKEN):
        pass
    do = AsyncClient(TOKEN)
    await do.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await do.image.info(1)


async def test_a_client_closes_the_connections_that_it_opened() -> None:
    with refusing_port() as port:
        do = AsyncClient(TOKEN, base_url=f"http://127.0.0.1:{port}", max_retries=0)
        with pytest.raises(APIConnectionError):
            await do.image.info(1)
    http = do.image._driver.connection._http  # pyright: ignore[reportPrivateUsage] - there is no other way to see it
    assert http is not None
    assert not http.is_closed
    await do.aclose()
    assert http.is_closed


async def test_certificates_are_read_once_for_all_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    async def context() -> object:
        with refusing_port() as port:
            do = AsyncClient(TOKEN, base_url=f"https://127.0.0.1:{port}", max_retries=0)
            with pytest.raises(APIConnectionError):
                await do.image.info(1)
        http = do.image._driver.connection._http  # pyright: ignore[reportPrivateUsage] - there is no other way to see it
        await do.aclose()
        assert http is not None
        transport = http._transport  # pyright: ignore[reportPrivateUsage] - as above
        assert isinstance(transport, httpx.AsyncHTTPTransport)
        return transport._pool._ssl_context  # pyright: ignore[reportPrivateUsage] - as above

    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    one = await context()
    assert one is await context()
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    other = await context()
    assert other is not one, "the environment names other ones"
    assert other is await context()


async def test_a_client_is_closed_after_an_error_too() -> None:
    do = AsyncClient(TOKEN)
    with pytest.raises(KeyError):
        async with do:
            raise KeyError("the user's own")
    with pytest.raises(RuntimeError, match="closed"):
        await do.image.info(1)


# ── What nobody gets to see ─────────────────────────────────────────────────────────────────


async def test_no_repr_and_no_attribute_shows_the_token(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images/1").mock(side_effect=[OK, httpx.Response(404)])
    await do.image.info(1)
    with pytest.raises(NotFoundError) as caught:
        await do.image.info(1)
    assert repr(do) == f"{type(do).__name__}(base_url='https://api.digitalocean.com')"
    found = list(reachable([do, do.image, do.action, caught.value]))
    assert any(isinstance(one, httpx.AsyncClient) for one in found), "the walk went far"
    for one in found:
        assert TOKEN not in repr(one), type(one)
        assert TOKEN not in str(one), type(one)


async def test_the_request_that_others_hold_has_no_token_any_more() -> None:
    received: list[httpx.Request] = []
    async with AsyncClient(TOKEN, http_client=_http(received)) as do:
        await do.image.info(1)
    assert "authorization" not in received[0].headers


async def test_a_client_is_not_for_pickling_or_copying(do: AsyncClient) -> None:
    for value in (do, do.with_options(timeout=1)):
        for way in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="can't be pickled or copied") as caught:
                way(value)
            assert TOKEN not in str(caught.value)
    for part in (do.image, do.action, do.image.iter):
        with pytest.raises(TypeError) as refused:
            pickle.dumps(part)
        assert TOKEN not in str(refused.value)


async def test_nor_are_its_parts(do: AsyncClient) -> None:
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as caught:
        pickle.dumps(do.image)
    assert TOKEN not in str(caught.value)


async def test_a_subclass_stays_one(api: respx.MockRouter) -> None:
    class Mine(AsyncClient):
        pass

    api.get("/v2/images/1").mock(return_value=OK)
    do = Mine(TOKEN)
    assert repr(do).startswith("Mine(")
    twin = do.with_options(timeout=1)
    assert type(twin) is Mine
    assert (await twin.image.info(1)).id == 7555620
    await do.aclose()
