"""What a topic's settings mean for records written to it; the user is told before the first one is."""

from __future__ import annotations

import pytest

from stream.kafka.topic_settings import AFTER, BEFORE, BOTH, notes, warnings

PLAIN = {"cleanup.policy": "delete", "message.timestamp.type": "CreateTime"} | dict.fromkeys(
    (BEFORE, AFTER, BOTH), "1000"
)
COMPACT = PLAIN | {"cleanup.policy": "compact,delete"}


@pytest.mark.parametrize("role", ["output", "dead letter", "removed"])
@pytest.mark.parametrize("settings", [{}, PLAIN, PLAIN | {BEFORE: "2000"}])
def test_nothing_is_said_of_a_topic_that_takes_all(role: str, settings: dict[str, str]) -> None:
    assert list(notes(role, settings, PLAIN)) == list(warnings(role, "t", settings)) == []


def test_compaction_is_a_warning_where_something_is_lost_by_it() -> None:
    assert "the last of the dead letters with the same key" in next(warnings("dead letter", "t", COMPACT))
    assert "refuses those of an article without a key" in next(warnings("removed", "t", COMPACT))
    assert list(warnings("output", "t", COMPACT)) == []
    assert list(notes("output", COMPACT, PLAIN)) == ["it is compacted, so records without a key become dead letters"]


@pytest.mark.parametrize("name", [BEFORE, AFTER, BOTH])
def test_a_narrower_bound_on_timestamps_is_said(name: str) -> None:
    narrow = PLAIN | {name: "999"}
    assert f"({name}), so records outside it become dead letters" in next(notes("output", narrow, PLAIN))
    assert "get today's date" in next(notes("dead letter", narrow, PLAIN))
    assert list(notes("output", narrow, {})) == [], "not known"


def test_a_topic_that_stamps_records_itself_refuses_no_time() -> None:
    stamps = PLAIN | {BEFORE: "1", "message.timestamp.type": "LogAppendTime"}
    assert list(notes("output", stamps, PLAIN)) == ["it replaces each record's timestamp by the time of its arrival"]
