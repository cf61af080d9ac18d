"""A schema registry goes away while a worker runs: records wait, nothing is lost, and the worker says so."""

from __future__ import annotations

import pytest

from harness.processes import Worker, until
from harness.registry.door import Door
from harness.registry.server import SchemaRegistry
from tests.brokers import Broker
from tests.contract.test_registry import FRAMINGS, framed, settings_of

RECORDS_IN = "article_stream_records_in_total"
WAITS = "Records wait for the schema registry, which is asked again and again: "
HANGS_UP = 0


@pytest.mark.parametrize(
    ("shut", "delivery"), [(HANGS_UP, "exactly_once"), (503, "at_least_once"), (401, "exactly_once")]
)
def test_records_wait_and_nothing_is_lost(real: Broker, door: Door, shut: int, delivery: str) -> None:
    topics = real.topics("away")
    sent = [
        framed(door, topics, {"number": number, "text": f"Article {number}."}, FRAMINGS["id"]) for number in range(40)
    ]
    with Worker(settings_of(topics, door, stall_timeout_s=5, delivery=delivery)) as worker:
        worker.wait_ready()
        members = real.members(topics)
        door.shut = shut
        real.send(f"{topics.name}.raw", sent)
        until(lambda: b"records wait for the schema registry: " in worker.get("/health/ready")[1], "it to say so")
        assert worker.get("/health/ready")[0] == 503
        stalled = until(lambda: worker.problems("/health/live"), "it to be seen that nothing moves")
        assert "has made no progress for 5 s" in " ".join(stalled)
        assert real.members(topics) == members == 1, "it stays in its group"
        assert worker.metric(RECORDS_IN) == 0
        door.shut = None
        until(lambda: worker.metric(RECORDS_IN) == len(sent), "all of them")
        until(worker.ready, "it to be ready")
        assert worker.get("/health/live")[0] == 200
        assert worker.log.count(WAITS) == worker.log.count("The schema registry answers again.") == 1, worker.log
        assert "new session" not in worker.log
        assert worker.terminate() == 0, worker.log
    came = real.read(f"{topics.name}.clean", len(sent))
    assert sorted(message.value() or b"" for message in came) == sorted(it.value or b"" for it in sent)


def test_known_schemas_need_no_registry_and_pass_those_that_wait(real: Broker, door: Door) -> None:
    topics = real.topics("known")
    known = framed(door, topics, {"number": 1, "text": "Known."}, FRAMINGS["id"])
    other = framed(door, topics, {"number": 2, "text": "Other."}, FRAMINGS["header"])
    with Worker(settings_of(topics, door)) as worker:
        real.send(f"{topics.name}.raw", [known])
        until(lambda: worker.metric(RECORDS_IN) == 1, "the first")
        asked = len(door.asked)
        door.shut = 503
        real.send(f"{topics.name}.raw", [known._replace(key=b"%d" % number) for number in range(20)])
        until(lambda: worker.metric(RECORDS_IN) == 21, "what it knows")
        assert len(door.asked) == asked
        until(worker.ready, "it to be well")
        real.send(f"{topics.name}.raw", [other._replace(key=b"5")])
        until(lambda: WAITS in worker.log, "the other one to wait")
        assert worker.terminate() == 0, worker.log
    door.shut = None
    with Worker(settings_of(topics, door)) as worker:
        until(lambda: worker.metric(RECORDS_IN) == 1, "the other one, and nothing again")
    assert len(real.read(f"{topics.name}.clean", 22)) == 22


def test_partitions_that_wait_are_given_up_like_any_others(real: Broker, door: Door, registry: SchemaRegistry) -> None:
    """Each record comes out once, from whichever worker could read its schema first."""
    topics = real.topics("moved")
    first = framed(door, topics, {"number": 0, "text": "Article."}, FRAMINGS["id"])
    sent = [first._replace(key=b"%d" % number) for number in range(60)]
    with Worker(settings_of(topics, door)) as waits:
        waits.wait_ready()
        door.shut = 503
        real.send(f"{topics.name}.raw", sent)
        until(lambda: WAITS in waits.log, "records to wait")
        with Worker(topics.settings(registry_url=registry.url)) as other:
            until(lambda: other.metric(RECORDS_IN) > 0, "the other worker to get some of them")
            assert waits.metric(RECORDS_IN) == 0
            door.shut = None
            until(lambda: waits.metric(RECORDS_IN) + other.metric(RECORDS_IN) == len(sent), "all of them")
            assert waits.log.count("new session") == other.log.count("new session") == 0, waits.log
            assert waits.terminate() == other.terminate() == 0
    came = real.read(f"{topics.name}.clean", len(sent))
    assert sorted(message.key() or b"" for message in came) == sorted(it.key or b"" for it in sent)
