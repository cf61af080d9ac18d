"""Joining and leaving the group, and what goes wrong meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from stream.config.loading import load
from stream.errors import SessionLost
from stream.kafka import member as module
from stream.kafka.member import Member


class FakeConsumer:
    """A consumer that runs its callbacks when the test wants it."""

    def __init__(self, _config: object = None) -> None:
        """Be a member with an id."""
        self.member = "me"
        self.called: list[str] = []
        self.serves: Callable[[], None] = lambda: None
        self.closing: Callable[[], None] = lambda: None

    def subscribe(self, _topics: list[str], **callbacks: Any) -> None:
        """Keep the callbacks."""
        self.callbacks = callbacks

    def consume(self, *_: object) -> list[Any]:
        """Run the callbacks that are due; return no messages."""
        self.serves()
        return []

    def memberid(self) -> str:
        """The current member id."""
        return self.member

    def consumer_group_metadata(self) -> object:
        """Metadata of the current membership."""
        return f"metadata of {self.member}"

    def unsubscribe(self) -> None:
        """Leave the group; the next call of `consume` confirms it."""
        self.called.append("unsubscribe")
        self.serves = lambda: setattr(self, "member", "")

    def close(self) -> None:
        """Close."""
        self.called.append("close")
        self.closing()


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> FakeConsumer:
    made = FakeConsumer()
    monkeypatch.setattr(module, "Consumer", lambda _config: made)
    return made


def joined(raises: Exception | None = None) -> Member:
    """A member that has joined, with callbacks that raise."""

    def callback(*_: object) -> None:
        if raises is not None:
            raise raises

    made = Member(load(environ={}))
    made.join(on_assign=callback, on_revoke=callback, on_lost=callback)
    return made


def test_what_a_callback_raises_comes_out_of_the_call_that_served_it(consumer: FakeConsumer) -> None:
    member = joined(raises=SessionLost("Not in time."))
    consumer.serves = lambda: consumer.callbacks["on_assign"](consumer, [])
    with pytest.raises(SessionLost, match="Not in time"):
        member.consume(1, 0)
    consumer.serves = lambda: None
    assert member.consume(1, 0) == [], "once"


def test_what_a_callback_raises_is_told_before_the_next_callback(consumer: FakeConsumer) -> None:
    told: list[object] = []

    def fails(*_: object) -> None:
        raise MemoryError

    member = Member(load(environ={}))
    member.join(on_assign=lambda *_: told.append("assigned"), on_revoke=fails, on_lost=fails, on_error=told.append)
    consumer.serves = lambda: [consumer.callbacks[name](consumer, []) for name in ("on_revoke", "on_assign")]  # type: ignore[assignment]
    with pytest.raises(MemoryError):
        member.consume(1, 0)
    assert [type(each) for each in told] == [MemoryError, str]


def test_what_a_callback_raises_while_the_group_is_left_is_said_and_no_more(
    consumer: FakeConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    """Raised within the client's call, it met the client's own error, and closing ended in a SystemError."""
    caplog.set_level(logging.WARNING)
    member = joined(raises=SessionLost("Not in time."))
    consumer.closing = lambda: consumer.callbacks["on_revoke"](consumer, [])
    member.close()
    assert "An error occurred while giving up partitions: Not in time." in caplog.text
    member.join(on_assign=print, on_revoke=print, on_lost=print)
    assert member.consume(1, 0) == [], "the next session does not hear of it"


def test_an_error_of_the_client_while_the_group_is_left_is_said_and_no_more(
    consumer: FakeConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> None:
        raise KafkaException(KafkaError(KafkaError._STATE))  # noqa: SLF001

    member = joined()
    consumer.closing = fails
    member.close()
    assert "An error occurred while leaving the group" in caplog.text
    assert member.consumer is None


def test_who_we_are_is_known_while_the_group_knows_it(consumer: FakeConsumer) -> None:
    member = joined()
    member.refresh()
    assert (member.id, member.metadata) == ("me", "metadata of me")
    consumer.member = ""
    member.refresh()
    assert (member.id, member.metadata) == ("me", "metadata of me"), "thrown out, and not joined again yet"
    member.close()
    assert (member.id, member.metadata) == ("", None)
    with pytest.raises(SessionLost):
        member.consume(1, 0)


@pytest.mark.parametrize("for_good", [False, True])
def test_a_member_leaves_for_good_only_where_it_is_asked_to(consumer: FakeConsumer, for_good: bool) -> None:  # noqa: FBT001
    member = joined()
    if for_good:
        member.leave_when_closed()
    member.close()
    assert consumer.called == ["unsubscribe", "close"] if for_good else ["close"]
    member.join(on_assign=print, on_revoke=print, on_lost=print)
    member.close()
    assert consumer.called[-1] == "close"
    assert consumer.called.count("unsubscribe") == for_good, "the next session stays"


def test_a_callback_may_ask_who_we_are_while_the_group_is_left(
    consumer: FakeConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    """Giving partitions up commits the offsets of what was acknowledged."""
    asked: list[object] = []
    member = Member(load(environ={}))

    def revoked(*_: object) -> None:
        member.refresh()
        asked.append(member.metadata)

    member.join(on_assign=revoked, on_revoke=revoked, on_lost=revoked)
    consumer.closing = lambda: consumer.callbacks["on_revoke"](consumer, [])
    member.close()
    assert asked == ["metadata of me"]
    assert not caplog.records
