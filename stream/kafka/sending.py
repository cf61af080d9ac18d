"""Publishing records to an input topic for the commands, and knowing which of them were acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.flushing import flush

FINISH_S = 60.0  # for the last acknowledgements: a cluster that changes leaders needs less, and a user waits no longer


class Sender:
    """An idempotent producer to an input topic, the `topic`.

    `acknowledged`: how many records were. `problems`: which were not, by the name given to `send`, and why.
    """

    def __init__(self, settings: Settings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._producer = Producer(client.producer(settings))
        self.acknowledged = 0
        self.problems: list[tuple[str, str]] = []
        self._waiting: dict[int, str] = {}
        self._sent = 0

    def send(self, where: str, key: bytes | None, value: bytes | None) -> None:
        """Queues one record; waits while the queue is full. `where` names it among the `problems`."""
        report = self._on_delivery(where)
        try:
            client.produce(self._producer, self._topic, value=value, key=key, on_delivery=report)
        except KafkaException as raised:
            self._waiting.pop(self._sent)
            self.problems.append((where, self._why(client.error_of(raised))))
        else:
            with suppress(KafkaException):  # a fatal error, which the next `produce` raises as well
                self._producer.poll(0)

    def finish(self) -> None:
        """Waits up to `FINISH_S` for all acknowledgements. Records without one are added to the `problems`."""
        flush(self._producer, FINISH_S)
        self.problems += [(where, f"not acknowledged within {FINISH_S:g} s") for where in self._waiting.values()]

    def _why(self, error: KafkaError) -> str:
        return str(client.explain(error, self._settings, doing=f"sending to {self._topic}"))

    def _on_delivery(self, where: str) -> Callable[[KafkaError | None, Message], None]:
        """The callback that notes what became of the record named `where`."""
        self._sent += 1
        number = self._sent
        self._waiting[number] = where

        def reported(error: KafkaError | None, _message: Message) -> None:
            self._waiting.pop(number, None)
            if error is None:
                self.acknowledged += 1
            else:
                self.problems.append((where, self._why(error)))

        return reported
