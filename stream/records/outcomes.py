"""What becomes of each record (`Outcome`), and of many records that travel together (`Outcomes`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, Literal, NamedTuple, get_args

from stream.records.headers import Headers
from stream.records.input_partition import InputPartition
from stream.records.record import Record

OutcomeName = Literal["cleaned", "unchanged", "passed", "tombstone", "dead"]

OUTCOMES: tuple[OutcomeName, ...] = get_args(OutcomeName)


class Beside(NamedTuple):
    """A record that is published in the same transaction as others, for learning (`stream.learner.messages`).

    `partition`: which one of the topic. Its timestamp is the time of sending.
    """

    topic: str
    partition: int
    key: bytes
    value: bytes | None


class Outcome(NamedTuple):
    """What becomes of one record: what is published, and what is counted.

    `name` is the kind of outcome. `key`, `value`, `headers` and `timestamp_ms` are published; the timestamp is in
    milliseconds since 1970, -1 for none, and `NOW` for the time of sending. `source` is the record that came in, which
    is needed again if the broker finds the outcome too large. `size_bytes` is an upper bound of its size on the wire,
    before compression. `reason` says why a dead letter is one, else "". `repeats` counts the repeated paragraphs that
    were removed, `footer` and `junk` the lines; `withheld` counts the lines that the budget kept. `removed` is the
    record for the topic of removals, if there is one (`stream.core.removals`). `beside`: what is to be learned from the
    article, if anything; `size_bytes` counts it, too. `site`: whether a profile of its site took part in the cleaning.
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
    beside: Beside | None = None
    site: bool = False


# An outcome from a tuple of all its parts in order; several times faster than calling `Outcome`.
new_outcome: Callable[[tuple[Any, ...]], Outcome] = partial(tuple.__new__, Outcome)
# Takes the parts that are counted, by their names but in one call: reading them as attributes is a third slower in all.
_COUNTED = (
    "name",
    "value",
    "source",
    "size_bytes",
    "reason",
    "repeats",
    "footer",
    "withheld",
    "junk",
    "beside",
    "site",
)
_counted: Callable[[Outcome], tuple[Any, ...]] = itemgetter(*map(Outcome._fields.index, _COUNTED))


@dataclass(slots=True)
class Outcomes:
    """Outcomes in the order of their records, with totals.

    They are counted as they are made, because later they are no longer in any processor's cache.

    `names`, `reasons`: the number of outcomes with each. `repeats`: paragraphs; `footer`, `junk`: lines; `withheld`:
    articles with withheld lines. `bytes_in`, `bytes_out`: of the values. `size_bytes`: an upper bound of the size of
    all on the wire, `largest_bytes` of the largest one. `following`: for each input partition the
    offset after its last record. `observed`: articles with something beside them; `by_site`: those cleaned with a
    profile. `whole`: whether all must travel in one transaction, whatever their size. `spans`: those of their batches
    that are recorded, if there are traces (`stream.observe.telemetry`).
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
    following: dict[InputPartition, int] = field(default_factory=dict)
    observed: int = 0
    by_site: int = 0
    whole: bool = False
    spans: tuple[Any, ...] = ()

    @classmethod
    def counted(cls, outcomes: Iterable[Outcome]) -> Outcomes:
        """Collect these outcomes, and count each before the next one is made."""
        made: list[Outcome] = []
        names: dict[OutcomeName, int] = dict.fromkeys(OUTCOMES, 0)
        reasons: Counter[str] = Counter()
        all_repeats = all_footer = all_junk = articles_withheld = bytes_in = bytes_out = size_bytes = largest_bytes = 0
        observed = by_site = 0
        last: dict[tuple[str | None, int | None], Record] = {}
        for outcome in outcomes:
            name, value, source, size, reason, repeats, footer, withheld, junk, beside, site = _counted(outcome)
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
            if beside is not None:
                observed += 1
            if site:
                by_site += 1
            bytes_in += len(source)
            if value:
                bytes_out += len(value)
            size_bytes += size
            if size > largest_bytes:  # noqa: PLR1730 - calling `max` takes a quarter of the time of all this
                largest_bytes = size
            last[source.topic(), source.partition()] = source
        following = {
            InputPartition(topic or "", number or 0): (record.offset() or 0) + 1
            for (topic, number), record in last.items()
        }
        return cls(
            made, Counter(names), reasons, all_repeats, all_footer, all_junk, articles_withheld,
            bytes_in, bytes_out, size_bytes, largest_bytes, following, observed, by_site,
        )  # fmt: skip

    def __len__(self) -> int:
        """The number of outcomes."""
        return len(self.made)

    def add(self, more: Outcomes) -> None:
        """Append others, whose records come after these."""
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
        self.observed += more.observed
        self.by_site += more.by_site
        self.spans += more.spans

    def traced_as(self, others: Outcomes) -> Outcomes:
        """Give these outcomes with the spans of others, from which they were made."""
        self.spans = others.spans
        return self

    def replace(self, number: int, outcome: Outcome) -> None:
        """Put an outcome in the place of one that differs from it in its headers alone, and so in its size."""
        self.size_bytes += outcome.size_bytes - self.made[number].size_bytes
        self.largest_bytes = max(self.largest_bytes, outcome.size_bytes)
        self.made[number] = outcome

    def beside(self) -> list[Beside]:
        """Give what is published beside the outcomes, in their order."""
        return [outcome.beside for outcome in self.made if outcome.beside is not None] if self.observed else []

    def without_beside(self) -> Outcomes:
        """Give the same outcomes with nothing beside them."""
        return self.counted([outcome._replace(beside=None) for outcome in self.made]).traced_as(self)

    def split(self, at: int) -> tuple[Outcomes, Outcomes]:
        """Give the first `at` outcomes and the others, each counted again."""
        return self.counted(self.made[:at]).traced_as(self), self.counted(self.made[at:]).traced_as(self)


@dataclass(slots=True)
class Learned(Outcomes):
    """What becomes of a learner's records: `more` is published for all of them together, `records` tells how many."""

    more: list[Beside] = field(default_factory=list)
    records: int = 0

    def __len__(self) -> int:
        """The number of records."""
        return self.records

    def beside(self) -> list[Beside]:
        """Give what is published."""
        return self.more
