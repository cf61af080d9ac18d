"""What the page tells of the worker is what the worker knows."""

from __future__ import annotations

from typing import Any

import pytest

from harness.fakes import at
from stream.config.loading import load
from stream.core.rules import builtin
from stream.kafka.group import GroupView, Member
from stream.page.now import MOST_PARTITIONS, Now
from stream.page.subject import Condition, Subject
from stream.records.outcomes import Outcomes
from stream.worker.engine import Engine


def subject_of(engine: Engine, *, problems: tuple[str, ...] = (), warnings: tuple[str, ...] = ()) -> Subject:
    return Subject(
        engine.settings, engine.metrics, engine.partitions, engine.ownership,
        None if engine.sites is None else engine.sites.known,
        processor=lambda: engine.processor,
        condition=lambda: Condition(problems, warnings),
        member=lambda: "me",
    )  # fmt: skip


def worker(**settings: object) -> Engine:
    return Engine(load(settings, environ={}), builtin(), largest_bytes=1_000_000)


def view(members: dict[str, list[int]], who: dict[str, Member], **lag: int) -> GroupView:
    owned = {name: frozenset(map(at, numbers)) for name, numbers in members.items()}
    lags = {at(int(name[1:])): many for name, many in lag.items()}
    return GroupView(frozenset(map(at, range(4))), owned, stable=True, lag=lags, who=who)


def rows(told: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [(row["partition"], row["lag"], row["owner"]) for row in told["partitions"]]


def test_its_own_partitions_where_the_broker_describes_no_groups() -> None:
    engine = worker()
    engine.partitions.gain(at(1), 5)
    engine.partitions.update_end(at(1), 8)
    told = Now(subject_of(engine))()
    assert rows(told) == [(1, 3, "here")]
    assert told["partitions"][0]["position"] == 5
    assert (told["lag"], told["partition_count"], told["others"]) == (3, 1, [])


def test_how_long_the_oldest_record_has_waited() -> None:
    engine = worker()
    engine.partitions.gain(at(1), 5)
    engine.partitions.update_end(at(1), 5)
    engine.ownership.view = view({"b": [2]}, {}, p2=7)
    told = Now(subject_of(engine))()["partitions"]
    assert [row["lag_s"] for row in told] == [None, 0, None, None]


def test_all_partitions_of_the_group_with_who_reads_them() -> None:
    engine = worker(http_host="192.0.2.1")
    engine.partitions.gain(at(0), 5)
    engine.partitions.update_end(at(0), 6)
    who = {"me": Member("article-stream", "10.0.0.1"), "b": Member("article-stream", "10.0.0.2", "worker-b")}
    engine.ownership.view = view({"me": [0], "b": [1], "c": [2]}, who, p0=9, p1=7)
    told = Now(subject_of(engine))()
    assert rows(told) == [(0, 1, "here"), (1, 7, "worker-b on 10.0.0.2"), (2, 0, "c"), (3, 0, "")]
    assert told["lag"] == 8
    assert told["others"] == [
        {"name": "worker-b", "host": "10.0.0.2", "page": "http://10.0.0.2:6066/"},
        {"name": "c", "host": "", "page": ""},
    ]


@pytest.mark.parametrize("settings", [{}, {"http_host": "::1"}])
def test_where_it_listens_on_the_loopback_the_others_are_not_said_to_be_reachable(settings: dict[str, object]) -> None:
    engine = worker(**settings)
    engine.ownership.view = view({"b": [1]}, {"b": Member("x", "10.0.0.2")})
    assert Now(subject_of(engine))()["others"] == [{"name": "b", "host": "10.0.0.2", "page": ""}]


def test_of_very_many_partitions_those_with_most_waiting_are_listed() -> None:
    engine = worker()
    for number in range(2 * MOST_PARTITIONS):
        engine.partitions.gain(at(number), 0)
        engine.partitions.update_end(at(number), number)
    told = Now(subject_of(engine))()
    assert [row["partition"] for row in told["partitions"]] == list(range(MOST_PARTITIONS, 2 * MOST_PARTITIONS))
    assert told["partition_count"] == 2 * MOST_PARTITIONS


def test_what_was_committed_and_what_is_wrong() -> None:
    engine = worker()
    engine.metrics.committed(Outcomes(made=[None] * 3, bytes_in=100, bytes_out=60, footer=4), 0.25)  # type: ignore[list-item]
    told = Now(subject_of(engine, problems=("a\nb",), warnings=("c",)))()
    assert told["bytes"] == {"in": 100, "out": 60}
    assert told["removed"]["footer"] == 4
    assert (told["commit"]["seconds"], told["commit"]["records"]) == (0.25, 3)
    assert (told["problems"], told["warnings"]) == (["a\\nb"], ["c"])
    assert told["rules"] == builtin().version
    assert told["sites"] is None
    assert Now(subject_of(worker(sites="apply")))()["sites"] == {"known": 0, "proposed": 0}
