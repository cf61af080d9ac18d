"""A command that waits for Kafka says so; one that need not wait says nothing."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from harness.commands import article_stream
from harness.processes import PATIENCE_S, Worker, free_port
from stream.config.loading import load
from stream.kafka import cluster
from stream.kafka.embedded import EmbeddedBroker
from tests.ledger import Topics, fresh_name


@pytest.mark.parametrize(
    "command",
    [("check",), ("topics", "create"), ("send", "{file}"), ("dead-letters", "list"), ("dead-letters", "replay")],
    ids=" ".join,
)
def test_every_command_that_waits_says_so_once(command: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("One.", "utf-8")
    server = f"127.0.0.1:{free_port()}"
    arguments = [str(file) if part == "{file}" else part for part in command]
    answer = article_stream(*arguments, settings={"bootstrap_servers": server, "startup_timeout_s": 5})
    assert answer.code == 1
    waiting = [line for line in answer.err.splitlines() if line.startswith("Waiting")]
    assert waiting == [f"Waiting for Kafka at {server} (up to 5 s)."]


def test_the_worker_logs_that_it_waits() -> None:
    with Worker({"bootstrap_servers": f"127.0.0.1:{free_port()}", "startup_timeout_s": 5}) as worker:
        assert worker.process.wait(60) == 1
        assert "Waiting for Kafka at 127.0.0.1:" in worker.log


def test_what_is_answered_at_once_does_not_say_that_it_waits(
    embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(cluster, "CONNECT_CALL_S", PATIENCE_S)  # so that the first call is answered on a busy machine
    monkeypatch.setattr(cluster, "SAY_AFTER_S", 0.0)
    settings = Topics(embedded.bootstrap_servers, fresh_name("waiting")).settings(startup_timeout_s=PATIENCE_S)
    cluster.Cluster(load(settings, environ={})).connect()
    assert [said for said in caplog.messages if "Waiting" in said] == []


def test_an_existing_topic_that_is_not_as_asked_for_is_said(embedded: EmbeddedBroker) -> None:
    topics = Topics(embedded.bootstrap_servers, fresh_name("differs"))
    names = [str(topics.settings()[role]) for role in ("input_topic", "output_topic", "dead_letter_topic")]
    embedded.make_topics(*names)
    same = article_stream("topics", "create", "--partitions", 4, settings=topics.settings())
    assert (same.code, {line[0] for line in same.out.splitlines()}) == (0, {"·"})
    as_configured = article_stream("topics", "create", "--replication", -1, settings=topics.settings())
    assert as_configured.out == same.out
    other = article_stream("topics", "create", "--partitions", 3, "--replication", 2, settings=topics.settings())
    assert other.code == 0
    what = "exists already, but has 4 partitions instead of 3 and 1 copy of each partition instead of 2"
    assert other.out.splitlines() == [
        *(f"! {name}: {what}" for name in names),
        "3 topics differ from what you asked for. Existing topics are never changed.",
    ]
