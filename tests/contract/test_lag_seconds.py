"""The lag in seconds: how old the record is that waits, as a real broker and a real worker tell it."""

from __future__ import annotations

import time

from harness.processes import Worker, until
from harness.registry.door import Door
from tests.brokers import PARTITIONS, Broker
from tests.contract.test_registry import FRAMINGS, framed, settings_of

AGE_S, LATER_S = 1000, 400
ROUNDED_S = 0.1


def seconds(worker: Worker) -> dict[str, float | None]:
    """Get the lag in seconds of each partition, by number; None while the worker does not know it."""
    return {number: it["lag_seconds"] for number, it in worker.partitions().items()}


def test_it_is_the_age_of_the_oldest_record_that_waits(broker: Broker, door: Door) -> None:
    """Two records in one partition wait for the schema registry; in the others nothing waits.

    What is looked at comes from one answer of the worker: between two it may have begun a new session, which knows
    nothing of its partitions at first.
    """
    topics = broker.topics("seconds")
    first = framed(door, topics, {"number": 0, "text": "Article."}, FRAMINGS["id"])
    began_ms = int(time.time() * 1000)
    sent = [first._replace(key=b"k", timestamp_ms=began_ms - ago_s * 1000) for ago_s in (AGE_S, LATER_S)]
    with Worker(settings_of(topics, door)) as worker:
        worker.wait_ready()

        until(lambda: list(seconds(worker).values()) == [0] * PARTITIONS, "the ends to be known")
        door.shut = 503
        broker.send(f"{topics.name}.raw", sent)

        def waiting() -> tuple[str, float] | None:
            """Get the partition that waits and for how long, once the others are known to have nothing waiting."""
            found = seconds(worker)
            waits = [(number, it) for number, it in found.items() if it]
            one = len(found) == PARTITIONS and None not in found.values() and len(waits) == 1
            return waits[0] if one else None

        number, oldest = until(waiting, "the records of one partition to wait")
        assert AGE_S <= oldest <= AGE_S + time.time() - began_ms / 1000 + ROUNDED_S
        sample = f'article_stream_partition_lag_seconds{{partition="{number}",topic="{topics.name}.raw"}}'
        until(lambda: worker.metric(sample) >= oldest - ROUNDED_S, "the metric to say the same")
        door.shut = None
        until(lambda: worker.metric("article_stream_records_in_total") == len(sent), "all to be published")
        until(lambda: list(seconds(worker).values()) == [0] * PARTITIONS, "nothing to wait")
        assert worker.terminate() == 0, worker.log
