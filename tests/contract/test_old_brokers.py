"""What a broker is too old for is said in one sentence, at once: `make compat` plays this on such brokers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.commands import ROOT, article_stream, environment
from stream.config.loading import load
from stream.errors import SettingsError
from stream.kafka import checks
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import Broker

SENTENCE = "STREAM_GROUP_PROTOCOL=consumer needs Kafka 4.0 or later, but the broker "
FIX = "Use STREAM_GROUP_PROTOCOL=classic."


@pytest.mark.parametrize("old", ["", "kafka:9092"])
def test_every_start_looks_for_old_brokers(embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch, old: str) -> None:
    monkeypatch.setattr("stream.kafka.api_versions.broker_without_it", lambda _: old)
    topics = Broker("embedded", embedded.bootstrap_servers).topics("old")
    settings = load(topics.settings(group_protocol="consumer"), environ={})
    errors = {check.name: check.error for check in checks.run(settings)}
    assert isinstance(errors["consumer group"], SettingsError) == bool(old)


@pytest.mark.old_broker
def test_check_says_that_the_broker_is_too_old_for_the_consumer_protocol(real: Broker) -> None:
    answer = article_stream("check", settings=real.topics("old").settings(group_protocol="consumer"))
    (said,) = [line for line in answer.out.splitlines() if line.startswith("✗")]
    assert said.startswith(f"✗ consumer group: {SENTENCE}")
    assert said.endswith(FIX)
    assert answer.code == 1


@pytest.mark.old_broker
@pytest.mark.parametrize("command", [("stream", "worker"), ("faust", "-A", "stream.app", "worker", "--without-web")])
def test_the_worker_ends_with_that_sentence(real: Broker, command: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", *command], env=environment(real.topics("old").settings(group_protocol="consumer")),
        capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ended.returncode != 0
    said = ended.stderr.strip().splitlines()[-1]
    assert SENTENCE in said
    assert said.endswith(FIX)
