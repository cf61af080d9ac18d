"""A consumer as a member of its group: it joins, knows who it is, and leaves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.errors import SessionLost
from stream.kafka import client

log = logging.getLogger(__name__)

Callback = Callable[[Consumer, list[TopicPartition]], None]
IDLE_WAIT_S = 0.1  # how soon a stop is noticed while nothing comes
LEAVE_S = 3.0  # for the group to be told that we leave


class Member:
    """One membership after the other. The consumer is touched by one thread alone; who we are is read by any.

    `id`: as the group knows us, empty before it does. `metadata`: the same for a transaction, as of the last look.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.consumer: Consumer | None = None
        self.id = ""
        self.metadata: object = None
        self._leaves = False
        self._raised: Exception | None = None  # by a callback

    @property
    def open_consumer(self) -> Consumer:
        """The consumer. Raises `SessionLost` where it is closed."""
        if self.consumer is None:
            msg = "The consumer is closed."
            raise SessionLost(msg)
        return self.consumer

    def join(self, *, on_assign: Callback, on_revoke: Callback, on_lost: Callback) -> None:
        """Joins the group; the callbacks are called by `consume` and `close`."""
        self.consumer = Consumer(client.consumer(self._settings))
        self.consumer.subscribe(
            [self._settings.input_topic],
            on_assign=self._kept(on_assign),
            on_revoke=self._kept(on_revoke),
            on_lost=self._kept(on_lost),
        )

    def _kept(self, callback: Callback) -> Callback:
        """The callback, with what it raises kept for `consume`.

        The client gives partitions up by itself where a callback has raised. Where that fails as well there are two
        errors at once, and the call that serves the callback ends in a `SystemError`.
        """

        def kept(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            try:
                callback(consumer, partitions)
            except Exception as error:  # noqa: BLE001 - raised again by `consume`
                self._raised = self._raised or error

        return kept

    def consume(self, most: int, wait_s: float) -> list[Any]:
        """Messages and events; raises what a callback that was called meanwhile has raised."""
        messages: list[Any] = self.open_consumer.consume(most, wait_s)
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised
        return messages

    def refresh(self) -> None:
        """Asks who we are: the group's generation may have changed without any change to our partitions.

        A consumer that the group has thrown out has no member id until it joins again, and the broker takes
        offsets without a member id from anybody: with such metadata a worker that was frozen would not be refused.
        """
        consumer = self.open_consumer
        member = consumer.memberid()
        metadata = consumer.consumer_group_metadata()
        if member and consumer.memberid() == member:
            self.id, self.metadata = member, metadata

    def leave_when_closed(self) -> None:
        """Leaves when it is closed also where a static instance id would not. May be called by any thread."""
        self._leaves = True

    def close(self) -> None:
        """Leaves the group, so that others take over at once (with a static instance id: when it expires)."""
        consumer = self.consumer
        try:
            if consumer is not None:
                if self._leaves:
                    _leave(consumer)
                consumer.close()  # it is there to the end: the callbacks ask who we are
        except KafkaException as raised:  # it is closed all the same
            log.warning("Leaving the group was not without an error: %s.", client.error_of(raised).str())
        finally:
            self.consumer, self._leaves = None, False
            self.id, self.metadata = "", None
        if self._raised is not None:
            log.warning("Partitions could not be given up in good order: %s", self._raised)
            self._raised = None


def _leave(consumer: Consumer) -> None:
    """Leaves the group for good: a static member that only closes does not tell the group (KIP-345)."""
    consumer.unsubscribe()
    deadline = time.monotonic() + LEAVE_S
    while consumer.memberid() and time.monotonic() < deadline:  # it has none once it has left
        consumer.consume(1, IDLE_WAIT_S)
