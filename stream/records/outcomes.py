"""What becomes of each record, and of many that travel together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

from stream.records.headers import Headers
from stream.records.record import Record

OutcomeName = Literal["cleaned", "unchanged", "tombstone", "dead"]


class Outcome(NamedTuple):
    """What becomes of one record. `timestamp_ms` is -1 where the record has none, and `NOW` for the time of sending.

    `reason` says why a record is dead. `repeats`, `footer`, `withheld` and `junk` count paragraphs. `source` is the
    record that came in: it is needed again if the broker finds the outcome too large. `size_bytes` is an upper bound of
    what goes on the wire, before compression. `removed` is what goes to the topic of removals, if there is one
    (`stream.core.removals`).
    """

    name: OutcomeName
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int
    source: Record
    size_bytes: int
    reason: str = ""
    repeats: int = 0
    footer: int = 0
    withheld: int = 0
    removed: bytes | None = None
    junk: int = 0


new_outcome: Callable[[tuple[Any, ...]], Outcome] = partial(
    tuple.__new__, Outcome
)  # `Outcome` without a call of Python


@dataclass(slots=True)
class Outcomes:
    """Outcomes in the order of their records, counted as they are made: later they are no longer in any cache.

    `names`, `reasons`: how many there are of each. `repeats`, `footer`, `junk` count paragraphs, `withheld` articles.
    `bytes_in`, `bytes_out`: of the values. `size_bytes`: an upper bound of all on the wire, `largest_bytes` of the
    largest one. `following`: by partition, the offset after its last record.
    """

    made: list[Outcome] = field(default_factory=list)
    names: Counter[OutcomeName] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    footer: int = 0
    junk: int = 0
    withheld: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    size_bytes: int = 0
    largest_bytes: int = 0
    following: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Outcomes:
        """These outcomes, each taken and counted before the next one."""
        made: list[Outcome] = []
        names: dict[OutcomeName, int] = {"cleaned": 0, "unchanged": 0, "tombstone": 0, "dead": 0}
        reasons: Counter[str] = Counter()
        all_repeats = all_footer = all_junk = articles_withheld = bytes_in = bytes_out = size_bytes = largest_bytes = 0
        last: dict[int, Record] = {}
        for outcome in outcomes:
            name, _, value, _, _, source, size, reason, repeats, footer, withheld, _, junk = outcome
            made.append(outcome)
            names[name] += 1
            all_repeats += repeats
            all_footer += footer
            if junk:
                all_junk += junk
            if withheld:
                articles_withheld += 1
            if reason:
                reasons[reason] += 1
            bytes_in += len(source)
            if value:
                bytes_out += len(value)
            size_bytes += size
            largest_bytes = max(largest_bytes, size)
            last[source.partition() or 0] = source
        following = {partition: (record.offset() or 0) + 1 for partition, record in last.items()}
        return cls(
            made, Counter(names), reasons, all_repeats, all_footer, all_junk, articles_withheld,
            bytes_in, bytes_out, size_bytes, largest_bytes, following,
        )  # fmt: skip

    def __len__(self) -> int:
        """How many there are."""
        return len(self.made)

    def add(self, more: Outcomes) -> None:
        """Take others in, whose records come after these."""
        self.made += more.made
        self.names += more.names
        self.reasons += more.reasons
        self.repeats += more.repeats
        self.footer += more.footer
        self.junk += more.junk
        self.withheld += more.withheld
        self.bytes_in += more.bytes_in
        self.bytes_out += more.bytes_out
        self.size_bytes += more.size_bytes
        self.largest_bytes = max(self.largest_bytes, more.largest_bytes)
        self.following |= more.following

    def split(self, at: int) -> tuple[Outcomes, Outcomes]:
        """The first ones, so many, and the others; counted anew."""
        return self.of(self.made[:at]), self.of(self.made[at:])
