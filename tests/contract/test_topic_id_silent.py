"""Kafka does not tell an input topic's id: the worker says so, a stop is as quick as ever, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.processes import Worker, until
from tests.articles import numbers
from tests.brokers import Broker
from tests.contract.test_beginnings import send_to

RECORDS_IN = "article_stream_records_in_total"
SAYS = "Kafka does not tell the id of"
SILENTLY = """
import sys, time
from pathlib import Path
from confluent_kafka import KafkaError, KafkaException
from stream.cli import main
from stream.kafka import same_topic
from stream.kafka.topic_id import TopicIds
same_topic.NO_ANSWER_S = 3600.0
flag, answer = Path(sys.argv.pop(1)), TopicIds._answer
def silent(self, topics):
    if flag.exists():
        flag.with_name("asked").touch()
        time.sleep(1)
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
    return answer(self, topics)
TopicIds._answer = silent
main()
"""
"""A worker whose questions for the ids of topics get no answer while a file is there, and which waits for one."""


@pytest.mark.parametrize("since", ["the start", "the middle"])
@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_a_worker_that_waits_for_the_id_says_so_and_stops_at_once(
    real: Broker, tmp_path: Path, since: str, delivery: str
) -> None:
    topics, silent = real.topics("silent"), tmp_path / "silent"
    raw, settings = f"{topics.name}.raw", topics.settings(delivery=delivery)
    if since == "the start":
        silent.touch()
    with Worker(settings, python=("-c", SILENTLY, str(silent), "worker")) as worker:
        if since == "the middle":
            worker.wait_ready()
            send_to(real, raw, 0, 100, 0)
            until(lambda: worker.metric(RECORDS_IN) == 100, "the first ones")
            silent.touch()
            until(silent.with_name("asked").exists, "a question, because for a moment the answer before it holds")
        send_to(real, raw, *((0, 200, 0) if since == "the start" else (100, 100, 0)))
        until(lambda: any(SAYS in problem for problem in worker.problems()), "it to say what it waits for")
        assert worker.terminate() == 0, worker.log
        assert "Starting a new session" not in worker.log, "it says so, and stops, while it waits"
    silent.unlink()
    with Worker(settings) as worker:
        until(lambda: len(real.read(f"{topics.name}.clean")) >= 200, "all of them")
        assert worker.terminate() == 0, worker.log
    assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(200), 1)
