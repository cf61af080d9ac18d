"""One record in, one record out: the last step that knows no Kafka.

Every record that comes in leaves as exactly one outcome: `cleaned`, `unchanged`, `tombstone` or `dead`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, Literal, NamedTuple, Protocol

import orjson

from stream.core.article import Cleaned, CleanedList
from stream.core.cleaning import articles, clean, clean_list
from stream.core.removals import REMOVAL_BYTES, as_json
from stream.core.rules import Rules
from stream.records.codec import JsonCodec, Undecodable, decode_text, format_of
from stream.records.dead_letters import letter_headers
from stream.records.headers import READ, UNREADABLE, readable
from stream.records.headers import reason as unreadable

Header = tuple[str, bytes | None]
Headers = list[Header]
OutcomeName = Literal["cleaned", "unchanged", "tombstone", "dead"]

REPEATS_HEADER = "article-stream.core.repeats"
FOOTER_HEADER = "article-stream.footer"
JUNK_HEADER = "article-stream.junk"
WITHHELD_HEADER = "article-stream.withheld"
RULES_HEADER = "article-stream.core.rules"
REMOVED_HEADER = "article-stream.removed"
RAW_HEADER = "article-stream.raw"
TIMESTAMP_HEADER = "article-stream.timestamp"

NOW, FIRST_MS = 0, 1
"""What Kafka's client takes for the time of sending, and what goes out in its place where a record's own time is 0."""

REMOVED_TIMES, REMOVED_MORE_BYTES = 2, 1 << 16
"""A record of removals is at most so many times its article, and so much more; longer ones are left out."""

# What a record costs on the wire beside its parts: an upper bound of the record's own and the batch's framing.
RECORD_OVERHEAD_BYTES = 128
HEADER_OVERHEAD_BYTES = 10
TIMESTAMP_BYTES = HEADER_OVERHEAD_BYTES + 4 * len(TIMESTAMP_HEADER) + 1
OURS_REMEMBERED = 1024  # the counts of most articles are those of another one
_reason = attrgetter("reason")


class Record(Protocol):
    """A consumed record, as confluent-kafka's `Message` gives it."""

    def __len__(self) -> int:
        """The value's bytes; a tombstone has none."""

    def topic(self) -> str | None:
        """The topic's name."""

    def partition(self) -> int | None:
        """The partition's number."""

    def offset(self) -> int | None:
        """The place in the partition."""

    def key(self) -> bytes | None:
        """The key's bytes."""

    def value(self) -> bytes | None:
        """The value's bytes; None is a tombstone."""

    def headers(self) -> Headers | None:
        """Names and values, in order."""

    def timestamp(self) -> tuple[int, int]:
        """Kind (0: none) and milliseconds since 1970."""


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


_of_all: Callable[[tuple[Any, ...]], Outcome] = partial(tuple.__new__, Outcome)  # `Outcome` without a call of Python


@dataclass(frozen=True, slots=True)
class Processor:
    """`process(record)` decodes, cleans and encodes. It never raises on any record."""

    codec: JsonCodec
    input_format: Literal["auto", "json", "text"]
    rules: Rules
    version: bytes
    keeps_removed: bool = False
    source_field: str = "source"
    articles: Any = None  # `stream.core.cleaning.articles`
    name: bytes = b""  # the text field's, as JSON

    @classmethod
    def of(
        cls,
        text_field: str,
        input_format: Literal["auto", "json", "text"],
        rules: Rules,
        *,
        keeps_removed: bool = False,
        source_field: str = "source",
    ) -> Processor:
        """A processor for one field's name, one format and one rule set.

        `keeps_removed`: with `Outcome.removed`. `source_field`: the field, or the header, that names an
        article's site, for rules that are for some sites alone.
        """
        version, at_once = rules.version.encode(), articles(rules)
        name = orjson.dumps(text_field)
        return cls(JsonCodec(text_field), input_format, rules, version, keeps_removed, source_field, at_once, name)

    def process(self, record: Record) -> Outcome:
        """The outcome of one record."""
        value = record.value()
        try:
            headers = READ[type(record)](record) or []
        except UNREADABLE as error:
            return dead(record, "bad_header", unreadable(record, error), headers=[])
        if value is None:
            key = record.key()
            headers, sent_ms = _timed(record, headers)
            return Outcome("tombstone", key, None, headers, sent_ms, record, size(key, None, headers))
        kind = _header(headers, "content-type") if headers else None
        plain = format_of(kind, self.input_format) == "text"
        old = decode_text(value) if plain else self.codec.decode(value)
        if isinstance(old, Undecodable):
            return dead(record, old.reason, old.message, headers=headers)
        rules = self.rules_for(None if plain else value, headers)
        if not plain and not self.keeps_removed:
            found = self.at_once(value, old, rules)
            if found is not None:
                value, repeats, footer = found
                return self._outcome(record, headers, value, repeats, footer)
        result, new = self.clean(old, rules)
        reasons = [*map(_reason, result.removed)]
        footer, junk = reasons.count("footer"), reasons.count("junk")
        if reasons:
            value = _encode_text(new) if plain else self.codec.encode(value, new)
        repeats = len(reasons) - footer - junk
        return self._outcome(record, headers, value, repeats, footer, junk, len(result.withheld), result)

    def rules_for(self, document: bytes | None, headers: Headers) -> Rules:
        """The rules for an article, by the site that its source field names, or else the last header of that name.

        `document` is the JSON object that the article is in, if it is in one. Case does not matter in a header's name.
        """
        if not self.rules.sites:
            return self.rules
        site = "" if document is None else self.codec.site(document, self.source_field)
        if not site:
            said = _header(headers, self.source_field.lower())
            site = said.decode("utf-8", "replace") if said else ""
        return self.rules.for_site(site)

    def clean(self, text: str | list[str], rules: Rules) -> tuple[Cleaned | CleanedList, str | list[str]]:
        """The core's answer, and the cleaned text in the shape in which the text came."""
        if isinstance(text, str):
            cleaned = clean(text, rules)
            return cleaned, cleaned.text
        cleaned_list = clean_list(text, rules)
        return cleaned_list, list(cleaned_list.paragraphs)

    def at_once(self, value: bytes, text: str | list[str], rules: Rules) -> tuple[bytes, int, int] | None:
        """A JSON object as `clean` leaves it, how many paragraphs repeated, and how many lines of footer went.

        None where that can only be said step by step, or not by these rules.
        """
        if self.articles is None or rules is not self.rules or type(text) is not str:
            return None
        found: tuple[bytes, int, int] | None = self.articles.clean(value, self.name, text, rules.find)
        return found

    def _outcome(  # noqa: PLR0913, PLR0917 - what there is to count
        self,
        record: Record,
        headers: Headers,
        value: bytes,
        repeats: int,
        footer: int,
        junk: int = 0,
        withheld: int = 0,
        result: Cleaned | CleanedList | None = None,
    ) -> Outcome:
        key = record.key()
        ours, size_bytes = _ours(self.version, repeats, footer, junk, withheld)
        size_bytes += size(key, value, headers)
        headers = [*headers, *ours]
        removed = None
        changed = repeats + footer + junk > 0
        if changed and self.keeps_removed and result is not None:
            removed = _removed(record, result)
            headers.append((RAW_HEADER, place(record)) if removed is not None else (REMOVED_HEADER, b"too_large"))
            size_bytes = size(key, value, headers) + (0 if removed is None else size(key, removed, []))
        name = "cleaned" if changed else "unchanged"
        kind, sent_ms = record.timestamp()
        if sent_ms <= 0 or not kind:
            headers, sent_ms = _timed(record, headers)
            size_bytes += TIMESTAMP_BYTES
        counts = (repeats, footer, withheld, removed, junk)
        return _of_all((name, key, value, headers, sent_ms, record, size_bytes, "", *counts))


@lru_cache(OURS_REMEMBERED)
def _ours(version: bytes, repeats: int, footer: int, junk: int, withheld: int) -> tuple[tuple[Header, ...], int]:
    """Our headers of an article, and how many bytes they are."""
    ours: Headers = [(REPEATS_HEADER, b"%d" % repeats), (FOOTER_HEADER, b"%d" % footer), (RULES_HEADER, version)]
    if junk:
        ours.append((JUNK_HEADER, b"%d" % junk))
    if withheld:
        ours.append((WITHHELD_HEADER, b"%d" % withheld))
    return tuple(ours), _headers_size(ours)


def size(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """An upper bound of a record's bytes on the wire, before compression."""
    beside = _headers_size(headers) if headers else 0
    return RECORD_OVERHEAD_BYTES + len(key or b"") + len(value or b"") + beside


def _headers_size(headers: Headers) -> int:
    return sum(HEADER_OVERHEAD_BYTES + 4 * len(name) + len(value or b"") for name, value in headers)


def _removed(record: Record, result: Cleaned | CleanedList) -> bytes | None:
    """What was removed, as a record; None where it would be many times the article, as of a million short lines."""
    most = REMOVED_TIMES * len(record.value() or b"") + REMOVED_MORE_BYTES
    if len(result.removed) * REMOVAL_BYTES > most:
        return None
    removed = as_json({"topic": record.topic(), "partition": record.partition(), "offset": record.offset()}, result)
    return removed if len(removed) <= most else None


def dead(record: Record, reason: str, message: str, *, headers: Headers | None = None) -> Outcome:
    """The dead letter of a record: its own bytes, key, headers and timestamp, and what was wrong with it."""
    if headers is None:
        headers = readable(record) or []
    why = letter_headers(reason, message, record.topic() or "", record.partition() or 0, record.offset() or 0)
    headers, sent_ms = _timed(record, headers + why)
    key, value = record.key(), record.value()
    return Outcome("dead", key, value, headers, sent_ms, record, size(key, value, headers), reason)


def place(record: Record) -> bytes:
    """Where a record stands, as one name: `topic/partition/offset`."""
    return f"{record.topic()}/{record.partition()}/{record.offset()}".encode()


def _timed(record: Record, headers: Headers) -> tuple[Headers, int]:
    """A record's headers, and its timestamp as the client can be given it; the headers say where that is another one.

    A record without a timestamp stays one, which is written -1.
    """
    kind, milliseconds = record.timestamp()
    if not kind:
        return headers, -1
    if milliseconds == NOW:
        return [*headers, (TIMESTAMP_HEADER, b"0")], FIRST_MS
    return headers, milliseconds


def _header(headers: Headers, wanted: str) -> bytes | None:
    for name, value in reversed(headers):
        if name.lower() == wanted:
            return value
    return None


def _encode_text(new: str | list[str]) -> bytes:
    assert isinstance(new, str)  # noqa: S101 - text gives text
    return new.encode()
