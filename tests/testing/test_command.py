"""`python -m do_images.testing`."""

import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from do_images.testing import __main__ as command


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The command's handlers end with the test."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_stopped(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    urls: list[str] = []
    answers: list[int] = []

    def use() -> None:
        while not urls:
            urls.extend(re.findall(r"http://\S+", capsys.readouterr().out))
            time.sleep(0.01)
        headers = {"Authorization": "Bearer anything"}
        answer = httpx.get(f"{urls[0]}/v2/images/7555620", headers=headers, trust_env=False)
        answers.append(answer.status_code)
        os.kill(os.getpid(), number)

    user = threading.Thread(target=use)
    user.start()
    assert command.main(["--port", "0", "--seed", "1", "--speed", "100"]) == 0
    user.join()
    assert answers == [200]
    assert capsys.readouterr().out == "1 requests were answered.\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--port", "99999"], "can't be served on port 99999: "),
        (["--port", "0", "--speed", "-1"], "speed"),
    ],
)
def test_says_why_it_can_not_serve(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 1
    assert text in capsys.readouterr().err


def test_says_which_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert command.main(["--port", str(port)]) == 1
    text = f"The fake API can't be served on port {port}: Address already in use\n"
    assert capsys.readouterr() == ("", text)


def test_knows_the_quirks(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["--quirk", "null_tag"])
    assert caught.value.code == 2
    assert "null_tags" in capsys.readouterr().err


def test_may_accept_one_token_only(capsys: pytest.CaptureFixture[str]) -> None:
    statuses: list[int] = []
    quotas: list[str | None] = []

    def use() -> None:
        urls: list[str] = []
        while not urls:
            urls.extend(re.findall(r"http://\S+", capsys.readouterr().out))
            time.sleep(0.01)
        for token in ("secret", "other"):
            headers = {"Authorization": f"Bearer {token}"}
            answer = httpx.get(f"{urls[0]}/v2/actions", headers=headers, trust_env=False)
            statuses.append(answer.status_code)
            quotas.append(answer.headers.get("ratelimit-limit"))
        os.kill(os.getpid(), signal.SIGINT)

    user = threading.Thread(target=use)
    user.start()
    assert command.main(["--port", "0", "--token", "secret", "--quirk", "no_rate_limit"]) == 0
    user.join()
    assert statuses == [200, 401]
    assert quotas == [None, None]


def serve(
    arguments: list[str], use: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> tuple[str, str]:
    """Runs the command while a function uses it; returns what it wrote after its first line."""

    def main() -> None:
        urls: list[str] = []
        while not urls:
            urls.extend(re.findall(r"http://\S+", capsys.readouterr().out))
            time.sleep(0.01)
        try:
            use(urls[0])
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    user = threading.Thread(target=main)
    user.start()
    assert command.main(["--port", "0", *arguments]) == 0
    user.join()
    written = capsys.readouterr()
    return written.out, written.err


def test_takes_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = tmp_path / "images.json"
    seeds.write_text('{"images": [{"id": 9, "name": "n", "created_at": "2026-01-01T00:00:00Z"}]}')
    seen: list[object] = []

    def use(url: str) -> None:
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer t"}) as api:
            answer = api.get("/v2/images")
            seen.append([image["id"] for image in answer.json()["images"]])
            seen.append(answer.headers["ratelimit-limit"])
            seen.append(answer.headers["date"])
            api.get("/v2/nowhere")

    options = ["--host", "127.0.0.1", "--now", "2027-01-31T12:00:00Z", "--speed", "0"]
    options += ["--quota", "7", "--seed-file", str(seeds), "--log"]
    out, err = serve(options, use, capsys)
    assert seen == [[9], "7", "Sun, 31 Jan 2027 12:00:00 GMT"]
    assert err == "GET /v2/images: 200\nGET /v2/nowhere: 404\n"
    assert out == "2 requests were answered.\n"


def test_logs_lost_connections(capsys: pytest.CaptureFixture[str]) -> None:
    def use(url: str) -> None:
        fault = {"method": "GET", "path": "*", "lose": "before"}
        httpx.post(f"{url}/_fake/fail_next", json=fault)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{url}/v2/images")

    assert serve(["--log"], use, capsys)[1] == "GET /v2/images: lost\n"


@pytest.mark.parametrize(
    ("content", "message"), [(None, "No such file"), ("{", "Expecting"), ("{}", "valid list")]
)
def test_names_a_seed_file_that_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
) -> None:
    seeds = tmp_path / "images.json"
    if content is not None:
        seeds.write_text(content)
    assert command.main(["--port", "0", "--seed-file", str(seeds)]) == 1
    error = capsys.readouterr().err
    assert str(seeds) in error
    assert message in error


def test_explains_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["testing", "--help"])
    monkeypatch.delitem(sys.modules, "do_images.testing.__main__")
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("do_images.testing", run_name="__main__")
    assert caught.value.code == 0
    assert "--one-transfer-at-a-time" in capsys.readouterr().out


def test_ends_cleanly_as_a_process_of_its_own() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "do_images.testing", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "http://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "0 requests were answered.\n", "")
