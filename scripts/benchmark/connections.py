"""Connections: how many a client opens for polls that are seconds apart.

`python -m scripts.benchmark.connections NAME POLLS [FILE]` measures one client in a process of its
own, against a keep-alive server in a thread of it; with TLS where FILE holds a certificate and key.
"""

import json
import os
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from scripts.benchmark.contenders import CONTENDERS
from scripts.benchmark.server import image

__all__ = ["connections"]

ROOT = Path(__file__).parents[2]
POLL = 5.0
CLIENTS = (
    *("do_images.Client", "do_images.AsyncClient", "httpx + json", "httpx async"),
    *("pydo", "pydo.aio", "python-digitalocean", "doboto"),
)
BODY = json.dumps({"image": image(0)}).encode()

_Rows = list[tuple[str, str, str]]


def connections(polls: int) -> _Rows:
    """Measure all clients at once, without and with TLS; the time goes into the pauses."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "server.pem")
        certified = _certificate(file)
        runs = {
            f"{name}{', TLS' * tls}: connections for {polls} polls": _start(
                name, polls, file if tls else None
            )
            for name in CLIENTS
            for tls in range(2 if certified else 1)
        }
        outcomes = {title: run.communicate() for title, run in runs.items()}
    return [
        (title, output.strip(), "1" if "do_images" in title else "")
        for title, (output, errors) in outcomes.items()
        if "ModuleNotFoundError" not in errors
    ]


def _start(name: str, polls: int, file: Path | None) -> "subprocess.Popen[str]":
    proxies = {name: "" for name in os.environ if name.lower().endswith("_proxy")}
    trusted = {"SSL_CERT_FILE": str(file), "REQUESTS_CA_BUNDLE": str(file)} if file else {}
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, name, str(polls), *([str(file)] if file else [])],
        cwd=ROOT,
        env=os.environ | proxies | trusted,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _certificate(file: Path) -> bool:
    """Write a certificate for 127.0.0.1 and its key; return False where there is no openssl."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    key = file.with_suffix(".key")
    with suppress(OSError):
        done = subprocess.run(
            [*command.split(), "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", file],
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            file.write_bytes(file.read_bytes() + key.read_bytes())
            return True
    return False


class _Server(ThreadingHTTPServer):
    """Counts the connections that it accepts, and keeps them open."""

    accepted = 0

    def get_request(self) -> tuple[object, object]:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride] - it only passes the socket on
        self.accepted += 1
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing."""


def main(name: str, polls: str, file: str | None = None) -> None:
    """Print the number of connections of one client."""
    make = CONTENDERS[name]()
    with _Server(("127.0.0.1", 0), _Handler) as server:
        scheme = "http"
        if file:
            scheme = "https"
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(file)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        session = make(f"{scheme}://127.0.0.1:{server.server_port}")
        for number in range(int(polls)):
            if number:
                time.sleep(POLL)
            session.info(1)
        print(server.accepted, flush=True)
        os._exit(0)  # connections that are kept alive hold up nothing


if __name__ == "__main__":
    main(*sys.argv[1:])
