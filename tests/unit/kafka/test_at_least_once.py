"""At least once: what was acknowledged is not sent again when the rest fails, and what is said of such failures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from harness.fakes import NotingProducer, ProducerSupply, at, outcome
from stream.config.loading import load
from stream.errors import NotAuthorized, TopicMissing
from stream.kafka.at_least_once import AtLeastOnce
from stream.kafka.committer import Aborted, Publication
from stream.kafka.flushing import flush
from stream.kafka.refused import Refused

Fate = Callable[[str, int], int | None]  # what becomes of a record, by topic and its number: an error code, or None
LATE, INVALID, BEHIND = KafkaError._MSG_TIMED_OUT, KafkaError.INVALID_RECORD, KafkaError._PURGE_QUEUE  # noqa: SLF001
FATAL = KafkaException(KafkaError(KafkaError._GAPLESS_GUARANTEE, "a gap", fatal=True))  # noqa: SLF001


class FakeProducer:
    """A producer that reports what the test wants when it is flushed."""

    def __init__(self, fate: Fate) -> None:
        """`fate` decides what becomes of each record."""
        self.fate = fate
        self.sent: list[tuple[str, bytes | None]] = []
        self.reports: list[tuple[Any, int | None]] = []
        self.raises: list[KafkaException] = []

    def produce(self, topic: str, value: bytes | None, *rest: Any) -> None:
        """Queue a record."""
        self.reports.append((rest[2], self.fate(topic, len(self.sent))))
        self.sent.append((topic, value))

    def flush(self, _: float) -> int:
        """Raise what the test wants raised; else run the delivery callbacks."""
        if self.raises:
            raise self.raises.pop()
        reports, self.reports = self.reports, []
        for told, code in reports:
            told(None if code is None else KafkaError(code), None)
        return 0

    def purge(self) -> None:
        """Do nothing, because a flush leaves nothing in the queue."""

    def __len__(self) -> int:
        """The number of records without a report."""
        return len(self.reports)


class Trial:
    """A committer that gets the test's producers, one after the other."""

    def __init__(self, *fates: Fate, **settings: object) -> None:
        """Make the committer, with the first producer."""
        self.producers = [FakeProducer(fate) for fate in fates]
        supply = ProducerSupply(*self.producers)
        self.committer = AtLeastOnce(
            load(settings, environ={}), lambda *_: None, batch_bytes=1000, make_producer=supply
        )
        self.committer.own([at(0)], [at(0)])

    def commit(self, *numbers: int, removed: bytes | None = None) -> None:
        """Commit articles with these numbers."""
        made = [outcome(number)._replace(value=b"%d" % number, removed=removed) for number in numbers]
        self.committer.commit(Publication(made, [TopicPartition("articles.raw", 0, numbers[-1] + 1)]))

    @property
    def sent(self) -> list[list[bytes | None]]:
        """What each producer was given."""
        return [[value for _, value in producer.sent] for producer in self.producers]


def all_well(_topic: str, _number: int) -> None:
    """Every record is acknowledged."""


def test_what_was_acknowledged_of_a_batch_that_failed_is_not_sent_again() -> None:
    trial = Trial(lambda _, number: LATE if number == 1 else None)
    with pytest.raises(Aborted):
        trial.commit(1, 2, 3)
    trial.commit(1, 2, 3)
    assert trial.sent == [[b"1", b"2", b"3", b"2"]], "by the same producer: it has not ended"
    trial.commit(1, 2, 3)
    assert trial.sent == [[b"1", b"2", b"3", b"2", b"1", b"2", b"3"]], "what is through is forgotten"


def test_a_record_whose_report_is_lost_in_the_client_is_sent_again() -> None:
    trial = Trial(all_well)
    producer = trial.producers[0]
    real = producer.flush

    def losing(timeout_s: float) -> int:
        del producer.reports[:1]
        return real(timeout_s)

    producer.flush = losing  # type: ignore[assignment,method-assign]
    with pytest.raises(Aborted, match="1 record is not acknowledged"):
        trial.commit(0, 1, 2)
    producer.flush = real  # type: ignore[method-assign]
    trial.commit(0, 1, 2)
    assert trial.sent[0] == [b"0", b"1", b"2", b"0"]


def test_a_producer_that_ended_with_a_refused_record_has_a_successor_who_goes_on_behind_it() -> None:
    trial = Trial(lambda _, number: [None, INVALID, BEHIND][number], all_well)
    trial.producers[0].raises.append(FATAL)
    with pytest.raises(Refused):
        trial.commit(1, 2, 3)
    trial.commit(1)
    trial.commit(3)
    assert trial.sent == [[b"1", b"2", b"3"], [b"3"]]


def test_removals_are_there_before_their_articles_are_sent() -> None:
    trial = Trial(
        lambda topic, number: INVALID if topic == "removed" and number == 1 else None, all_well, removed_topic="removed"
    )
    with pytest.raises(Refused):
        trial.commit(1, 2, removed=b"{}")
    assert trial.producers[0].sent == [("removed", b"{}"), ("removed", b"{}")]
    trial.commit(1, 2, removed=b"{}")
    assert trial.producers[1].sent == [("removed", b"{}"), ("articles.clean", b"1"), ("articles.clean", b"2")]


def test_removals_that_are_there_are_not_sent_again_with_articles_that_are_not() -> None:
    trial = Trial(lambda topic, _: LATE if topic == "articles.clean" else None, removed_topic="removed")
    for _ in range(2):
        with pytest.raises(Aborted):
            trial.commit(1, removed=b"{}")
    assert trial.producers[0].sent == [("removed", b"{}"), ("articles.clean", b"1"), ("articles.clean", b"1")]


def test_a_new_session_sends_all_again() -> None:
    trial = Trial(lambda _, number: LATE if number == 1 else None, all_well)
    with pytest.raises(Aborted):
        trial.commit(1, 2)
    trial.committer.close()
    trial.committer.own([at(0)], [at(0)])
    trial.commit(1, 2)
    assert trial.sent == [[b"1", b"2"], [b"1", b"2"]], "the topic may be another one by then"


def test_a_fatal_error_costs_no_report() -> None:
    producer = FakeProducer(all_well)
    producer.raises.append(FATAL)
    told: list[object] = []
    producer.produce("t", b"", None, None, lambda *report: told.append(report))
    left, errors = flush(producer, 10)  # type: ignore[arg-type]
    assert (left, [error.fatal() for error in errors], told) == (0, [True], [(None, None)])


def owning(supply: ProducerSupply) -> AtLeastOnce:
    """A committer that owns partition 0, with its first producer."""
    committer = AtLeastOnce(load(environ={}), lambda *_: None, batch_bytes=1000, make_producer=supply)
    committer.own([at(0)], [])
    return committer


class RefusingProducer(NotingProducer):
    """A producer whose records fail: one because it is invalid, the others because they are in its batch."""

    def produce(self, *record: Any) -> None:
        """Fail."""
        alone = KafkaError.INVALID_RECORD if self.called else KafkaError._INVALID_DIFFERENT_RECORD  # noqa: SLF001
        self.called.append("produce")
        on_delivery = record[4]
        on_delivery(KafkaError(alone), None)


def test_the_record_that_is_refused_is_told_from_those_in_its_batch() -> None:
    committer = owning(ProducerSupply(RefusingProducer(), NotingProducer()))
    with pytest.raises(Refused):
        committer.commit(Publication([outcome(0), outcome(1)], []))


def test_where_a_topic_is_missing_it_is_said_and_the_next_try_is_by_a_new_producer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = TopicMissing("The output topic articles.clean is missing.")
    monkeypatch.setattr("stream.kafka.missing.Missing.error", lambda _: missing)
    monkeypatch.setattr("stream.kafka.at_least_once.flush", lambda *_: (1, []))  # times out
    supply = ProducerSupply(NotingProducer(), NotingProducer())
    committer = owning(supply)
    with pytest.raises(Aborted) as aborted:
        committer.commit(Publication([outcome(0)], []))
    assert aborted.value.error is missing
    assert len(supply.configs) == 2, "it would not look for the topic again for minutes"


class OffsetsConsumer:
    """A consumer whose commits fail with this error."""

    def __init__(self, code: int | None, member: str = "me") -> None:
        """Have this member id."""
        self.code, self.member = code, member

    def memberid(self) -> str:
        """As given."""
        return self.member

    def commit(self, **_: object) -> list[TopicPartition]:
        """As given."""
        if self.code is not None:
            raise KafkaException(KafkaError(self.code))
        return []


@pytest.mark.parametrize(
    ("code", "member", "raises"),
    [
        (None, "me", None),
        (None, "", Aborted),
        (KafkaError.ILLEGAL_GENERATION, "me", Aborted),
        (KafkaError.REBALANCE_IN_PROGRESS, "me", Aborted),
        (KafkaError.UNKNOWN_MEMBER_ID, "me", Aborted),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "me", NotAuthorized),
    ],
)
def test_where_reading_begins_is_committed_or_it_is_said_why_not(
    code: int | None, member: str, raises: type[Exception] | None
) -> None:
    committer = AtLeastOnce(load(environ={}), lambda *_: None, batch_bytes=1000)
    consumer: Any = OffsetsConsumer(code, member)
    with pytest.raises(raises) if raises else nullcontext():
        committer.commit_start(consumer, [TopicPartition("articles.raw", 0, 5)], None)
