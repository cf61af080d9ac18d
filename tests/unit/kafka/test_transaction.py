"""The order of a commit in its transaction, failures of it, and calls to the client that do not return."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from harness.fakes import NotingProducer, ProducerSupply, at, outcome
from stream.config.loading import load
from stream.errors import KafkaUnavailable, SessionLost, StreamError, TopicMissing
from stream.kafka.committer import Aborted, Publication
from stream.kafka.refused import Refused
from stream.kafka.transaction import Transactions
from stream.records.outcomes import Beside

PATIENCE_S = 60.0


def owning(supply: ProducerSupply) -> Transactions:
    """A committer that owns partition 0, with its first producer."""
    transactions = Transactions(load(environ={}), object, lambda *_: None, batch_bytes=1000, make_producer=supply)
    transactions.own([at(0)], [])
    return transactions


class HangingProducer:
    """A producer whose call for the offsets sets `asked`, hangs until `answer` is set, and then raises."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.asked, self.answer = threading.Event(), threading.Event()

    def init_transactions(self, timeout_s: float) -> None:
        """Succeed at once."""

    def begin_transaction(self) -> None:
        """Succeed at once."""

    def send_offsets_to_transaction(self, *_: object) -> None:
        """Hang."""
        self.asked.set()
        assert self.answer.wait(PATIENCE_S)
        raise KafkaException(KafkaError(KafkaError._TRANSPORT, retriable=True))  # noqa: SLF001

    def purge(self) -> None:
        """Do nothing."""

    def __len__(self) -> int:
        return 0


def test_the_offsets_join_before_the_outputs_so_that_no_transaction_waits_20_ms_for_the_last_one() -> None:
    producer = NotingProducer()
    transactions = owning(ProducerSupply(producer))
    transactions.commit(Publication([outcome(0), outcome(1)], []))
    assert producer.called == [
        "begin_transaction", "send_offsets_to_transaction", "produce", "produce", "commit_transaction"
    ]  # fmt: skip


def test_what_was_learned_is_checked_once_it_is_in_the_log_and_before_it_is_committed() -> None:
    producer = NotingProducer()

    def refuse() -> None:
        producer.called.append("checked")
        msg = "no more"
        raise SessionLost(msg)

    transactions = Transactions(
        load(environ={}),
        object,
        lambda *_: None,
        batch_bytes=1000,
        make_producer=ProducerSupply(producer),
        before_commit=refuse,
    )
    transactions.own([at(0)], [])
    transactions.commit(Publication([outcome(0)], []))
    producer.called.clear()
    with pytest.raises(SessionLost):
        transactions.commit(Publication([], [], [Beside("lines", 0, b"a.example", b"{}")]))
    assert producer.called == ["begin_transaction", "send_offsets_to_transaction", "produce", "flush", "checked"]


class FailingProducer(NotingProducer):
    """A producer whose transaction fails while records are produced. The error says only that it has failed."""

    def produce(self, *_: object, **__: object) -> None:
        """Report that the transaction has failed."""
        raise KafkaException(KafkaError(KafkaError._STATE))  # noqa: SLF001

    def begin_transaction(self) -> None:
        """Report the cause if a transaction is open."""
        if self.called:
            raise KafkaException(KafkaError(KafkaError.INVALID_RECORD, "no key", txn_requires_abort=True))


def test_a_record_that_is_refused_before_the_last_one_is_produced_is_known_and_the_producer_is_new() -> None:
    failing, fresh = FailingProducer(), NotingProducer()
    transactions = owning(ProducerSupply(failing, fresh))
    with pytest.raises(Refused, match="no key") as refused:
        transactions.commit(Publication([outcome(0)], []))
    assert refused.value.reason == "rejected"
    assert failing.called == ["send_offsets_to_transaction", "abort_transaction"], "it is not committed"
    transactions.commit(Publication([outcome(0)], []))
    assert fresh.called[-1] == "commit_transaction"


class FencedProducer(NotingProducer):
    """A producer whose offsets are refused because the instance id has another member now."""

    def send_offsets_to_transaction(self, *_: object) -> None:
        """Fail."""
        raise KafkaException(KafkaError(KafkaError.FENCED_INSTANCE_ID, txn_requires_abort=True))


def test_a_member_that_replaced_itself_is_no_other_worker_so_the_session_ends_and_not_the_worker() -> None:
    transactions = owning(ProducerSupply(FencedProducer()))
    with pytest.raises(SessionLost, match="gave our instance id to another member"):
        transactions.commit(Publication([outcome(0)], []))


class SizedProducer(NotingProducer):
    """A producer that notes its batch size, and fails with `error` when it commits."""

    sizes: ClassVar[list[int]] = []
    error: ClassVar[int] = 0

    def __init__(self, config: dict[str, Any]) -> None:
        """Note the size."""
        super().__init__()
        self.sizes.append(config["batch.size"])

    def init_transactions(self, _: float) -> None:
        """Succeed at once."""

    def commit_transaction(self, _: float) -> None:
        """Fail."""
        raise KafkaException(KafkaError(self.error, "no", txn_requires_abort=True))


@pytest.mark.parametrize(
    ("error", "count", "compression", "sizes"),
    [
        (KafkaError.MSG_SIZE_TOO_LARGE, 2, "lz4", [1300, 1000, 1000]),
        (KafkaError.MSG_SIZE_TOO_LARGE, 1, "lz4", [1300, 1300, 1300]),
        (KafkaError.INVALID_RECORD, 2, "lz4", [1300, 1300, 1300]),
        (KafkaError.MSG_SIZE_TOO_LARGE, 2, "none", [1000, 1000, 1000]),
    ],
)
def test_batches_count_on_compression_until_several_records_are_refused_for_their_size(
    monkeypatch: pytest.MonkeyPatch, error: int, count: int, compression: str, sizes: list[int]
) -> None:
    made: list[int] = []
    monkeypatch.setattr(SizedProducer, "sizes", made)
    monkeypatch.setattr(SizedProducer, "error", error)
    settings, make_producer = load({"compression": compression}, environ={}), cast("Any", SizedProducer)
    transactions = Transactions(settings, object, lambda *_: None, batch_bytes=1000, make_producer=make_producer)
    transactions.own([at(0)], [])
    with pytest.raises(Refused):
        transactions.commit(Publication([outcome(number) for number in range(count)], []))
    transactions.close()
    transactions.own([at(0)], [])
    assert made == sizes


def test_a_producer_that_was_given_up_while_it_aborted_has_no_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = FailingProducer()
    supply = ProducerSupply(failing)
    transactions = owning(supply)
    monkeypatch.setattr(failing, "abort_transaction", lambda *_: transactions.close())
    with pytest.raises(SessionLost):
        transactions.commit(Publication([outcome(0)], []))
    assert len(supply.configs) == 1, "its id is another session's by now"


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call counts as overdue at once, and is not made again."""
    monkeypatch.setattr("stream.kafka.transaction.NO_PROGRESS_S", -1)
    monkeypatch.setattr("stream.kafka.transaction.CALL_TIMEOUT_S", -1)


def committing(transactions: Transactions, producer: HangingProducer) -> threading.Thread:
    """Commit in a thread; give it once its producer hangs."""

    def commit() -> None:
        with pytest.raises(StreamError):
            transactions.commit(Publication([], []))

    transactions.own([at(0)], [])
    thread = threading.Thread(target=commit)
    thread.start()
    assert producer.asked.wait(PATIENCE_S)
    return thread


@pytest.mark.usefixtures("late")
def test_an_old_call_that_comes_back_late_hides_no_new_one() -> None:
    old, new = HangingProducer(), HangingProducer()
    transactions = owning(ProducerSupply(old, new))
    assert not transactions.silent_s()
    first = committing(transactions, old)
    assert transactions.silent_s()
    transactions.close()
    assert not transactions.silent_s(), "given up"
    second = committing(transactions, new)
    assert transactions.silent_s()
    end(first, old)
    assert transactions.silent_s(), "the new call is still waited for"
    end(second, new)
    assert not transactions.silent_s()


def end(thread: threading.Thread, producer: HangingProducer) -> None:
    """Let the call return, and wait for the thread."""
    producer.answer.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> TopicMissing:
    """The output topic is missing."""
    error = TopicMissing("The output topic articles.clean is missing.")
    monkeypatch.setattr("stream.kafka.missing.Missing.error", lambda _: error)
    return error


class UnansweredProducer(NotingProducer):
    """A producer whose records are never acknowledged."""

    def commit_transaction(self, *_: object) -> None:
        """Time out."""
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001

    def flush(self, *_: object) -> int:
        """Time out."""
        return 1


def test_where_a_topic_is_missing_it_is_said_and_the_next_try_is_in_the_same_session(
    missing: TopicMissing,
) -> None:
    fresh = NotingProducer()
    transactions = owning(ProducerSupply(UnansweredProducer(), fresh))
    with pytest.raises(Aborted) as aborted:
        transactions.commit(Publication([outcome(0)], []))
    assert aborted.value.error is missing
    transactions.commit(Publication([outcome(0)], []))
    assert fresh.called[-1] == "commit_transaction"


class Remembering(NotingProducer):
    """A producer that keeps the arguments of its call for the offsets."""

    def send_offsets_to_transaction(self, *given: object) -> None:
        """Keep it."""
        self.given = given


def test_where_reading_begins_is_committed_as_the_member_that_looked_it_up() -> None:
    """Not as the present member: another worker may have owned the partition and read on."""
    producer = Remembering()
    transactions = owning(ProducerSupply(producer))
    offsets, before = [TopicPartition("articles.raw", 0, 5)], object()
    transactions.commit_start(None, offsets, before)  # type: ignore[arg-type]
    assert producer.given[:2] == (offsets, before)


class NarrowProducer(NotingProducer):
    """A producer that learns of partitions only when it is asked for the topic."""

    partitions = 4

    def produce(self, *record: Any, **_: object) -> None:
        """Refuse a partition that it does not know."""
        partition = record[3]
        if partition >= self.partitions:
            raise KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION))  # noqa: SLF001

    def list_topics(self, topic: str, _timeout_s: float) -> Any:
        """Give seven partitions."""
        self.partitions = 7
        return SimpleNamespace(topics={topic: SimpleNamespace(partitions=dict.fromkeys(range(7)))})


def test_a_producer_is_told_of_partitions_that_were_added_and_what_was_to_be_published_is_tried_again() -> None:
    producer = NarrowProducer()
    transactions = owning(ProducerSupply(producer))
    publication = Publication([], [], [Beside("articles.lines", 5, b"example.org", b"{}")])
    with pytest.raises(Aborted) as aborted:
        transactions.commit(publication)
    assert isinstance(aborted.value.error, KafkaUnavailable), "nobody is to blame for it"
    transactions.commit(publication)
    assert producer.called[-1] == "commit_transaction"


def test_a_partition_that_is_not_there_is_not_waited_for() -> None:
    transactions = owning(ProducerSupply(NarrowProducer()))
    with pytest.raises(Aborted) as aborted:
        transactions.commit(Publication([], [], [Beside("articles.lines", 8, b"example.org", b"{}")]))
    assert isinstance(aborted.value.error, TopicMissing)
