"""What is between the last delivered record and a partition's end: markers, aborted records, or a record."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer

from harness.fakes import at
from harness.processes import PATIENCE_S, Worker, until
from stream.config.loading import load
from stream.kafka.undelivered import Undelivered
from tests.brokers import Broker
from tests.ledger import fresh_name


@pytest.mark.parametrize("ends", ["committed", "aborted"])
def test_a_record_is_told_from_markers_and_from_what_was_aborted(real: Broker, ends: str) -> None:
    topics = real.topics("undelivered")
    producer = Producer({"bootstrap.servers": real.bootstrap_servers, "transactional.id": fresh_name("other")})
    producer.init_transactions(PATIENCE_S)
    producer.begin_transaction()
    producer.produce(f"{topics.name}.raw", b'{"text":"a"}', partition=2)
    producer.flush(PATIENCE_S)
    if ends == "committed":
        producer.commit_transaction(PATIENCE_S)
    else:
        producer.abort_transaction(PATIENCE_S)
    assert len(real.read(f"{topics.name}.raw")) == (ends == "committed"), "the marker is there"
    looks = Undelivered(load(topics.settings(instance_id="w0"), environ={}))
    assert looks.has_record(at(2, f"{topics.name}.raw"), (0, 2)) == (ends == "committed")
    assert not looks.has_record(at(2, f"{topics.name}.raw"), (1, 2)), "the marker"
    with Worker(topics.settings()) as worker:
        worker.wait_ready()
        until(lambda: worker.partitions().get("2", {}).get("lag_seconds") == 0, "the end to be found")
        assert worker.terminate() == 0, worker.log
        assert "Starting a new session" not in worker.log


def test_a_record_that_comes_after_the_end_was_told_is_no_missed_one(real: Broker) -> None:
    topics = real.topics("undelivered")
    producer = Producer({"bootstrap.servers": real.bootstrap_servers})
    producer.produce(f"{topics.name}.raw", b'{"text":"a"}', partition=1)
    assert producer.flush(PATIENCE_S) == 0
    looks = Undelivered(load(topics.settings(), environ={}))
    assert looks.has_record(at(1, f"{topics.name}.raw"), (0, 1))
    assert not looks.has_record(at(1, f"{topics.name}.raw"), (0, 0)), "the record is behind the end that was told"
