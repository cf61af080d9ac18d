"""The consumer as a member of its group: joining, leaving, and its member id and generation between the two."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.errors import SessionLost
from stream.kafka import client
from stream.kafka.refusals import ENDS_THE_SESSION

log = logging.getLogger(__name__)

Callback = Callable[[Consumer, list[TopicPartition]], None]
IDLE_WAIT_S = 0.1  # how long to wait for a record, and so how soon a stop is noticed while none arrives
LEAVE_S = 3.0  # how long a static member waits for the broker to confirm that it has left, before it closes anyway


class Member:
    """A membership of the group, and the next one after it. Only one thread calls it; any may read `id` and `metadata`.

    `id`: our member id, empty while we have none. `metadata`: the consumer's group metadata, which names our member id
    and generation to a transaction; None while we have none. Both are as of the last `refresh`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.consumer: Consumer | None = None
        self.id = ""
        self.metadata: object = None
        self._leaves_when_closed = False
        self._raised: Exception | None = None  # what a callback has raised
        self._on_error: Callable[[Exception], None] = lambda _error: None

    @property
    def open_consumer(self) -> Consumer:
        """The consumer. Raises `SessionLost` if it is closed."""
        if self.consumer is None:
            msg = "The consumer is closed."
            raise SessionLost(msg)
        return self.consumer

    def join(
        self,
        *,
        on_assign: Callback,
        on_revoke: Callback,
        on_lost: Callback,
        on_error: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        """Joins the group. The callbacks are called during `consume` and `close`.

        `on_error` is told at once what one of them has raised; `consume` raises it later.
        """
        self._on_error = on_error
        self.consumer = Consumer(client.consumer(self._settings))
        self.consumer.subscribe(
            self._settings.inputs.subscription,
            on_assign=self._deferring_errors(on_assign),
            on_revoke=self._deferring_errors(on_revoke),
            on_lost=self._deferring_errors(on_lost),
        )

    def _deferring_errors(self, callback: Callback) -> Callback:
        """The callback, with an error that it raises kept for `consume` to raise.

        If the client sees a callback raise, it gives the partitions up by itself. If that fails as well, there are two
        errors at once, and the call during which the callback ran ends in a `SystemError`. The session ends all the
        same before the client goes on to the next callback: what the failed one had to see to is not done.
        """

        def deferring(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            try:
                callback(consumer, partitions)
            except Exception as error:  # noqa: BLE001 - raised again by `consume`
                self._raised = self._raised or error
                self._on_error(error)

        return deferring

    def consume(self, most: int, wait_s: float) -> list[Any]:
        """Up to `most` messages, records and events, after waiting up to `wait_s` seconds for them.

        Raises what a callback has raised meanwhile, or `KafkaException`.
        """
        messages: list[Any] = self.open_consumer.consume(most, wait_s)
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised
        return messages

    def refresh(self) -> None:
        """Asks the consumer for our member id and generation, which may change without a change to our partitions.

        Metadata without a member id is never used. A consumer that was removed from the group has none until it joins
        again, and the broker takes offsets without a member id from anyone, so that a worker that was frozen would not
        be refused. The id is read before and after the metadata, because it may be lost in between.
        """
        consumer = self.open_consumer
        member = consumer.memberid()
        metadata = consumer.consumer_group_metadata()
        if member and consumer.memberid() == member:
            self.id, self.metadata = member, metadata

    def ask_whether_fenced(self, removed: Callable[[], bool]) -> None:
        """Raises `InstanceFenced` if a newer worker with the same instance id has joined the group.

        The newer worker fences our producer before the answer to our next heartbeat says that it has replaced us. If
        we joined again without waiting for that answer, we would fence the newer worker, which would then fence us,
        and so on. Waits for half a session timeout at most, or until the group has `removed` us; a classic consumer
        sends five heartbeats in a whole one.
        """
        if self.consumer is None or not self._settings.instance_id:
            return
        deadline = time.monotonic() + self._settings.session_timeout_ms / 1000 / 2
        while time.monotonic() < deadline and not removed():
            for message in self.consume(1, IDLE_WAIT_S):
                error = message.error()
                if error is not None and error.code() in ENDS_THE_SESSION:
                    raise client.explain(error, self._settings, doing="reading")

    def leave_when_closed(self) -> None:
        """Makes `close` leave the group even with a static instance id. May be called by any thread."""
        self._leaves_when_closed = True

    def close(self) -> None:
        """Closes the consumer and leaves the group, so that other members take over at once.

        With a static instance id it does not leave (see `leave_when_closed`): others take over after the session
        timeout, unless this worker is back before. Errors are logged and not raised.
        """
        consumer = self.consumer
        try:
            if consumer is not None:
                if self._leaves_when_closed:
                    _leave(consumer)
                consumer.close()  # its callbacks still need `self.consumer`
        except KafkaException as raised:  # the consumer is closed all the same
            log.warning("An error occurred while leaving the group: %s.", client.error_of(raised).str())
        finally:
            self.consumer, self._leaves_when_closed = None, False
            self.id, self.metadata = "", None
        if self._raised is not None:
            log.warning("An error occurred while giving up partitions: %s", self._raised)
            self._raised = None


def _leave(consumer: Consumer) -> None:
    """Leaves the group for good. A static member that only closes does not tell the group that it leaves (KIP-345)."""
    consumer.unsubscribe()
    deadline = time.monotonic() + LEAVE_S
    while consumer.memberid() and time.monotonic() < deadline:  # it has no member id once it has left
        consumer.consume(1, IDLE_WAIT_S)
