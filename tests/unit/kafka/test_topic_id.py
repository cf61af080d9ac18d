"""The topic's id: how often it is asked for, and what happens when it has changed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from confluent_kafka import KafkaError, KafkaException
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes import at
from stream.config.loading import load
from stream.errors import SessionLost
from stream.kafka import client, topic_id
from stream.kafka.cluster import EMBEDDED
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions
from stream.kafka.same_topic import NO_ANSWER_S, SameTopic
from stream.kafka.topic_id import TopicIds, as_metadata, of_metadata

TOPIC = "articles.raw"
MISSING = KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
SILENT = KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001
Answers = Iterator["str | KafkaException"]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock; the test sets its only item."""
    clock = [1000.0]
    monkeypatch.setattr("stream.kafka.topic_id.time.monotonic", lambda: clock[0])
    return clock


def answering(monkeypatch: pytest.MonkeyPatch, identity: TopicIds, *answers: str | KafkaException) -> None:
    """Let the broker answer this, one after the other, and the last one again and again."""
    left = itertools.chain(answers, itertools.repeat(answers[-1]))

    def answer(_: object) -> dict[str, str]:
        said = next(left)
        if said is MISSING or not said:
            return {}
        if isinstance(said, KafkaException):
            raise said
        return {TOPIC: said}

    monkeypatch.setattr(identity, "_answer", answer)


@given(st.text(min_size=1))
def test_an_id_comes_back_out_of_the_metadata(name: str) -> None:
    assert of_metadata(as_metadata(name)) == name


@pytest.mark.parametrize("metadata", [None, "", "topic.id=", "of another client", '{"topic": 1}'])
def test_metadata_of_others_is_no_id(metadata: str | None) -> None:
    assert of_metadata(metadata) == ""
    assert as_metadata("") == ""


def test_while_records_come_it_is_asked_within_the_time_that_the_client_waits_after_a_refusal(
    monkeypatch: pytest.MonkeyPatch, now: list[float]
) -> None:
    """A record that arrives soon enough after an answer is of the topic that the answer has named."""
    identity = TopicIds(load(environ={}))
    answering(monkeypatch, identity, "a")
    assert identity.due(reading=True)
    assert identity.ask([TOPIC]) == {TOPIC: "a"}
    asked = 0
    for _ in range(1000):
        now[0] += 0.01
        if identity.due(reading=True):
            identity.ask([TOPIC])
            asked += 1
    assert 20 <= asked <= 30, "not for each batch"
    assert client.consumer(load(environ={}))["fetch.error.backoff.ms"] / 1000 > topic_id.WHILE_READING_S
    now[0] += 1
    assert not identity.due(reading=False), "an idle worker asks seldom"
    now[0] += topic_id.WHILE_IDLE_S
    assert identity.due(reading=False)


def test_an_idle_worker_asks_again_later_and_one_with_records_at_once(
    monkeypatch: pytest.MonkeyPatch, now: list[float]
) -> None:
    identity = TopicIds(load(environ={}))
    answering(monkeypatch, identity, "a", SILENT, "a")
    identity.ask([TOPIC])
    assert identity.ask([TOPIC]) is None
    assert identity.known == {TOPIC: "a"}
    now[0] += 0.1
    assert identity.due(reading=True)
    now[0] += 9
    assert not identity.due(reading=False)
    now[0] += 2
    assert identity.due(reading=False)


class FarAway:
    """A client whose connection takes longer than its first questions may; of an embedded broker, which has no ids."""

    made: ClassVar[list[FarAway]] = []
    answers_after = 3

    def __init__(self, _: object) -> None:
        """Begin to connect."""
        self.made.append(self)
        self._asked = 0

    def list_topics(self, *_: object, **__: object) -> Any:
        """Answer once it is connected."""
        self._asked += 1
        if self._asked < self.answers_after:
            raise SILENT
        return SimpleNamespace(cluster_id=EMBEDDED)


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> type[FarAway]:
    monkeypatch.setattr(topic_id, "AdminClient", FarAway)
    monkeypatch.setattr(FarAway, "made", [])
    return FarAway


def test_a_connection_may_take_longer_than_a_question(now: list[float], far_away: type[FarAway]) -> None:
    identity = TopicIds(load(environ={}))
    for _ in range(2):
        assert identity.ask([TOPIC]) is None
        now[0] += topic_id.FIRST_ANSWER_S
    assert identity.ask([TOPIC]) == {}
    assert identity.embedded
    assert len(far_away.made) == 1


def test_a_client_that_gets_no_answer_for_long_is_replaced(
    monkeypatch: pytest.MonkeyPatch, now: list[float], far_away: type[FarAway]
) -> None:
    monkeypatch.setattr(far_away, "answers_after", 1000)
    identity = TopicIds(load(environ={}))
    while len(far_away.made) < 2:
        assert identity.ask([TOPIC]) is None
        now[0] += topic_id.FIRST_ANSWER_S
    assert topic_id.RENEW_S < now[0] - 1000 < NO_ANSWER_S, "another one gets a chance before the session ends"


@pytest.fixture
def told() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def partitions(now: list[float]) -> Partitions:  # noqa: ARG001 - at that time
    """Partition 3 is read up to 40 of 50."""
    made = Partitions()
    made.gain(at(3), 40)
    made.update_end(at(3), 50)
    return made


@pytest.fixture
def watched(flow: Flow, partitions: Partitions, told: list[tuple[str, int]]) -> SameTopic:
    """The topic of these partitions."""
    return SameTopic(load(environ={}), flow, partitions, lambda *event: told.append(event), lambda _: None)


def test_a_topic_that_was_made_again_ends_the_session_and_what_is_gone_is_counted(  # noqa: PLR0913, PLR0917 - fixtures
    monkeypatch: pytest.MonkeyPatch,
    watched: SameTopic,
    flow: Flow,
    partitions: Partitions,
    told: list[tuple[str, int]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    answering(monkeypatch, watched.ids, "old", MISSING, "new")
    watched.check()
    assert flow.metadata == {TOPIC: "topic.id=old"}
    partitions.published(at(3), 42)
    watched.check()  # it is deleted
    partitions.update_end(at(3), 900)  # the end of the new one: the monitor has noticed it first
    with pytest.raises(SessionLost, match="was deleted and created again"):
        watched.check()
    assert told == [("skipped", 8)]
    assert "Of the old one 8 records were deleted unread" in caplog.text


def test_while_the_last_records_of_the_old_topic_are_published_the_member_stays_current(
    monkeypatch: pytest.MonkeyPatch, flow: Flow, partitions: Partitions, told: list[tuple[str, int]]
) -> None:
    """The group may rebalance because of the new topic: with the old generation they would be refused, and be lost."""

    def on_wait(trouble: str) -> None:
        assert not trouble
        partitions.published(at(3), 50)
        flow.leave(flow.session, 3)

    watched = SameTopic(load(environ={}), flow, partitions, lambda *event: told.append(event), on_wait)
    answering(monkeypatch, watched.ids, "old", "new")
    watched.check()
    flow.enter(3)
    with pytest.raises(SessionLost, match="was deleted and created again"):
        watched.check()
    assert told == [("skipped", 0)]


@pytest.mark.parametrize("answer", [SILENT, MISSING, "", "old"], ids=["silence", "deleted", "no ids", "the same"])
def test_anything_else_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, watched: SameTopic, told: list[tuple[str, int]], answer: Any
) -> None:
    answering(monkeypatch, watched.ids, "old", answer)
    for _ in range(3):
        watched.check(waits=False)
    assert watched.ids.known == {TOPIC: "old"}
    assert told == []


def test_records_wait_for_the_answer_and_the_member_stays_current(
    monkeypatch: pytest.MonkeyPatch, now: list[float], flow: Flow, partitions: Partitions
) -> None:
    def on_wait(_: str) -> None:
        now[0] += 7

    watched = SameTopic(load(environ={}), flow, partitions, lambda *_: None, on_wait)
    answering(monkeypatch, watched.ids, SILENT, SILENT, "a")
    watched.check_now_and_then(reading=True)
    assert now == [1014]
    assert flow.metadata == {TOPIC: "topic.id=a"}


def test_where_no_answer_comes_the_session_ends(
    monkeypatch: pytest.MonkeyPatch, now: list[float], flow: Flow, partitions: Partitions
) -> None:
    def on_wait(_: str) -> None:
        now[0] += 7

    watched = SameTopic(load(environ={}), flow, partitions, lambda *_: None, on_wait)
    answering(monkeypatch, watched.ids, SILENT)
    with pytest.raises(SessionLost, match=r"Kafka does not tell the id of articles\.raw: .*Timed out"):
        watched.check()
    assert now == [1021]
    flow.fail(SessionLost("Another error."))
    with pytest.raises(SessionLost, match="Another error"):
        watched.check()
    assert now == [1021], "a session that has ended waits for nothing"


def test_a_broker_that_refuses_at_once_is_not_asked_without_pause_and_the_trouble_is_told(
    monkeypatch: pytest.MonkeyPatch, now: list[float], flow: Flow, partitions: Partitions
) -> None:
    waited: list[tuple[float, str]] = []
    asked: list[float] = []

    def on_wait(trouble: str) -> None:
        waited.append((now[0], trouble))
        now[0] += 0.05

    def answer(_: object) -> dict[str, str]:
        asked.append(now[0])
        raise KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))

    watched = SameTopic(load(environ={}), flow, partitions, lambda *_: None, on_wait)
    monkeypatch.setattr(watched.ids, "_answer", answer)
    monkeypatch.setattr("stream.kafka.same_topic.STOP_WAIT_S", 0)
    with pytest.raises(SessionLost, match="authorization failed"):
        watched.check_now_and_then(reading=True)
    assert 14 <= len(asked) <= 16
    assert max(later - sooner for (sooner, _), (later, _) in itertools.pairwise(waited)) < 0.1, (
        "the member stays current"
    )
    assert {bool(trouble) for at_s, trouble in waited if at_s < 1001.9} == {False}
    said = {trouble for at_s, trouble in waited if at_s > 1002.1}
    assert len(said) == 1
    assert "Kafka does not tell the id of articles.raw: Broker: Topic authorization failed." in said


@pytest.mark.parametrize("stops_after_s", [0, 3])
def test_a_worker_that_is_to_stop_waits_no_longer_and_knows_nothing(
    monkeypatch: pytest.MonkeyPatch, now: list[float], flow: Flow, partitions: Partitions, stops_after_s: float
) -> None:
    def on_wait(_: str) -> None:
        now[0] += 0.05
        if now[0] > 1000 + stops_after_s:
            flow.stopping.set()

    watched = SameTopic(load(environ={}), flow, partitions, lambda *_: None, on_wait)
    answering(monkeypatch, watched.ids, SILENT)
    monkeypatch.setattr("stream.kafka.same_topic.STOP_WAIT_S", 0)
    assert watched.check_now_and_then(reading=False), "nothing is handed on"
    now[0] += 0.01
    assert not watched.check_now_and_then(reading=True)
    assert not watched.check()
    assert now[0] < 1000.2 + stops_after_s
    assert flow.metadata == {}
    answering(monkeypatch, watched.ids, "a")
    assert watched.check_now_and_then(reading=True)


def test_a_topic_that_the_broker_does_not_know_yet_is_asked_for_again_soon_and_is_not_another_one(
    monkeypatch: pytest.MonkeyPatch, now: list[float], watched: SameTopic
) -> None:
    answering(monkeypatch, watched.ids, MISSING, "new")
    watched.check()
    assert watched.ids.untold([TOPIC]) == {TOPIC}
    assert not watched.ids.due(reading=False)
    now[0] += topic_id.WHILE_READING_S + 0.1
    assert watched.ids.due(reading=False), "its partitions wait"
    watched.check()
    assert watched.ids.known == {TOPIC: "new"}
    assert watched.ids.untold([TOPIC]) == set()
    now[0] += topic_id.WHILE_READING_S + 0.1
    assert not watched.ids.due(reading=False)


def test_the_next_session_goes_by_the_new_topic(
    monkeypatch: pytest.MonkeyPatch, watched: SameTopic, flow: Flow
) -> None:
    answering(monkeypatch, watched.ids, "old", "new")
    watched.check()
    watched.ids.begin()
    assert not watched.ids.was_another(TOPIC)
    watched.check()
    assert flow.metadata == {TOPIC: "topic.id=new"}
    assert watched.ids.was_another(TOPIC)
    watched.ids.begin()
    watched.check()
    assert watched.ids.was_another(TOPIC), "the session between ended before it was known where the topic begins"
    watched.ids.noticed(TOPIC)
    watched.ids.begin()
    watched.check()
    assert not watched.ids.was_another(TOPIC)


def test_a_worker_without_partitions_asks_for_the_id_of_the_one_input_topic(
    monkeypatch: pytest.MonkeyPatch, flow: Flow
) -> None:
    """It may get them later, and Kafka may have forgotten by then that the group has read the one before."""
    asked: list[set[str]] = []

    def answer(topics: set[str]) -> dict[str, str]:
        asked.append(topics)
        return dict.fromkeys(topics, "a")

    nothing = Partitions()
    for settings in (load(environ={}), load({"input_topic": "articles.en,articles.de"}, environ={})):
        watched = SameTopic(settings, flow, nothing, lambda *_: None, lambda _: None)
        monkeypatch.setattr(watched.ids, "_answer", answer)
        nothing.assigned = False
        watched.check()
        assert asked == [], "the group has not assigned any yet"
        nothing.assigned = True
        watched.check()
        assert asked == ([{TOPIC}] if settings.inputs.one else [])
        asked.clear()


def test_a_worker_without_partitions_waits_for_no_id(
    monkeypatch: pytest.MonkeyPatch, flow: Flow, told: list[tuple[str, int]]
) -> None:
    """It reads nothing: its session would end, and the group would wait for it within a rebalance, for no reason."""
    nothing = Partitions()
    nothing.assigned = True
    waited: list[str] = []
    watched = SameTopic(load(environ={}), flow, nothing, lambda *event: told.append(event), waited.append)
    answering(monkeypatch, watched.ids, SILENT, "a")
    assert watched.check()
    assert waited == []
    assert watched.check()
    assert watched.ids.known == {TOPIC: "a"}
