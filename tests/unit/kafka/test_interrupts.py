"""Ctrl-C while Kafka's client is in a call, at the moments that a person seldom hits."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from harness.processes import PATIENCE_S
from stream.config.loading import load
from stream.kafka.embedded import EmbeddedBroker
from stream.kafka.interrupts import Stopping, interruptible
from stream.kafka.sending import Sender
from tests.brokers import Broker

INTERRUPTIONS = 60
STEP_S = 40e-6


@pytest.fixture
def handled() -> Iterator[None]:
    """The handler that a new process has; the one of the tests is put back."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("handled")
def test_an_interruption_within_a_callback_is_a_keyboard_interrupt(embedded: EmbeddedBroker) -> None:
    producer = Producer({"bootstrap.servers": embedded.bootstrap_servers, "log_level": 0})
    interruptible()
    producer.produce("interrupted", b"x", on_delivery=lambda *_: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):  # otherwise a `SystemError`
        producer.flush(PATIENCE_S)


@pytest.mark.usefixtures("handled")
def test_what_was_sent_before_a_stop_is_accounted_for(embedded: EmbeddedBroker) -> None:
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("stopped")
    topic, sent = f"{topics.name}.raw", 0
    sender = Sender(load(topics.settings(), environ={}), topic)
    for number in range(INTERRUPTIONS):
        with Stopping(signal.SIGALRM) as stopping:
            signal.setitimer(signal.ITIMER_REAL, 0.0005 + number * STEP_S)
            while not stopping.wait(0):
                sender.send("an article", None, b"x")
                sent += 1
    sender.finish()
    assert sender.problems == []
    assert sender.acknowledged == sent == len(broker.read(topic))


def test_the_second_time_it_raises_and_behind_the_block_all_is_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Stopping() as stopping:
        assert not stopping.wait(0)
        signal.raise_signal(signal.SIGINT)
        assert stopping.wait(1e9)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.usefixtures("handled")
def test_who_ignores_an_interruption_goes_on_ignoring_it() -> None:
    """So runs what a script has started in the background: Ctrl-C is not meant for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interruptible()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    with Stopping() as stopping:
        signal.raise_signal(signal.SIGINT)
        assert not stopping.wait(0)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_while_the_next_record_is_read_the_first_signal_raises() -> None:
    def read() -> Iterator[int]:
        yield 1
        signal.raise_signal(signal.SIGINT)  # while a pipe has nothing to read
        raise AssertionError

    with Stopping() as stopping:
        reading = stopping.reading(read())
        assert next(reading) == 1
        with pytest.raises(KeyboardInterrupt):
            next(reading)
        signal.raise_signal(signal.SIGINT)
        assert stopping.wait(0), "what comes later only sets it"


def test_a_signal_between_two_records_ends_the_reading() -> None:
    with Stopping() as stopping:
        reading = stopping.reading([1, 2])
        assert next(reading) == 1
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            next(reading)
    with Stopping() as stopping:
        assert list(stopping.reading([1, 2])) == [1, 2]
