"""An output topic is deleted while the worker runs: the worker says which one, and recovers by itself."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient

from harness.processes import PATIENCE_S, Worker, until
from tests.articles import articles, numbers
from tests.brokers import Broker, Sent
from tests.contract.test_topic_made_again import made

RECORDS_IN = "article_stream_records_in_total"
LONG_S = 120.0  # librdkafka waits half a minute for a topic to be created


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "delivery"),
    [
        ("output", "exactly_once"),
        ("dead letter", "exactly_once"),
        ("removed", "exactly_once"),
        ("output", "at_least_once"),
    ],
)
def test_the_topic_is_named_and_liveness_counts_from_the_last_progress(real: Broker, role: str, delivery: str) -> None:
    topics = real.topics("gone", removed={})
    suffix = {"output": "clean", "dead letter": "dead", "removed": "removed"}[role]
    name = f"{topics.name}.{suffix}"
    settings = topics.settings(delivery=delivery, removed_topic=f"{topics.name}.removed", stall_timeout_s=30)
    with Worker(settings) as worker:
        real.send(f"{topics.name}.raw", articles(0, 5))
        until(lambda: worker.metric(RECORDS_IN) == 5, "the first ones")
        until(worker.ready, "it to be ready")
        admin = AdminClient({"bootstrap.servers": real.bootstrap_servers})
        admin.delete_topics([name])[name].result(PATIENCE_S)
        more = [Sent(b"bad", b"\xff")] if role == "dead letter" else articles(5, 5)
        real.send(f"{topics.name}.raw", more)
        want = f"Publishing fails and is being retried: The {role} topic {name} is missing."
        until(lambda: want in worker.log, "it to be said", LONG_S)
        fails = f"publishing fails and is being retried: The {role} topic"
        until(lambda: fails in " ".join(worker.problems()), "health to say it")
        stalled = until(lambda: worker.problems("/health/live"), "it to be seen that nothing moves", LONG_S)
        assert "has made no progress for 30 s" in " ".join(stalled)
        until(lambda: any((it["lag_seconds"] or 0) > 20 for it in worker.partitions().values()), "the lag in seconds")
        assert made(real, name)
        until(lambda: worker.metric(RECORDS_IN) == 5 + len(more), "the rest", LONG_S)
        until(lambda: worker.get("/health/live")[0] == 200 and worker.ready(), "it to be well")
        assert "Publishing works again." in worker.log
        assert "STREAM_BOOTSTRAP_SERVERS" not in worker.log, "Kafka's address is not to blame"
        assert worker.log.count("\n") < 40
        assert worker.terminate() == 0, worker.log
    if delivery == "exactly_once" and role != "dead letter":
        first = 5 if role == "output" else 0
        assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(first, 10), 1)
