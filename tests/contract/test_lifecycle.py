"""A worker's life: stops, restarts, other workers, and Faust's own command."""

from __future__ import annotations

import signal

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from harness.commands import without_waiting
from harness.processes import PATIENCE_S, Worker, free_port, until
from stream.kafka.embedded import EmbeddedBroker
from tests.articles import articles, numbers, once
from tests.brokers import Broker
from tests.ledger import fresh_name

RECORDS_IN = "article_stream_records_in_total"


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_a_restarted_worker_goes_on_where_it_stopped(broker: Broker, delivery: str) -> None:
    if not broker.real and delivery == "exactly_once":
        pytest.skip("the embedded broker forgets offsets that were committed in a transaction")
    topics = broker.topics("restart")
    settings = topics.settings(delivery=delivery)
    broker.send(f"{topics.name}.raw", articles(0, 100))
    with Worker(settings) as worker:
        until(lambda: worker.metric(RECORDS_IN) == 100, "the first 100")
        assert worker.terminate() == 0, worker.log
        assert "100 records in = 100 cleaned" in worker.log
    assert broker.committed(topics) == 100
    broker.send(f"{topics.name}.raw", articles(100, 50))
    with Worker(settings) as worker:
        until(lambda: worker.metric(RECORDS_IN) >= 50, "the next 50")
        assert worker.terminate() == 0, worker.log
        assert "50 records in = 50 cleaned" in worker.log
    assert numbers(broker.read(f"{topics.name}.clean")) == once(150)


@pytest.mark.parametrize("ends", ["aborted", "committed"])
def test_offsets_in_a_transaction_that_nobody_ends_are_waited_for_and_said(real: Broker, ends: str) -> None:
    topics = real.topics("open")
    raw, servers = f"{topics.name}.raw", {"bootstrap.servers": real.bootstrap_servers}
    real.send(raw, articles(0, 20))
    group = Consumer(servers | {"group.id": topics.name})
    other = Producer(servers | {"transactional.id": fresh_name("other")})
    other.init_transactions(PATIENCE_S)
    other.begin_transaction()
    offsets = [TopicPartition(raw, number, 1) for number in range(4)]
    other.send_offsets_to_transaction(offsets, group.consumer_group_metadata(), PATIENCE_S)
    group.close()
    with Worker(topics.settings()) as worker:
        said = f"Kafka has not ended a transaction that holds committed offsets of the group {topics.name}."
        until(lambda: said in worker.get("/health/ready")[1].decode(), "it to be said")
        assert not worker.ready()
        if ends == "aborted":
            other.abort_transaction(PATIENCE_S)
        else:
            other.commit_transaction(PATIENCE_S)
        worker.wait_ready()
        skipped = 0 if ends == "aborted" else 4
        until(lambda: worker.metric(RECORDS_IN) == 20 - skipped, "the rest")
        assert real.committed(topics) == 20
        assert len(numbers(real.read(f"{topics.name}.clean"))) == 20 - skipped
        assert worker.terminate() == 0, worker.log


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_a_stop_under_load_commits_what_is_under_way_and_no_more(real: Broker, delivery: str) -> None:
    topics = real.topics("drain")
    settings = topics.settings(delivery=delivery)
    real.send(f"{topics.name}.raw", articles(0, 12_000))
    with Worker(settings) as worker:
        until(lambda: worker.metric(RECORDS_IN) > 0, "the first records")
        assert worker.terminate() == 0, worker.log
    published = real.read(f"{topics.name}.clean")
    assert real.committed(topics) == len(published), "what is published is committed, and the other way about"
    with Worker(settings) as worker:
        until(lambda: real.committed(topics) == 12_000, "the rest")
        assert worker.terminate() == 0, worker.log
    assert numbers(real.read(f"{topics.name}.clean")) == once(12_000)


def test_a_second_worker_takes_its_share_and_gives_it_back_and_nothing_comes_twice(real: Broker) -> None:
    topics = real.topics("company")
    with Worker(topics.settings()) as first:
        first.wait_ready()
        real.send(f"{topics.name}.raw", articles(0, 2000))
        with Worker(topics.settings()) as second:
            until(lambda: shared_out(first, second), "two partitions each")
            real.send(f"{topics.name}.raw", articles(2000, 2000))
            until(lambda: real.committed(topics) == 4000, "all of the 4,000 committed")
            until(lambda: second.metric(RECORDS_IN) > 0, "the second worker to have counted its share")
            assert second.terminate() == 0, second.log
        until(lambda: len(first.partitions()) == 4, "the first worker to have all again")
        real.send(f"{topics.name}.raw", articles(4000, 500))
        until(lambda: real.committed(topics) == 4500, "the last 500")
        assert first.terminate() == 0, first.log
    assert numbers(real.read(f"{topics.name}.clean")) == once(4500)


def shared_out(first: Worker, second: Worker) -> bool:
    """Whether each of the two has two partitions of its own."""
    ones, others = set(first.partitions()), set(second.partitions())
    return len(ones) == len(others) == 2 and not ones & others


def test_two_workers_share_the_embedded_broker(embedded: EmbeddedBroker) -> None:
    """Exactly once is not promised here, because the embedded broker does not fence."""
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("company")
    with Worker(topics.settings()) as first, Worker(topics.settings()) as second:
        until(lambda: shared_out(first, second), "two partitions each")
        broker.send(f"{topics.name}.raw", articles(0, 200))
        until(lambda: set(numbers(broker.read(f"{topics.name}.clean"))) == set(range(200)), "each at least once")


def test_two_workers_with_the_same_name_do_not_fight_for_ever(real: Broker) -> None:
    topics = real.topics("namesake")
    with Worker(topics.settings(instance_id="w")) as first:
        first.wait_ready()
        with Worker(topics.settings(instance_id="w")) as second:
            until(lambda: first.process.poll() is not None, "the first to be fenced")
            assert first.process.returncode == 1
            assert "Give every worker its own STREAM_INSTANCE_ID" in first.log
            assert "Traceback" not in first.log
            second.wait_ready()


def test_fausts_own_command_runs_the_same_worker(broker: Broker) -> None:
    topics = broker.topics("faust")
    broker.send(f"{topics.name}.raw", articles(0, 20))
    python = ("-m", "faust", "-A", "stream.app", "worker", "--without-web")
    with Worker(topics.settings(http_port=0), python=python) as worker:
        assert numbers(broker.read(f"{topics.name}.clean", 20)) == once(20)
        assert worker.terminate() == 0, worker.log
        assert "20 records in = 20 cleaned" in worker.log


def test_ctrl_c_is_as_good_as_sigterm(real: Broker) -> None:
    topics = real.topics("ctrl-c")
    real.send(f"{topics.name}.raw", articles(0, 5))
    with Worker(topics.settings()) as worker:
        until(lambda: worker.metric(RECORDS_IN) == 5, "the records")
        worker.signal(signal.SIGINT)
        assert worker.process.wait(60) == 0, worker.log
        assert "5 records in = 5 cleaned" in worker.log
        assert "Traceback" not in worker.log


def test_a_worker_without_a_broker_ends_with_one_sentence() -> None:
    settings = {"bootstrap_servers": f"127.0.0.1:{free_port()}", "startup_timeout_s": 1}
    with Worker(settings) as worker:
        assert worker.process.wait(60) == 1
        (line,) = [line for line in worker.log.splitlines() if line.startswith("error: ")]
        assert line.startswith("error: No answer from Kafka at 127.0.0.1:")
        assert "Traceback" not in worker.log
        assert line.endswith("Is it running, and is STREAM_BOOTSTRAP_SERVERS right?")


def test_a_worker_without_its_topic_ends_with_one_sentence(real: Broker) -> None:
    topics = real.topics("missing")
    with Worker({**topics.settings(), "output_topic": f"{topics.name}.none"}) as worker:
        assert worker.process.wait(60) == 1
        want = f"error: The topic {topics.name}.none does not exist. `article-stream topics create` creates it."
        assert without_waiting(worker.log) == [want]


def test_a_port_that_is_taken_is_said_before_anything_starts(embedded: EmbeddedBroker) -> None:
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("port")
    with Worker(topics.settings()) as worker:
        worker.wait_ready()
        with Worker(topics.settings(http_port=worker.port)) as second:
            assert second.process.wait(60) == 2
            assert "STREAM_HTTP_PORT" in second.log
            assert len(without_waiting(second.log)) == 1
