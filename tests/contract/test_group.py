"""What the worker sees of its whole group, and how it gets partitions assigned, on a real Kafka."""

from __future__ import annotations

import logging
import threading
from functools import partial

import pytest
from confluent_kafka import Consumer

from harness.commands import article_stream
from harness.fakes import at
from harness.processes import PATIENCE_S, Worker, until
from stream.config.loading import load
from stream.core.rules import builtin
from stream.kafka import rejoin
from stream.kafka.embedded import EmbeddedBroker
from stream.kafka.group import Group, GroupView
from stream.worker.engine import Engine
from stream.worker.group_watch import GroupWatch
from tests.articles import articles
from tests.brokers import Broker
from tests.contract.test_topic_made_again import make_again

pytestmark = pytest.mark.parametrize("protocol", ["classic", "consumer"])


def member(real: Broker, group: str, topic: str, protocol: str) -> Consumer:
    """Join a group as a member that reads nothing."""
    more = {"partition.assignment.strategy": "cooperative-sticky"} if protocol == "classic" else {}
    consumer = Consumer(
        {"bootstrap.servers": real.bootstrap_servers, "group.id": group, "group.protocol": protocol, **more}
    )
    consumer.subscribe([topic])
    until(lambda: consumer.poll(0.1) is None and bool(consumer.assignment()), "an assignment")
    return consumer


def settled(group: Group) -> GroupView | None:
    """The group, once no rebalance is going on and Kafka tells the offsets that were committed last."""
    seen = group.describe()
    return seen if seen is not None and seen.stable and not any(seen.lag.values()) else None


def test_who_owns_what_and_how_much_waits(real: Broker, protocol: str) -> None:
    topics = real.topics("group")
    raw = f"{topics.name}.raw"
    settings = load(topics.settings(group_protocol=protocol), environ={})
    group, every = Group(settings), {at(number, raw) for number in range(4)}
    real.send(raw, articles(0, 40))
    with Worker(topics.settings(group_protocol=protocol)) as worker:
        worker.wait_ready()
        until(lambda: worker.metric("article_stream_records_in_total") == 40, "the records")
        seen = until(partial(settled, group), "the group to be stable, without lag")
        assert list(seen.members.values()) == [every]
        assert not seen.unowned
        assert [(who.client_id, who.host) for who in seen.who.values()] == [("article-stream", "127.0.0.1")]
        assert seen.lag == dict.fromkeys(every, 0)
        until(lambda: b"article_stream_partitions_unowned 0.0" in worker.get("/metrics")[1], "it to be counted")
        assert worker.terminate() == 0, worker.log
    real.send(raw, articles(40, 8))
    after = until(group.describe, "the group")
    assert after.unowned == every, "nobody is there"
    assert sum(after.lag.values()) == 8, "the lag of partitions that nobody owns counts as well"


def test_a_worker_for_which_no_partition_is_left_is_ready(real: Broker, protocol: str) -> None:
    """With the consumer protocol the client does not call back where nothing is assigned."""
    topics = real.topics("spare")
    settings = topics.settings(group_protocol=protocol)
    make_again(real, f"{topics.name}.raw", 1)
    with Worker(settings) as worker:
        until(lambda: worker.ready() and len(worker.partitions()) == 1, "the only partition")
        with Worker(settings) as spare:
            spare.wait_ready()
            assert not spare.partitions()
            assert "Partitions assigned: none (now: none)." in spare.log
            assert spare.metric("article_stream_sessions_total") == 1
            worker.terminate()
            until(lambda: len(spare.partitions()) == 1, "it to take over")
            assert spare.terminate() == 0, spare.log


def test_one_more_member_makes_the_group_share_out_anew(real: Broker, protocol: str) -> None:
    topics = real.topics("rejoin")
    settings = load(topics.settings(group_protocol=protocol), environ={})
    first = member(real, topics.name, f"{topics.name}.raw", protocol)
    rebalanced = threading.Event()
    done: list[bool] = []

    def nudge() -> None:
        done.append(rejoin.rebalance(settings, timeout_s=PATIENCE_S, stopping=threading.Event()))
        rebalanced.set()

    thread = threading.Thread(target=nudge)
    thread.start()
    try:
        until(lambda: first.poll(0.1) is None and rebalanced.is_set(), "the member to have joined and left")
        assert done == [True]
        until(lambda: first.poll(0.1) is None and len(first.assignment()) == 4, "the other to own all again")
    finally:
        thread.join(PATIENCE_S)
        first.close()


def test_a_member_that_stops_is_given_up_on_at_once(real: Broker, protocol: str) -> None:
    topics = real.topics("stopping")
    settings = load(topics.settings(group_protocol=protocol), environ={})
    stopping = threading.Event()
    stopping.set()
    assert not rejoin.rebalance(settings, timeout_s=PATIENCE_S, stopping=stopping)


def test_the_broker_that_cannot_describe_groups_is_left_alone(embedded: EmbeddedBroker, protocol: str) -> None:
    embedded.make_topics("group.raw")
    settings = load(
        {"bootstrap_servers": embedded.bootstrap_servers, "input_topic": "group.raw", "group_protocol": protocol},
        environ={},
    )
    group = Group(settings)
    assert group.describe() is None
    assert not group.can_be_described


def test_what_a_member_does_about_partitions_without_an_owner(
    real: Broker, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The engine never joined, so no partition is involved: each action is called directly."""
    caplog.set_level(logging.INFO)
    topics = real.topics("unowned")
    settings = load(topics.settings(group_protocol=protocol), environ={})
    engine = Engine(settings, builtin(), largest_bytes=1_000_000)
    watch = GroupWatch(engine)
    engine.ownership.unowned = (at(1, f"{topics.name}.raw"), at(2, f"{topics.name}.raw"))
    watch.act("leave")
    assert str(engine.flow.error) == (
        f"Partitions 1, 2 of {topics.name}.raw are assigned to no worker, and a rebalance did not help."
    )
    engine.flow.begin_session()
    watch.act("end")
    assert str(engine.flow.error).startswith(f"Partitions 1, 2 of {topics.name}.raw are assigned to no worker of")
    assert engine.flow.error is not None
    assert not getattr(engine.flow.error, "retriable", True), "the worker ends"
    engine.stop()
    watch.act("rebalance")
    assert "Making the group rebalance" not in caplog.text, "not once it stops"


def test_check_shows_after_how_long_a_killed_workers_partitions_move(real: Broker, protocol: str) -> None:
    topics = real.topics("check")
    answer = article_stream("check", settings=topics.settings(group_protocol=protocol))
    (line,) = [line for line in answer.out.splitlines() if "consumer group" in line]
    said = "the partitions of a killed worker move after 45 s, its consumer.session.timeout.ms"
    assert (said in " ".join(answer.out.split())) == (protocol == "consumer"), line
