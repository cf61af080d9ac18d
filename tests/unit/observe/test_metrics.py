"""Every committed record is counted once, by what became of it."""

from __future__ import annotations

import sys
import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from harness.fakes import CLEAN, PROCESSOR, REPEATED, FakeRecord, at, outcome
from stream.kafka.group import GroupView
from stream.kafka.ownership import Ownership
from stream.kafka.partitions import Partitions
from stream.observe.metrics import Metrics
from stream.records.dead_letters import REASONS
from stream.records.outcomes import Outcome, Outcomes
from stream.worker.readings import group_reading, partition_readings
from tests.trials import trials

NAMES = ("cleaned", "unchanged", "tombstone", "dead")
VALUES = [f'{{"text":"{REPEATED}"}}'.replace("\n", "\\n").encode(), f'"{CLEAN}"'.encode(), b'{"text":"a"}', None, b"{"]


VERSIONS = {"version": "0", "librdkafka": "2.14.0", "core": "C"}


def made(partitions: Partitions | None = None, ownership: Ownership | None = None) -> Metrics:
    """A worker's metrics, as the engine wires them."""
    partitions, ownership = partitions or Partitions(), ownership or Ownership(6)
    group = partial(group_reading, partitions, ownership)
    return Metrics(partial(partition_readings, partitions), group, VERSIONS, rules_version="r1")


def samples(metrics: Metrics) -> dict[str, float]:
    """Parse what Prometheus would read."""
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            name = sample.name.removeprefix("article_stream_")
            labels = [value for label, value in sample.labels.items() if (label, value) != ("topic", "articles.raw")]
            found[" ".join([name, *labels])] = sample.value
    return found


def outcomes(picks: list[int]) -> list[Outcome]:
    return [PROCESSOR.process(FakeRecord(VALUES[pick])) for pick in picks]


@trials(60)
@given(st.lists(st.lists(st.integers(0, len(VALUES) - 1), min_size=1, max_size=6), max_size=4))
def test_in_is_cleaned_unchanged_tombstone_and_dead(batches: list[list[int]]) -> None:
    metrics = made()
    for batch in batches:
        metrics.committed(Outcomes.counted(outcomes(batch)), 0.01)
        found = samples(metrics)
        parts = [found[f"records_total {name}"] for name in NAMES]
        assert found["records_in_total"] == sum(parts)
    every = [it for batch in batches for it in outcomes(batch)]
    found = samples(metrics)
    assert found["records_in_total"] == len(every)
    assert sum(metrics.totals[name] for name in NAMES) == len(every)
    assert found["bytes_in_total"] == sum(len(it.source.value() or b"") for it in every)
    assert found["bytes_out_total"] == sum(len(it.value or b"") for it in every)
    assert sum(found.get(f"dead_letters_total {reason}", 0) for reason in REASONS) == found["records_total dead"]
    assert found["paragraphs_removed_total repeat"] == sum(it.repeats for it in every)
    assert found["paragraphs_removed_total footer"] == sum(it.footer for it in every)
    assert found["commits_total committed"] == found["commit_records_count"] == len(batches)
    assert found["commit_records_sum"] == len(every)


def test_every_outcome_is_there_before_the_first_record() -> None:
    found = samples(made())
    for name in NAMES:
        assert found[f"records_total {name}"] == 0
    assert found["commits_total aborted"] == 0


def test_a_withheld_removal_is_counted_by_article() -> None:
    metrics = made()
    metrics.committed(Outcomes.counted([outcome(0, text="Ferry\nAdvertisement\nHarbour"), outcome(1)]), 0.01)
    assert samples(metrics)["articles_withheld_total"] == 1


def test_position_end_and_lag_are_those_of_the_partitions_owned_now() -> None:
    partitions = Partitions()
    metrics = made(partitions)
    partitions.gain(at(2), 10)
    partitions.update_end(at(2), 15)
    partitions.gain(at(7), -1)
    found = samples(metrics)
    assert (found["partition_position 2"], found["partition_end 2"], found["partition_lag_records 2"]) == (10, 15, 5)
    assert found["partition_lag_records 7"] == 0
    assert "partition_lag_seconds 2" not in found, "nothing is known yet of the records that wait"
    partitions.fetched(at(2), 12, first_ms=1_000, last_ms=1_000)
    assert samples(metrics)["partition_lag_seconds 2"] == pytest.approx(time.time() - 1, abs=60)
    partitions.published(at(2), 15)
    assert samples(metrics)["partition_lag_seconds 2"] == 0
    assert "partition_position 7" not in found, "not known yet is not -1"
    partitions.lose(at(2))
    assert "partition_lag_records 2" not in samples(metrics)


def test_events_and_stages() -> None:
    metrics = made()
    for name in ("assigned", "revoked", "lost"):
        metrics.event(name, 3)
    metrics.event("skipped", 5)
    metrics.event("session", 1)
    metrics.event("aborted", 1)
    metrics.stage("clean", 0.1)
    metrics.fetched(9)
    found = samples(metrics)
    assert [found[f"rebalanced_partitions_total {name}"] for name in ("assigned", "revoked", "lost")] == [3, 3, 3]
    assert (found["records_skipped_total"], found["sessions_total"], found["commits_total aborted"]) == (5, 1, 1)
    assert (found["stage_seconds_count clean"], found["records_fetched_total"]) == (1, 9)


def test_the_versions_are_told() -> None:
    text = made().text().decode()
    assert 'rules="r1"' in text
    assert "librdkafka=" in text


@pytest.mark.skipif(sys.platform != "linux", reason="prometheus_client reads /proc")
def test_the_processor_time_and_memory_of_the_process_are_there() -> None:
    found = samples(made())
    assert found["process_cpu_seconds_total"] > 0
    assert found["process_resident_memory_bytes"] > 1_000_000
    assert found["process_start_time_seconds"] > 1_600_000_000


def test_the_whole_groups_lag_and_what_nobody_owns() -> None:
    partitions, ownership = Partitions(), Ownership(6)
    metrics = made(partitions, ownership)
    assert "partitions_unowned" not in samples(metrics), "not known is not none"
    partitions.gain(at(0), 10)
    partitions.update_end(at(0), 12)
    seen = GroupView(
        frozenset(map(at, range(3))), {"a": frozenset({at(0)}), "b": frozenset({at(2)})}, stable=True,
        lag={at(0): 3, at(1): 7},
    )  # fmt: skip
    for _ in range(2):
        ownership.observe(seen, "a")
    found = samples(metrics)
    assert found["partitions_unowned"] == 1
    assert found["group_lag_records 0"] == 2, "its own partitions it knows better"
    assert found["group_lag_records 1"] == 7
    assert "group_lag_records 2" not in found, "its leader did not answer"
