"""Headers are read in such a way that no exception of the client is left set."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
from confluent_kafka import Message

from harness.fakes import PROCESSOR, FakeRecord
from harness.kafka.raw import RawRecord, produce
from stream.kafka.embedded import EmbeddedBroker
from stream.records.headers import READ, UNREADABLE, Headers, readable, why_unreadable
from tests.brokers import Broker

BAD = (b"\xc3\x28", b"x")


def pending() -> bool:
    """Whether an exception is set in the interpreter that nobody has raised."""
    occurred = ctypes.PyDLL(None).PyErr_Occurred
    occurred.restype = ctypes.c_void_p
    return bool(occurred())


@pytest.fixture
def came(embedded: EmbeddedBroker) -> list[Message]:
    """Give consumed records: one with a name that is not UTF-8, one where it is the last of three, two without."""
    broker = Broker("embedded", embedded.bootstrap_servers)
    topic = f"{broker.topics('names').name}.raw"
    headers: list[list[tuple[bytes, bytes | None]]] = [[BAD], [(b"a", b"1"), (b"a", None), BAD], [(b"a", None)], []]
    produce(broker.bootstrap_servers, topic, [RawRecord(b"k", b"v", pairs) for pairs in headers])
    return broker.read(topic, len(headers))


def test_what_the_client_cannot_read_raises_there_and_then(came: list[Message]) -> None:
    for message in came[:2]:
        with pytest.raises(UNREADABLE) as raised:
            READ[type(message)](message)
        assert not pending()
        assert why_unreadable(message, raised.value) == "the name of a header is not UTF-8 (invalid continuation byte)"
        assert message.headers() == [], "nobody gets to see a list without names"
    assert readable(came[2]) == [("a", None)]
    assert readable(came[3]) == []


def test_a_record_that_was_read_in_vain_can_be_read_again(came: list[Message]) -> None:
    assert readable(came[0]) is None
    assert readable(came[0]) == []
    assert not pending()


def test_null_values_are_read_as_often_as_one_likes(came: list[Message]) -> None:
    for _ in range(3_000):
        assert READ[Message](came[2]) == [("a", None)]


def test_a_record_of_the_clients_own_becomes_a_dead_letter(came: list[Message]) -> None:
    record: Any = came[1]
    letter = PROCESSOR.process(record)
    assert (letter.name, letter.reason, letter.key, letter.value) == ("dead", "bad_header", b"k", b"v")
    assert not pending()


@pytest.mark.parametrize("headers", [None, [], [("a", None)]])
def test_any_records_headers_are_read(headers: Headers | None) -> None:
    assert readable(FakeRecord(b"", the_headers=headers)) == (headers or [])
