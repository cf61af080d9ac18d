"""A chunk's order in its transaction; and whoever looks learns of a call that does not come back."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import pytest
from confluent_kafka import KafkaError, KafkaException

from stream.errors import SessionLost, StreamError
from stream.kafka.at_least_once import AtLeastOnce
from stream.kafka.refused import Refused
from stream.kafka.transaction import Chunk, Transactions
from stream.settings import load
from tests.fakes import NotingProducer, outcome

PATIENCE_S = 60.0


class HangingProducer:
    """A producer whose offsets are not answered before `answer` is set, and then with an error."""

    def __init__(self) -> None:
        """Wait."""
        self.asked, self.answer = threading.Event(), threading.Event()

    def begin_transaction(self) -> None:
        """Begin at once."""

    def send_offsets_to_transaction(self, *_: object) -> None:
        """Hang."""
        self.asked.set()
        assert self.answer.wait(PATIENCE_S)
        raise KafkaException(KafkaError(KafkaError._TRANSPORT, retriable=True))  # noqa: SLF001

    def purge(self) -> None:
        """Hold nothing."""

    def __len__(self) -> int:
        return 0


def test_the_offsets_join_before_the_outputs_so_that_no_transaction_waits_20_ms_for_the_last_one() -> None:
    transactions = Transactions(load(environ={}), object, lambda *_: None, batch_bytes=1000)
    producer = NotingProducer()
    transactions._producer = producer  # type: ignore[assignment] # noqa: SLF001
    transactions.commit(Chunk([outcome(0), outcome(1)], []))
    assert producer.called == [
        "begin_transaction", "send_offsets_to_transaction", "produce", "produce", "commit_transaction"
    ]  # fmt: skip


class FailingProducer(NotingProducer):
    """A producer whose transaction fails while records are still produced: then it only says that it has failed."""

    def produce(self, *_: object, **__: object) -> None:
        """Say so."""
        raise KafkaException(KafkaError(KafkaError._STATE))  # noqa: SLF001

    def begin_transaction(self) -> None:
        """Say why, where one is open."""
        if self.called:
            raise KafkaException(KafkaError(KafkaError.INVALID_RECORD, "no key", txn_requires_abort=True))


def test_a_record_that_is_refused_before_the_last_one_is_produced_is_known_and_the_producer_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    transactions = Transactions(load(environ={}), object, lambda *_: None, batch_bytes=1000)
    failing, fresh = FailingProducer(), NotingProducer()
    monkeypatch.setattr(transactions, "_initialised", lambda *_: fresh)
    transactions._producer = failing  # type: ignore[assignment] # noqa: SLF001
    with pytest.raises(Refused, match="no key") as refused:
        transactions.commit(Chunk([outcome(0)], []))
    assert refused.value.reason == "rejected"
    assert failing.called == ["send_offsets_to_transaction", "abort_transaction"], "it is not committed"
    transactions.commit(Chunk([outcome(0)], []))
    assert fresh.called[-1] == "commit_transaction"


class SizedProducer(NotingProducer):
    """A producer that knows how large its batches are, and fails with `error` when it commits."""

    sizes: ClassVar[list[int]] = []
    error: ClassVar[int] = 0

    def __init__(self, config: dict[str, Any]) -> None:
        """Note the size."""
        super().__init__()
        self.sizes.append(config["batch.size"])

    def init_transactions(self, _: float) -> None:
        """Begin at once."""

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
    monkeypatch.setattr("stream.kafka.transaction.Producer", SizedProducer)
    made: list[int] = []
    monkeypatch.setattr(SizedProducer, "sizes", made)
    monkeypatch.setattr(SizedProducer, "error", error)
    transactions = Transactions(
        load({"compression": compression}, environ={}), object, lambda *_: None, batch_bytes=1000
    )
    transactions.own([0], [])
    with pytest.raises(Refused):
        transactions.commit(Chunk([outcome(number) for number in range(count)], []))
    transactions.close()
    transactions.own([0], [])
    assert made == sizes


def test_a_producer_that_was_given_up_while_it_aborted_has_no_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    transactions = Transactions(load(environ={}), object, lambda *_: None, batch_bytes=1000)
    opened: list[object] = []
    monkeypatch.setattr(transactions, "_initialised", lambda *ids: opened.extend(ids))
    failing = FailingProducer()
    monkeypatch.setattr(failing, "abort_transaction", lambda *_: transactions.close())
    transactions._producer = failing  # type: ignore[assignment] # noqa: SLF001
    with pytest.raises(SessionLost):
        transactions.commit(Chunk([outcome(0)], []))
    assert opened == [], "its id is another session's by now"


class RefusingProducer(NotingProducer):
    """A producer whose records fail, one for what it is and the others with it."""

    def produce(self, *record: Any) -> None:
        """Fail."""
        alone = KafkaError.INVALID_RECORD if self.called else KafkaError._INVALID_DIFFERENT_RECORD  # noqa: SLF001
        self.called.append("produce")
        on_delivery = record[4]
        on_delivery(KafkaError(alone), None)


def test_without_transactions_the_record_that_is_refused_is_told_from_those_in_its_batch() -> None:
    committer = AtLeastOnce(load(environ={}), lambda *_: None, batch_bytes=1000)
    committer._producer = RefusingProducer()  # type: ignore[assignment] # noqa: SLF001
    with pytest.raises(Refused):
        committer.commit(Chunk([outcome(0), outcome(1)], []))


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is late at once, and not made again."""
    monkeypatch.setattr("stream.kafka.transaction.STILL_S", -1)
    monkeypatch.setattr("stream.kafka.transaction.ASK_AGAIN_S", -1)


def committing(transactions: Transactions, producer: Any) -> threading.Thread:
    """Commit with this producer in a thread; give it when the producer hangs."""

    def commit() -> None:
        with pytest.raises(StreamError):
            transactions.commit(Chunk([], []))

    transactions._producer = producer  # noqa: SLF001
    thread = threading.Thread(target=commit)
    thread.start()
    assert producer.asked.wait(PATIENCE_S)
    return thread


@pytest.mark.usefixtures("late")
def test_an_old_call_that_comes_back_late_hides_no_new_one() -> None:
    transactions = Transactions(load(environ={}), object, lambda *_: None, batch_bytes=1000)
    assert not transactions.silent_s()
    old, new = HangingProducer(), HangingProducer()
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
    """Let the call come back."""
    producer.answer.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
