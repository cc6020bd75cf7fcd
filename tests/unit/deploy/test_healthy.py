"""`deploy/healthy`, the containers' health check: it reports what the page says, and why it is unhealthy."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

HEALTHY = Path(__file__).parents[3] / "deploy/healthy"


def healthy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-IS", str(HEALTHY), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


@contextmanager
def page(status: int, text: str) -> Iterator[int]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (421, 1)])
def test_it_ends_as_the_page_answers_and_tells_what_it_says(status: int, code: int) -> None:
    with page(status, "not ready: LIVEKIT_URL: nobody answers") as port:
        ended = healthy(str(port))
    assert (ended.returncode, ended.stdout) == (code, "not ready: LIVEKIT_URL: nobody answers\n")


def test_nobody_there_is_told_in_one_line() -> None:
    with page(200, "") as port:
        pass
    ended = healthy(str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"nobody answers at port {port} (ConnectionRefusedError)\n"


def test_without_a_port_it_says_how_it_is_used() -> None:
    assert healthy().stderr == healthy("worker").stderr == "usage: healthy PORT\n"
