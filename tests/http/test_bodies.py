"""Bodies that are collected, and unpacked, with a bound."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from do_images._http.bodies import Body

LIMIT = 1000


def _collected(parts: list[bytes], encoding: str = "gzip") -> Body:
    body = Body(encoding, LIMIT)
    for part in parts:
        body.feed(part)
    body.finish()
    return body


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@given(st.binary(max_size=LIMIT), st.lists(st.integers(0, 2000), max_size=5))
def test_a_body_is_the_same_however_it_is_cut(content: bytes, places: list[int]) -> None:
    for encoding, data in (("gzip", gzip.compress(content)), ("", content), ("identity", content)):
        body = _collected(_cut(data, places), encoding)
        assert (bytes(body.content), body.problem) == (content, None)


@given(st.integers(LIMIT + 1, 200_000), st.lists(st.integers(0, 2000), max_size=5))
def test_no_more_is_unpacked_than_the_limit(size: int, places: list[int]) -> None:
    body = Body("gzip", LIMIT)
    for part in _cut(gzip.compress(b" " * size), places):
        body.feed(part)
        if body.problem is not None:
            break
    assert body.problem == "it is larger than 1000 bytes"
    assert len(body.content) == LIMIT + 1


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([gzip.compress(b"x")[:-1]], "its gzip data ends too early"),
        ([b""], "its gzip data ends too early"),
        ([b"{}"], "its gzip data is invalid"),
        ([gzip.compress(b"x") + b"y"], "something follows the end of its gzip data"),
        ([gzip.compress(b"x"), b"y"], "something follows the end of its gzip data"),
    ],
)
def test_what_is_no_gzip(parts: list[bytes], problem: str) -> None:
    assert (_collected(parts).problem or "").startswith(problem)


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate", "identity, gzip"])
def test_other_encodings(encoding: str) -> None:
    assert Body(encoding, LIMIT).problem == f"its Content-Encoding is {encoding!r}, not gzip"
