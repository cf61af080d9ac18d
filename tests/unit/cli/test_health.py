"""`article-stream health` as a container runs it: by the worker's own settings, with an exit code."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.commands import article_stream, one_sentence
from harness.processes import free_port
from stream.cli.health import address, local

ASKED: list[str] = []


class Worker(BaseHTTPRequestHandler):
    """Answers as a worker that is alive and not ready."""

    def do_GET(self) -> None:
        """Answers what a health page would."""
        ASKED.append(self.path)
        alive = self.path == "/health/live"
        body = json.dumps({"problems": [] if alive else ["the worker is stopping"]}).encode()
        self.send_response(200 if alive else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Worker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])  # noqa: S104
def test_a_healthy_worker_is_found_by_its_settings(port: int, host: str) -> None:
    answer = article_stream("health", settings={"http_port": port, "http_host": host})
    assert answer.code == 0, answer
    assert answer.out.endswith(f":{port}/health/live is healthy.\n")
    assert ASKED[-1] == "/health/live"


def test_a_proxy_of_the_environment_is_not_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert article_stream("health", "--http-port", port).code == 0


def test_a_worker_that_is_not_ready_says_why_and_the_exit_code_is_1(port: int) -> None:
    said = one_sentence(article_stream("health", "--ready", settings={"http_port": port}), 1)
    assert said == f"The worker at http://127.0.0.1:{port}/health/ready is not ready: the worker is stopping."


def test_no_worker_is_one_sentence_and_1() -> None:
    port = free_port()
    said = one_sentence(article_stream("health", settings={"http_port": port}), 1)
    assert said.startswith(f"No worker answers at http://127.0.0.1:{port}/health/live (Connection refused).")


def test_a_worker_without_http_cannot_be_asked_and_counts_as_healthy() -> None:
    answer = article_stream("health", settings={"http_port": 0})
    assert answer.code == 0
    assert "STREAM_HTTP_PORT is 0" in answer.out


def test_what_cannot_be_a_host_is_one_sentence() -> None:
    for host in ("[x", "a b", "\u20ac" * 80, "%0"):
        said = one_sentence(article_stream("health", settings={"http_port": 1, "http_host": host}), 1)
        assert said.startswith("No worker answers at ")


@pytest.mark.parametrize(
    ("host", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("10.1.2.3", "10.1.2.3"), ("worker", "worker")],  # noqa: S104
)
def test_the_address_that_is_asked(host: str, asked: str) -> None:
    assert address(local(host), 7, "/x") == f"http://{asked}:7/x"
