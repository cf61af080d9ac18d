"""Stand-ins for Kafka in tests that need none: records, the outcomes made of them, producers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from stream.core.rules import builtin
from stream.records.headers import Headers
from stream.records.input_partition import InputPartition
from stream.records.outcomes import Outcome
from stream.records.process import Processor

PROCESSOR = Processor.for_field("text", "auto", builtin())
BODY = "The ferry to the outer islands was cancelled again on Monday. Nobody at the quay was surprised by it."
OTHER = "A second vessel is on its way from the mainland, the harbour master said. It is due on Friday."
FOOTER = "You may also like\nFive stations worth a stop\nFerry stops for the winter"
REPEATED = f"{BODY}\n{OTHER}\n{BODY}\n{FOOTER}"
CLEAN = f"{BODY}\n{OTHER}"


@dataclass(frozen=True, slots=True)
class FakeRecord:
    """A record as a consumer returns it, with the methods of `confluent_kafka.Message`."""

    the_value: bytes | None
    the_key: bytes | None = b"k"
    the_headers: Headers | None = None
    the_partition: int = 0
    the_offset: int = 0
    the_timestamp: tuple[int, int] = (1, 1_700_000_000_000)
    the_topic: str = "articles.raw"

    def __len__(self) -> int:
        """The size of the value in bytes."""
        return len(self.the_value or b"")

    def error(self) -> None:
        """None, because this message is a record and not an error."""

    def topic(self) -> str:
        """As given; the default name of the input topic."""
        return self.the_topic

    def partition(self) -> int:
        """As given."""
        return self.the_partition

    def offset(self) -> int:
        """As given."""
        return self.the_offset

    def key(self) -> bytes | None:
        """As given."""
        return self.the_key

    def value(self) -> bytes | None:
        """As given."""
        return self.the_value

    def headers(self) -> Headers | None:
        """As given."""
        return self.the_headers

    def timestamp(self) -> tuple[int, int]:
        """As given."""
        return self.the_timestamp


def at(number: int, topic: str = "articles.raw") -> InputPartition:
    """A partition of the input topic."""
    return InputPartition(topic, number)


def outcome(offset: int, *, partition: int = 0, text: str = CLEAN, topic: str = "articles.raw") -> Outcome:
    """The outcome that the worker makes of an article at this place in an input topic."""
    value = orjson.dumps({"id": offset, "text": text})
    return PROCESSOR.process(FakeRecord(value, the_partition=partition, the_offset=offset, the_topic=topic))


class NotingProducer:
    """A producer that accepts everything and notes in `called` which of its methods are called."""

    def __init__(self) -> None:
        """Begin with no calls."""
        self.called: list[str] = []

    def init_transactions(self, timeout_s: float) -> None:
        """Succeed at once. Not noted, because it belongs to the making of a producer and not to its use."""

    def __getattr__(self, name: str) -> Callable[..., int]:
        def call(*_: object, **__: object) -> int:
            self.called.append(name)
            return 0

        return call

    def __len__(self) -> int:
        return 0


class AcknowledgingProducer(NotingProducer):
    """One that acknowledges every record at once."""

    def produce(self, *record: Any) -> None:
        """Run the record's delivery callback, if it has one."""
        self.called.append("produce")
        if on_delivery := record[4]:
            on_delivery(None, None)


class ProducerSupply:
    """Makes the producers of a test, one after the other; `configs` are the configurations they were asked for with."""

    def __init__(self, *producers: Any) -> None:
        """Take the producers, in the order in which they will be handed out."""
        self._producers = iter(producers)
        self.configs: list[dict[str, Any]] = []

    def __call__(self, config: dict[str, Any]) -> Any:
        """Make the next producer, for this configuration."""
        self.configs.append(config)
        return next(self._producers)
