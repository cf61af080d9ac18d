"""Learning from the articles of files: each one's site and time, and the order in which they are learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

import orjson

from stream.core.rules import Rules
from stream.learner.observation import Observation, observe
from stream.learner.profiles import LATEST_MS, Profiles
from stream.observe.wording import counted
from stream.offline.chunks import Chunk, records_of
from stream.records.codec import JsonCodec, decode_text
from stream.records.shape import Undecodable
from stream.records.site import site_in

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class LearnCounts:
    """What was done: how many articles came, and why some taught nothing."""

    articles: int = 0
    new: int = 0
    no_site: int = 0
    no_time: int = 0
    failed: int = 0

    @property
    def known(self) -> int:
        """How many were another edition of a story, came far too late, or had no words."""
        return self.articles - self.new - self.no_site - self.no_time - self.failed


class Taken(NamedTuple):
    """An article that is to be learned. Of several texts that is the first: an article counts once."""

    site: str
    at_ms: int | None
    text: str | list[str]


class Learning:
    """Takes articles, learns from them, and counts.

    Without a field of the time their order is the time, and each is learned as it comes. With one they wait in a
    temporary file until all are there, so that they can be learned in the order of their times.
    """

    def __init__(self, profiles: Profiles, rules: Rules, codec: JsonCodec, time_field: str) -> None:
        self.counts = LearnCounts()
        self.is_flawed = False  # an array is not whole
        self._profiles = profiles
        self._rules = rules
        self._codec = codec
        self._time_field = time_field
        self._waiting: list[tuple[int, str, int, int]] = []  # time, site, and where the text stands in the file
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Make the temporary file, if there is a time to sort by."""
        self._file = TemporaryFile() if self._time_field else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def take(self, chunk: Chunk) -> Iterator[str]:
        """Take all articles of a part of a file; give what is wrong with some, each with its place."""
        for line, value, item in records_of(chunk):
            self.counts.articles += 1
            taken = self._taken(value, is_text=chunk.file_format == "text")
            if isinstance(taken, Undecodable):
                self.counts.failed += 1
                where = chunk.name if chunk.file_format != "jsonl" and item is None else f"{chunk.name}:{line}"
                yield f"{where}: {'' if item is None else f'item {item.number}: '}{taken.message}"
            elif taken is not None and self._file is None:
                self.counts.new += self._learn(taken.site, [self._observed(taken.site, taken.text)], None)
            elif taken is not None and self._file is not None:
                data = orjson.dumps(taken.text)
                self._waiting.append((taken.at_ms or 0, taken.site, self._file.tell(), len(data)))
                self._file.write(data)
        if chunk.flaw:
            self.is_flawed = True
            yield f"{chunk.name}: {chunk.flaw}"

    def finish(self, learned: Callable[[], object] = lambda: None) -> None:
        """Learn what has waited, instant by instant; `learned` is called for each article."""
        if self._file is None:
            return
        self._waiting.sort()
        for (at_ms, site), articles in groupby(self._waiting, key=lambda each: each[:2]):
            observed = []
            for _, _, begin, size in articles:
                self._file.seek(begin)
                observed.append(self._observed(site, orjson.loads(self._file.read(size))))
                learned()
            self.counts.new += self._learn(site, observed, at_ms)

    @property
    def waiting(self) -> int:
        """How many articles `finish` will learn from."""
        return len(self._waiting)

    def _taken(self, value: bytes, *, is_text: bool) -> Taken | Undecodable | None:
        texts = decode_text(value) if is_text else self._codec.decode(value)
        if isinstance(texts, Undecodable):
            return texts
        site = "" if is_text else site_in(self._codec, value)
        if not site:
            self.counts.no_site += 1
            return None
        at_ms = None
        if self._time_field and (at_ms := time_of(self._codec.fields(value).get(self._time_field))) is None:
            self.counts.no_time += 1
            return None
        return Taken(site, at_ms, texts[0].value)

    def _observed(self, site: str, text: str | list[str]) -> Observation:
        return observe(text, self._rules.for_site(site))

    def _learn(self, site: str, observed: list[Observation], at_ms: int | None) -> int:
        return self._profiles.learn_together([(site, each) for each in observed], at_ms)


def time_of(value: object) -> int | None:
    """Give a time in milliseconds since 1970: a number of them, or what ISO 8601 spells, in UTC if it names no zone.

    >>> time_of("1970-01-01T00:00:01Z"), time_of("1970-01-01"), time_of(1500), time_of("yesterday")
    (1000, 0, 1500, None)
    """
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value.strip())
            since = (time if time.tzinfo is not None else time.replace(tzinfo=UTC)) - _EPOCH
        except (ValueError, OverflowError):
            return None
        return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LATEST_MS:
        return int(value)
    return None


def summary(counts: LearnCounts, sites: int) -> str:
    """Such as "12 articles: 10 learned, 1 known already, 1 without a site, 0 failed; 3 sites known"."""
    parts = [f"{counts.new:,} learned", f"{counts.known:,} known already", f"{counts.no_site:,} without a site"]
    if counts.no_time:
        parts.append(f"{counts.no_time:,} without a time")
    parts.append(f"{counts.failed:,} failed")
    return f"{counted(counts.articles, 'article')}: {', '.join(parts)}; {counted(sites, 'site')} known"
