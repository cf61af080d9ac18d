"""What the worker shows over HTTP: no article and no secret, and by default only to this machine."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from harness.processes import Worker, until
from stream.config.settings import Settings
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import Broker, Sent
from tests.hostile import article

PAGES = (
    "/", "/health/live", "/health/ready", "/metrics", "/nothing", "/metrics/..%2f..", "/?text=1",
    "/page/about", "/page/sites", "/page/dead-letters", "/page/dead-letters/one?partition=0&offset=0",
)  # fmt: skip
BODY = "Quokkas crossed the causeway on Tuesday, and the warden of the island let every one of them through the gate."
SECRET = "hunter2-never-to-be-seen"  # noqa: S105 - made up
KEY, HEADER = b"key-never-to-be-seen", b"header-never-to-be-seen"


def listens(host: str, port: int) -> bool:
    """Tell whether something answers at this address."""
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def test_no_page_and_no_log_shows_an_article_or_a_secret(embedded: EmbeddedBroker) -> None:
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("pages")
    records = [
        Sent(KEY, article(f"{BODY}\n{BODY}"), [("trace", HEADER)]),
        Sent(KEY, f'{{"text": "{BODY}'.encode(), [("trace", HEADER)]),
        Sent(KEY, BODY.encode() + b"\xff", [("trace", HEADER)]),
        Sent(KEY, f'{{"{BODY}": 1}}'.encode(), [("trace", HEADER)]),
    ]
    settings = topics.settings(
        delivery="at_least_once", sasl_password=SECRET, kafka_properties=f"sasl.password={SECRET}", log_level="debug"
    )
    with Worker(settings) as worker:
        worker.wait_ready()
        broker.send(f"{topics.name}.raw", records)
        until(lambda: worker.metric("article_stream_records_in_total") == len(records), "all records")
        shown = {page: worker.get(page)[1].decode() for page in PAGES}
        shown["the log"] = worker.log
        assert worker.terminate() == 0
    assert shown["/page/dead-letters"].count('"reason":') == 3
    for page, text in shown.items():
        for hidden in (SECRET, "Quokkas", "warden", KEY.decode(), HEADER.decode()):
            assert hidden not in text, page
    assert 'article_stream_dead_letters_total{reason="no_text"} 1.0' in shown["/metrics"]


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is this machine on Linux alone")
def test_the_pages_are_for_this_machine_unless_told_otherwise(embedded: EmbeddedBroker) -> None:
    assert Settings().http_host == "127.0.0.1"
    settings = Broker("embedded", embedded.bootstrap_servers).topics("pages").settings(delivery="at_least_once")
    with Worker(settings) as worker, Worker(settings | {"http_host": "127.0.0.2"}) as told:
        until(lambda: listens("127.0.0.1", worker.port), "the pages")
        assert not listens("127.0.0.2", worker.port)
        until(lambda: listens("127.0.0.2", told.port), "the pages where they were told to be")
        assert not listens("127.0.0.1", told.port)


def test_the_image_is_the_one_that_says_otherwise() -> None:
    dockerfile = Path(__file__).parents[2] / "Dockerfile"
    if dockerfile.exists():
        assert "STREAM_HTTP_HOST=0.0.0.0" in dockerfile.read_text("utf-8")
