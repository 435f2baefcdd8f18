"""Checks the fake's responses against the official OpenAPI: `scripts/check_fake PATH`.

Prism, a proxy between a client and the served fake, reports what a response has that the official
description does not allow. The rules of spec/deliberate.yaml with `of_fake` say which of that is
deliberate; anything else is new, and makes the exit code 1. Prism comes through `npx`; PATH is the
bundled description or a checkout. Without either, nothing is checked, and the exit code is 2.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import httpx

from do_images.testing import FakeDigitalOcean
from scripts.upstream.compare import Difference, read_rules, report
from scripts.upstream.document import Node, Place, open_document

DELIBERATE = Path(__file__).resolve().parents[2] / "spec/deliberate.yaml"
PRISM = "@stoplight/prism-cli@5"
SNAPSHOT, BACKUP, CUSTOM = 7555620, 7555621, 7555622
OTHER = "c9a1e0c2-0000-4000-8000-000000000001"
OURS = ("/v2/images", "/v2/actions", "/v2/account", "/v2/regions", "/v2/sizes", "/v2/snapshots")


def main() -> int:
    """Return 0 if all violations are deliberate, 1 if some are new, 2 if nothing was checked."""
    parser = argparse.ArgumentParser(prog="scripts/check_fake", description=__doc__)
    parser.add_argument(
        "path", type=Path, help="the official OpenAPI: a bundled file or a checkout"
    )
    options = parser.parse_args()
    if not options.path.exists() or shutil.which("npx") is None:
        print("skipped: there is no description at that path, or no npx", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        document = Path(folder) / "official.json"
        document.write_text(json.dumps(_part(open_document(options.path)), default=str), "utf-8")
        found = violations(document)
    return report(found, read_rules(DELIBERATE, of_fake=True))


def _part(document: Place) -> dict[str, Any]:
    """Return the operations that the fake serves, without references: the whole is slow to read."""
    paths = {
        path: _resolved(item) for path, item in document.items("paths") if path.startswith(OURS)
    }
    return {"openapi": "3.0.0", "info": {"title": "part", "version": "2"}, "paths": paths}


def _resolved(place: Place) -> Any:
    return {key: _value(place, value) for key, value in place.node.items() if key != "security"}


def _value(place: Place, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _resolved(place.follow(cast("Node", value)))
    if isinstance(value, list):
        return [_value(place, item) for item in cast("list[object]", value)]
    return value


# ── The requests ────────────────────────────────────────────────────────────────────────────


def violations(document: Path) -> list[Difference]:
    """Send requests of every operation, and return what Prism reports of the responses."""
    found: list[Difference] = []

    def check(response: httpx.Response) -> None:
        found.extend(_of(response))

    def client(proxy: str, token: str) -> httpx.Client:
        return httpx.Client(
            base_url=proxy,
            headers={"Authorization": f"Bearer {token}"},
            event_hooks={"response": [check]},
            trust_env=False,
            timeout=30,
        )

    fake = FakeDigitalOcean()
    with (
        fake.serve(speed=0) as url,
        _prism(document, url) as proxy,
        client(proxy, fake.token()) as api,
        client(proxy, fake.token(account=OTHER)) as them,
    ):
        _read(api)
        _change(fake, api)
        _transfer(api, them)
        api.delete(f"/v2/images/{CUSTOM}")
        api.get("/v2/images/1")
        fake.quota(0)
        api.get("/v2/images")
    return [*dict.fromkeys(found)]


def _read(api: httpx.Client) -> None:
    for path in (
        *("/v2/account", "/v2/regions", "/v2/sizes", "/v2/snapshots", "/v2/snapshots/7555620"),
        *("/v2/images", "/v2/images?page=2&per_page=7", "/v2/images?private=true"),
        *("/v2/images?type=application", "/v2/images?tag_name=prod", "/v2/images/debian-12-x64"),
        *(f"/v2/images/{image}" for image in (SNAPSHOT, BACKUP, CUSTOM)),
    ):
        api.get(path)


def _change(fake: FakeDigitalOcean, api: httpx.Client) -> None:
    body = {"name": "new", "url": "https://example.com/new", "region": "nyc3"}
    new = api.post("/v2/images", json=body).json()["image"]["id"]
    image = f"/v2/images/{SNAPSHOT}"
    api.put(image, json={"name": "renamed", "distribution": "Haiku", "description": ""})
    transfer = {"type": "transfer", "region": "nyc3"}
    action = api.post(f"{image}/actions", json=transfer).json()["action"]["id"]
    api.post(f"/v2/images/{BACKUP}/actions", json={"type": "convert"})
    for seconds in (0, 60):
        fake.advance(seconds)
        for path in (
            *(f"/v2/images/{new}", f"{image}/actions", f"{image}/actions/{action}"),
            *("/v2/actions", f"/v2/actions/{action}"),
        ):
            api.get(path)


def _transfer(api: httpx.Client, them: httpx.Client) -> None:
    start = f"/v2/images/{SNAPSHOT}/account_transfer"
    for how, client in (("cancel", api), ("decline", them), ("accept", them)):
        offer = api.post(start, json={"recipient_uuid": OTHER}).json()
        client.post(f"{start}/{how}", json={**offer, "recipient_uuid": OTHER})


def _of(response: httpx.Response) -> Iterator[Difference]:
    request = response.request
    place = f"{request.method} {request.url.path}: {response.status_code}"
    for found in json.loads(response.headers.get("sl-violations", "[]")):
        where = ".".join("[]" if part.isdecimal() else part for part in found["location"])
        if where.startswith("response"):
            # The same in every item of a list is one violation.
            message = re.sub(r"\.\d+", "[]", found["message"])
            yield Difference(f"{place} {where}", f"{found['code']}: {message}")


@contextmanager
def _prism(document: Path, url: str) -> Generator[str]:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    command = ["npx", "--yes", PRISM, "proxy", str(document), url, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        for _ in range(600):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
