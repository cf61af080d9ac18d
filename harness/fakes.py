"""What stands in for Kafka where a test needs none: records, and outcomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from stream.core.rules import builtin
from stream.records.headers import Headers
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
    """A consumed record, with confluent-kafka's methods."""

    the_value: bytes | None
    the_key: bytes | None = b"k"
    the_headers: Headers | None = None
    the_partition: int = 0
    the_offset: int = 0
    the_timestamp: tuple[int, int] = (1, 1_700_000_000_000)

    def __len__(self) -> int:
        """The value's bytes."""
        return len(self.the_value or b"")

    def error(self) -> None:
        """A record is no error."""

    def topic(self) -> str:
        """The input topic."""
        return "articles.raw"

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


def outcome(offset: int, *, partition: int = 0, text: str = CLEAN) -> Outcome:
    """The worker's outcome of an article at a place."""
    value = orjson.dumps({"id": offset, "text": text})
    return PROCESSOR.process(FakeRecord(value, the_partition=partition, the_offset=offset))


class NotingProducer:
    """A producer that takes all, and notes which of its methods are called."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., int]:
        def call(*_: object, **__: object) -> int:
            self.called.append(name)
            return 0

        return call

    def __len__(self) -> int:
        return 0
