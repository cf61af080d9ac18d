"""A chunk's order in its transaction; and whoever looks learns of a call that does not come back."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from stream.errors import StreamError
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
