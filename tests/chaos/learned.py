"""A check of what was learned: the committed records of the topic of lines are replayed, from the beginning.

Whatever happened to the learners, every record that they have published of a site has to be what the replay in this
process comes to, byte for byte.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, NamedTuple

from stream.core.rules import load
from stream.learner.address import site_of
from stream.learner.counts import read_counts
from stream.learner.messages import read_lines_record
from stream.learner.observation import Sketch
from stream.learner.partitions import Partitions
from tests.chaos.stage import messages_in

Compared = Literal["replay", "totals", "at least"]
"""What is compared: every record, byte for byte, with a replay; how many articles of each site were counted; or whether
these are at least as many as there are in the topic of lines, where older ones are gone."""
HOW: dict[Compared, str] = {
    "replay": "every record as in a replay",
    "totals": "each counted once",
    "at least": "each counted",
}


class Stored(NamedTuple):
    """A committed record of a topic."""

    partition: int
    offset: int
    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Found:
    """What was learned. `observations`: articles in the topic of lines. `wrong`: what is not as it should be."""

    observations: int
    sites: int
    compared: Compared
    wrong: list[str]

    @property
    def note(self) -> str:
        """For the table."""
        return f"{self.observations:,} observations of {self.sites:,} sites, {HOW[self.compared]}"


def records_in(servers: str, topic: str) -> Iterator[Stored]:
    """Every committed record that is in a topic now, in order within its partition."""
    for message in messages_in(servers, topic):
        yield Stored(message.partition() or 0, message.offset() or 0, message.key() or b"", message.value())


def check(lines: list[Stored], counts: list[Stored], sites: list[Stored], compare: Compared) -> Found:
    """Compare what the learners have published with the topic of lines; see `Found`."""
    observed, again = _observed(lines)
    totals: dict[str, int] = defaultdict(int)
    for record in counts:
        name = record.key.decode()
        if record.value is not None:
            totals[name] = max(totals[name], read_counts(name, record.value).site.total)
    wrong = [
        f"{name}: {totals[name]} articles are counted of {observed[name]}"
        for name in sorted(observed.keys() | totals.keys())
        if totals[name] < observed[name] or (compare != "at least" and totals[name] > observed[name])
    ]  # fmt: skip
    if compare == "replay":
        wrong += [f"{again} observations were published twice"] * (again > 0) + _differences(lines, counts, sites)
    return Found(sum(observed.values()), len(totals), compare, wrong)


def _observed(lines: list[Stored]) -> tuple[Counter[str], int]:
    """How many articles of each site were published, and how many of these again.

    What stood where it does not belong was sent on, and is there twice; an article is known by its words.
    """
    articles: Counter[tuple[str, bytes]] = Counter()
    for record in lines:
        try:
            name = record.key.decode()
            if isinstance(read_lines_record(record.value), Sketch) and name and site_of(name) == name:
                articles[name, record.value or b""] += 1
        except ValueError:
            continue
    return Counter(name for name, _ in articles), articles.total() - len(articles)


def _differences(lines: list[Stored], counts: list[Stored], sites: list[Stored]) -> list[str]:
    """What a replay, site by site, comes to otherwise than the learners did.

    When a site is published depends on how the records came in batches, and what is in force on when it was published.
    So the replay publishes a site after the same records as the learners did: `offset` names the last of them.
    """
    of_site: dict[str, list[Stored]] = defaultdict(list)
    for record in lines:
        of_site[record.key.decode("utf-8", "replace")].append(record)
    published: dict[str, list[bytes | None]] = defaultdict(list)
    for record in sites:
        published[record.key.decode()].append(record.value)
    history: dict[str, list[bytes | None]] = defaultdict(list)
    for record in counts:
        history[record.key.decode()].append(record.value)
    wrong: list[str] = []
    if history.keys() != published.keys():
        wrong.append(f"sites in one topic alone: {sorted(history.keys() ^ published.keys())[:5]}")
    with ThreadPoolExecutor(1) as pool:  # a thread of its own keeps the reader of the ledger going
        for name, found in history.items():
            wrong += pool.submit(_replayed, name, of_site[name], found, published[name]).result()
    return wrong


def _replayed(name: str, lines: list[Stored], counts: list[bytes | None], sites: list[bytes | None]) -> list[str]:
    """What differs of one site."""
    offsets = [read_counts(name, value).offset for value in counts if value is not None]
    if len(set(offsets)) < len(offsets):
        return [f"{name}: published twice after the same record"]
    if len(counts) != len(sites):
        return [f"{name}: {len(counts)} records of counts, {len(sites)} of sites"]
    number = lines[0].partition
    replay = Partitions(load((), whole_page=True), lambda _site: number)
    replay.gain(number, [])
    told = dict(zip(offsets, zip(counts, sites, strict=True), strict=True))
    wrong = []
    for record in lines:
        replay.take(number, record.offset, record.key, record.value)
        if record.offset not in told:
            continue
        (change,) = replay.changes()
        was = told.pop(record.offset)
        for what, mine, theirs in zip(("counts", "sites"), (change.counts, change.published), was, strict=True):
            if mine != theirs:
                wrong.append(f"{name}: its {what} after the record at offset {record.offset} differ from a replay's")
    if told:
        wrong.append(f"{name}: published after records that are not committed: {sorted(told)[:5]}")
    return wrong
