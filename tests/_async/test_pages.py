"""Lists over many pages: lazily, with the filters kept, and never for ever."""

import httpx
import pytest
import respx

from do_images import (
    APIResponseValidationError,
    AsyncClient,
    InternalServerError,
    PermissionDeniedError,
)
from tests.support import TOKEN, AsyncVirtualClock, Json, load, requests

pytestmark = pytest.mark.anyio

BASE = "https://api.digitalocean.com/v2/images"


def _image(number: int) -> dict[str, Json]:
    return {"id": number, "name": f"image {number}", "created_at": "2026-05-04T22:23:02Z"}


def _page(*ids: int, following: str | None = None, total: object = 99) -> httpx.Response:
    """A page with these images, and a link to the next one."""
    links = {"pages": {"next": following, "last": f"{BASE}?page=9"}} if following else {}
    images = [_image(number) for number in ids]
    body = {"images": images, "links": links, "meta": {"total": total}}
    return httpx.Response(200, json=body)


def _pages(api: respx.MockRouter) -> list[str]:
    """The page that each request asked for."""
    return [request.url.params["page"] for request in requests(api)]


async def _ids(do: AsyncClient) -> list[int]:
    return [image.id for image in await do.image.list()]


# ── Going on ────────────────────────────────────────────────────────────────────────────────


async def test_all_pages_are_fetched_and_200_items_asked_for(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(
        side_effect=[
            httpx.Response(200, content=load("images_first_page")),
            httpx.Response(200, content=load("images_last_page")),
        ]
    )
    assert await _ids(do) == [155133621, 7555620, 171839202]
    assert [dict(request.url.params) for request in requests(api)] == [
        {"page": "1", "per_page": "200"},
        {"page": "2", "per_page": "200"},
    ]


async def test_iter_asks_for_a_page_when_it_is_needed_and_not_before(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(side_effect=[_page(1, 2, following=f"{BASE}?page=2"), _page(3)])
    images = do.image.iter()
    assert _pages(api) == []
    seen = [(image.id, len(api.calls)) async for image in images]
    assert seen == [(1, 1), (2, 1), (3, 2)]


async def test_iter_that_is_left_early_asks_for_no_more(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(side_effect=[_page(1, 2, following=f"{BASE}?page=2"), _page(3)])
    images = do.image.iter()
    async for image in images:
        assert image.id == 1
        break
    assert _pages(api) == ["1"]
    await images.aclose()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - trio wants generators to be closed


async def test_two_iterators_do_not_disturb_each_other(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(side_effect=[_page(1), _page(1)])
    one, other = do.image.iter(), do.image.iter()
    assert [image.id async for image in one] == [1]
    assert [image.id async for image in other] == [1]
    assert [image.id async for image in one] == [], "it is used up"


async def test_the_filters_are_kept_on_every_page(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/images").mock(
        side_effect=[_page(1, following=f"{BASE}?page=2&type=application&private=false"), _page(2)]
    )
    await do.image.list("distribution", True, tag_name="a b&c")
    for number, request in enumerate(requests(api), start=1):
        assert dict(request.url.params) == {
            "type": "distribution",
            "private": "true",
            "tag_name": "a b&c",
            "per_page": "200",
            "page": str(number),
        }


@pytest.mark.parametrize(
    "following",
    [
        "http://api.digitalocean.com/v2/images?page=2",
        "https://evil.example/v2/images?page=2&per_page=1",
        "https://user:secret@evil.example:8443/?page=2",
        "/v2/images?page=2",
        "?page=2",
        "//evil.example?page=2",
        "https://api.digitalocean.com/v1/other/path?page=2#fragment",
        "file:///etc/passwd?page=2",
        "javascript:alert(1)?page=2",
    ],
)
async def test_nothing_but_the_page_is_taken_from_next(
    following: str, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(side_effect=[_page(1, following=following), _page(2)])
    assert await _ids(do) == [1, 2]
    urls = [str(request.url.copy_with(query=None)) for request in requests(api)]
    assert urls == [BASE, BASE]
    assert _pages(api) == ["1", "2"]
    for request in requests(api):
        assert request.url.params["per_page"] == "200"


async def test_pages_behind_a_proxy_keep_its_address(respx_mock: respx.MockRouter) -> None:
    base = "https://proxy.example:8443/do/v2"
    route = respx_mock.get(f"{base}/images")
    route.mock(side_effect=[_page(1, following=f"{BASE}?page=2"), _page(2)])
    async with AsyncClient(TOKEN, base_url=base) as do:
        assert await _ids(do) == [1, 2]
    assert route.call_count == 2


@pytest.mark.parametrize("total", [0, 1, 5000, -1, None])
async def test_next_decides_and_total_is_a_hint(
    total: object, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(
        side_effect=[_page(1, following=f"{BASE}?page=2", total=total), _page(2, total=total)]
    )
    assert await _ids(do) == [1, 2]
    assert _pages(api) == ["1", "2"]


@pytest.mark.parametrize(
    "name",
    [
        "images_only_page",
        "images_without_links",
        "images_with_null_links",
        "images_with_empty_pages",
        "images_with_null_pages",
        "images_none",
        "images_of_all_kinds",
    ],
)
async def test_without_a_next_one_page_is_all(
    name: str, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").respond(200, content=load(name))
    assert len(await _ids(do)) == len(set(await _ids(do)))
    assert _pages(api) == ["1", "1"]


# ── Items that move while they are listed ───────────────────────────────────────────────────


async def test_an_item_that_shifted_to_a_later_page_comes_once(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(
        side_effect=[
            _page(5, 4, 3, following=f"{BASE}?page=2"),
            _page(3, 2, following=f"{BASE}?page=3"),
            _page(2, 5, 1),
        ]
    )
    assert await _ids(do) == [5, 4, 3, 2, 1]


async def test_twice_on_one_page_stays_as_it_came(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/images").mock(
        side_effect=[_page(1, 1, 2, following=f"{BASE}?page=2"), _page(2, 3, 3)]
    )
    assert await _ids(do) == [1, 1, 2, 3, 3]


async def test_a_page_may_be_empty(api: respx.MockRouter, do: AsyncClient) -> None:
    api.get("/v2/images").mock(
        side_effect=[
            _page(1, following=f"{BASE}?page=2"),
            _page(following=f"{BASE}?page=3"),
            _page(following=f"{BASE}?page=4"),
            _page(2),
        ]
    )
    assert await _ids(do) == [1, 2]


# ── Lists that would never end ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", [1, 0])
async def test_a_page_that_leads_to_itself_is_an_error(
    page: int, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(return_value=_page(1, following=f"{BASE}?page={page}"))
    with pytest.raises(APIResponseValidationError, match="back to page") as caught:
        await do.image.list()
    assert caught.value.field == "links.pages.next"
    assert len(api.calls) == 1


async def test_pages_that_go_round_in_circles_are_an_error(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(
        side_effect=[
            _page(1, following=f"{BASE}?page=2"),
            _page(2, following=f"{BASE}?page=3"),
            _page(3, following=f"{BASE}?page=2"),
        ]
    )
    seen: list[int] = []
    with pytest.raises(APIResponseValidationError, match="from page 3 back to page 2"):
        async for image in do.image.iter():
            seen.append(image.id)  # noqa: PERF401 - what came before the error counts
    assert seen == [1, 2]
    assert _pages(api) == ["1", "2", "3"]


async def test_empty_pages_with_a_next_for_ever_are_an_error(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return _page(following=f"{BASE}?page={int(request.url.params['page']) + 1}")

    api.get("/v2/images").mock(side_effect=handler)
    with pytest.raises(APIResponseValidationError, match="nothing new") as caught:
        await do.image.list()
    assert len(api.calls) == 3
    assert caught.value.request.url == str(requests(api)[-1].url)


async def test_the_same_items_on_every_page_are_an_error(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return _page(1, 2, following=f"{BASE}?page={int(request.url.params['page']) + 1}")

    api.get("/v2/images").mock(side_effect=handler)
    with pytest.raises(APIResponseValidationError, match="nothing new"):
        await do.image.list()
    assert len(api.calls) == 4


@pytest.mark.parametrize(
    "following",
    [BASE, f"{BASE}?page=", f"{BASE}?page=two", f"{BASE}?page=-1", f"{BASE}?page=2&page=3", "x"],
)
async def test_a_next_without_a_page_is_an_error(
    following: str, api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(return_value=_page(1, following=following))
    with pytest.raises(APIResponseValidationError, match="names no page") as caught:
        await do.image.list()
    assert caught.value.field == "links.pages.next"
    assert len(api.calls) == 1


# ── Pages that fail ─────────────────────────────────────────────────────────────────────────


async def test_a_page_that_fails_for_a_moment_is_asked_for_again(
    api: respx.MockRouter, do: AsyncClient, clock: AsyncVirtualClock
) -> None:
    api.get("/v2/images").mock(
        side_effect=[_page(1, following=f"{BASE}?page=2"), httpx.Response(502), _page(2)]
    )
    assert await _ids(do) == [1, 2]
    assert _pages(api) == ["1", "2", "2"]
    assert len(clock.sleeps) == 1


async def test_items_of_good_pages_come_before_the_error_of_a_bad_one(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(
        side_effect=[_page(1, following=f"{BASE}?page=2"), httpx.Response(500)]
    )
    seen: list[int] = []
    do = do.with_options(max_retries=0)
    with pytest.raises(InternalServerError):
        async for image in do.image.iter():
            seen.append(image.id)  # noqa: PERF401 - what came before the error counts
    assert seen == [1]


async def test_a_page_that_is_no_page_names_what_is_wrong(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    bad = httpx.Response(200, json={"images": [_image(2), {"id": 3, "name": None}]})
    api.get("/v2/images").mock(side_effect=[_page(1, following=f"{BASE}?page=2"), bad])
    with pytest.raises(APIResponseValidationError) as caught:
        await do.image.list()
    assert caught.value.field == "images.1.name"
    assert caught.value.request.url.endswith("page=2")


async def test_a_token_that_loses_its_scope_half_way(
    api: respx.MockRouter, do: AsyncClient
) -> None:
    api.get("/v2/images").mock(
        side_effect=[_page(1, following=f"{BASE}?page=2"), httpx.Response(403)]
    )
    with pytest.raises(PermissionDeniedError, match="image:read"):
        await do.image.list()


# ── The other lists ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/v2/actions", "/v2/images/7/actions"])
async def test_actions_are_paged_alike(path: str, api: respx.MockRouter, do: AsyncClient) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        actions = [{"id": page, "status": "completed", "type": "transfer"}]
        following = f"http://evil.example/?page={page + 1}" if page < 3 else None
        body = {"actions": actions, "links": {"pages": {"next": following}}}
        return httpx.Response(200, json=body)

    api.get(path).mock(side_effect=handler)
    account = path == "/v2/actions"
    if account:
        listed = await do.action.list()
        iterated = [action async for action in do.action.iter()]
    else:
        listed = await do.image.action_list(7)
        iterated = [action async for action in do.image.action_iter(7)]
    assert [action.id for action in listed] == [1, 2, 3]
    assert iterated == listed
    assert {request.url.path for request in requests(api)} == {path}
    assert {request.url.host for request in requests(api)} == {"api.digitalocean.com"}
    assert _pages(api) == ["1", "2", "3", "1", "2", "3"]
