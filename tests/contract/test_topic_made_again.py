"""The input topic is deleted and created again: the new one's records come out exactly once, from the first one on."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from harness.processes import PATIENCE_S, Worker, until
from tests.articles import numbers
from tests.brokers import PARTITIONS, Broker
from tests.contract.test_beginnings import send_to
from tests.ledger import Topics, create

RECORDS_IN, SKIPPED = "article_stream_records_in_total", "article_stream_records_skipped_total"
AGAIN = "was deleted and created again"
SLOWLY = """
import itertools
from confluent_kafka import KafkaError, KafkaException
from stream.cli import main
from stream.kafka.topic_id import TopicIds
asked, answer = itertools.count(), TopicIds._answer
def slow(self, topics):
    if next(asked) < 3:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
    return answer(self, topics)
TopicIds._answer = slow
main()
"""
"""A worker whose first three questions for the ids of topics get no answer in time."""
NOT_YET = """
import itertools
from stream.cli import main
from stream.kafka.topic_id import TopicIds
asked, answer = itertools.count(), TopicIds._answer
def not_yet(self, topics):
    found = answer(self, topics)
    return found if next(asked) >= 1 else {}
TopicIds._answer = not_yet
main()
"""
"""A worker that is first told that none of the topics exists."""
TELLING = """
import sys
from pathlib import Path
from stream.cli import main
from stream.kafka.same_topic import SameTopic
flag, check = Path(sys.argv.pop(1)), SameTopic.check
def telling(self, **how):
    done = check(self, **how)
    if self.ids.known and not self._partitions.places:
        flag.touch()
    return done
SameTopic.check = telling
main()
"""
"""A worker that makes a file once it knows its input topic though it has no partition of it."""


def made(broker: Broker, topic: str, partitions: int = PARTITIONS) -> bool:
    """Create a topic; False while the old one is still being deleted."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    try:
        create(admin, broker.bootstrap_servers, [NewTopic(topic, partitions, 1)])
    except KafkaException as raised:
        if raised.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
        return False
    return True


def delete(broker: Broker, topic: str) -> None:
    """Delete a topic."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    admin.delete_topics([topic])[topic].result(PATIENCE_S)


def make_again(broker: Broker, topic: str, partitions: int = PARTITIONS) -> None:
    """Delete a topic and create it again at once."""
    delete(broker, topic)
    until(lambda: made(broker, topic, partitions), "the topic to be made again")


def commit(broker: Broker, topics: Topics, partition: int, offset: int, metadata: str) -> None:
    """Commit an offset for the group, which has no members."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": topics.name})
    place = TopicPartition(f"{topics.name}.raw", partition, offset, metadata)
    consumer.commit(offsets=[place], asynchronous=False)
    consumer.close()


def committed(broker: Broker, topics: Topics, partition: int) -> TopicPartition:
    """What the group has committed for a partition."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": topics.name})
    try:
        return consumer.committed([TopicPartition(f"{topics.name}.raw", partition)], timeout=PATIENCE_S)[0]
    finally:
        consumer.close()


def make_again_with_an_old_offset(real: Broker, topics: Topics) -> None:
    """Have 100 records cleaned, and the topic made again with 150; the offset of the old one is committed once more."""
    raw = f"{topics.name}.raw"
    send_to(real, raw, 0, 100, 0)
    with Worker(topics.settings()) as worker:
        until(lambda: worker.metric(RECORDS_IN) == 100, "the old ones")
        assert worker.terminate() == 0, worker.log
    before = committed(real, topics, 0)
    assert (before.metadata or "").startswith("topic.id=")
    make_again(real, raw)
    until(lambda: committed(real, topics, 0).offset < 0, "Kafka to forget the old topic's offsets")
    send_to(real, raw, 100, 150, 0)
    commit(real, topics, 0, before.offset, before.metadata or "")


@pytest.mark.parametrize("start_at", ["earliest", "latest"])
@pytest.mark.parametrize("protocol", ["classic", "consumer"])
@pytest.mark.parametrize("fresh", [300, 100, 5])
def test_while_the_worker_runs(real: Broker, protocol: str, start_at: str, fresh: int) -> None:
    """The new topic has more, as many or fewer records: the old offset is within it, at its end, or beyond."""
    topics = real.topics("again")
    raw = f"{topics.name}.raw"
    with Worker(topics.settings(group_protocol=protocol, start_at=start_at)) as worker:
        worker.wait_ready()
        until(lambda: len(worker.partitions()) == PARTITIONS, "all partitions")
        send_to(real, raw, 0, 100, 0)
        until(lambda: worker.metric(RECORDS_IN) == 100, "the old ones")
        make_again(real, raw)
        send_to(real, raw, 100, fresh, 0)
        until(lambda: worker.metric(RECORDS_IN) >= 100 + fresh, "the new ones")
        assert AGAIN in worker.log, worker.log
        assert worker.metric(SKIPPED) == 0
        until(worker.ready, "it to be well")
        assert worker.terminate() == 0, worker.log
    assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(100 + fresh), 1)
    assert committed(real, topics, 0).offset >= fresh


def test_while_the_worker_runs_with_a_broker_that_is_slow_to_tell_the_id(real: Broker) -> None:
    """Nothing is read, and nothing committed, before it is known of which topic it is."""
    topics = real.topics("slow")
    raw = f"{topics.name}.raw"
    with Worker(topics.settings(), python=("-c", SLOWLY, "worker")) as worker:
        send_to(real, raw, 0, 100, 0)
        until(lambda: worker.metric(RECORDS_IN) == 100, "the old ones")
        make_again(real, raw)
        send_to(real, raw, 100, 300, 0)
        until(lambda: worker.metric(RECORDS_IN) >= 400, "the new ones")
        assert AGAIN in worker.log
        assert worker.terminate() == 0, worker.log
    assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(400), 1)


def test_the_offset_of_a_topic_that_is_gone_counts_for_nothing(real: Broker) -> None:
    """Kafka may keep the group's offsets, or they may be committed after the deletion."""
    topics = real.topics("stale")
    make_again_with_an_old_offset(real, topics)
    with Worker(topics.settings()) as worker:
        until(lambda: worker.metric(RECORDS_IN) == 150, "all of the new ones")
        assert AGAIN in worker.log
        assert "0 from offset 0 (old: 100)" in worker.log
        assert worker.terminate() == 0, worker.log
    assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(250), 1)


@pytest.mark.parametrize(("offset", "comes"), [(100, 5), (3, 2)], ids=["beyond the end", "within"])
def test_an_offset_without_an_id_is_taken_as_it_is(real: Broker, offset: int, comes: int) -> None:
    """An offset without an id was committed by an earlier version, or set by an administrator."""
    topics = real.topics("old")
    raw = f"{topics.name}.raw"
    send_to(real, raw, 0, 5, 0)
    commit(real, topics, 0, offset, "")
    with Worker(topics.settings()) as worker:
        until(lambda: worker.metric(RECORDS_IN) == comes, "what is there")
        if offset > 5:
            assert f"{raw} [0] ends at 5, before the committed offset {offset}." in worker.log
            assert "reading resumes at 0" in worker.log
        assert AGAIN not in worker.log or offset > 5
        assert worker.terminate() == 0, worker.log
    assert committed(real, topics, 0).offset == 5


def test_nothing_is_read_while_the_broker_that_is_asked_does_not_know_the_topic_yet(real: Broker) -> None:
    """It is deleted and created again just when the partitions are assigned, and Kafka still has an old offset."""
    topics = real.topics("unknown")
    make_again_with_an_old_offset(real, topics)
    with Worker(topics.settings(), python=("-c", NOT_YET, "worker")) as worker:
        until(lambda: worker.metric(RECORDS_IN) >= 150, "all of the new ones")
        assert "0 from offset 0 (old: 100)" in worker.log
        assert worker.terminate() == 0, worker.log
    assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(250), 1)


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_worker_that_had_no_partitions_before_does_not_take_the_group_for_a_new_one(
    real: Broker, tmp_path: Path, protocol: str
) -> None:
    """It gets all of them once the one that read the old topic is gone, and what that committed is forgotten."""
    topics, told = real.topics("standby"), tmp_path / "told"
    raw, settings = f"{topics.name}.raw", topics.settings(group_protocol=protocol, start_at="latest")
    make_again(real, raw, 1)
    with Worker(settings) as reader:
        until(lambda: reader.ready() and len(reader.partitions()) == 1, "the only partition")
        send_to(real, raw, 0, 100, 0)
        until(lambda: reader.metric(RECORDS_IN) == 100, "the old ones")
        with Worker(settings, python=("-c", TELLING, str(told), "worker")) as other:
            until(told.exists, "the other one to know the topic, without a partition")
            delete(real, raw)
            reader.terminate()
            until(lambda: made(real, raw), "the topic to be made again")
            send_to(real, raw, 100, 50, 0)
            until(lambda: other.metric(RECORDS_IN) >= 50, "the new ones")
            assert "Kafka has forgotten how far the group had read the old one" in other.log
            assert other.terminate() == 0, other.log
    assert numbers(real.read(f"{topics.name}.clean")) == dict.fromkeys(range(150), 1)
