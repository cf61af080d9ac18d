"""One record in, one record out: the last step that knows no Kafka.

Every record that comes in leaves as exactly one outcome: `cleaned`, `unchanged`, `tombstone` or `dead`.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, NamedTuple, Protocol

from stream.article import Cleaned, CleanedList
from stream.cleaning import clean, clean_list
from stream.codec import JsonCodec, Undecodable, decode_text, format_of
from stream.dead_letters import letter_headers
from stream.provenance import REMOVAL_BYTES, as_json
from stream.rules import Rules

Headers = list[tuple[str, bytes | None]]
OutcomeName = Literal["cleaned", "unchanged", "tombstone", "dead"]

REPEATS_HEADER = "article-stream.repeats"
FOOTER_HEADER = "article-stream.footer"
JUNK_HEADER = "article-stream.junk"
WITHHELD_HEADER = "article-stream.withheld"
RULES_HEADER = "article-stream.rules"
POINTER_HEADER = "article-stream.pointer"
REMOVED_HEADER = "article-stream.removed"
RAW_HEADER = "article-stream.raw"

REMOVED_TIMES, REMOVED_MORE_BYTES = 2, 1 << 16
"""A record of removals is at most so many times its article, and so much more; longer ones are left out."""

# What a record costs on the wire beside its parts: an upper bound of the record's own and the batch's framing.
RECORD_OVERHEAD_BYTES = 128
HEADER_OVERHEAD_BYTES = 10
_reason = attrgetter("reason")


class Record(Protocol):
    """A consumed record, as confluent-kafka's `Message` gives it."""

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
    """What becomes of one record. `timestamp_ms` is 0 where the record has none.

    `reason` says why a record is dead. `repeats`, `footer`, `withheld` and `junk` count paragraphs. `source` is the
    record that came in: it is needed again if the broker finds the outcome too large. `removed` is what goes
    to the topic of removals, if there is one (`stream.provenance`).
    """

    name: OutcomeName
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int
    source: Record
    reason: str = ""
    repeats: int = 0
    footer: int = 0
    withheld: int = 0
    removed: bytes | None = None
    junk: int = 0

    def size_bytes(self) -> int:
        """An upper bound of the record's size on the wire, before compression."""
        size = RECORD_OVERHEAD_BYTES + len(self.key or b"") + len(self.value or b"")
        if self.removed is not None:
            size += RECORD_OVERHEAD_BYTES + len(self.key or b"") + len(self.removed)
        for name, value in self.headers:
            size += HEADER_OVERHEAD_BYTES + 4 * len(name) + len(value or b"")
        return size


@dataclass(frozen=True, slots=True)
class Processor:
    """`process(record)` decodes, cleans and encodes. It never raises on any record."""

    codec: JsonCodec
    input_format: Literal["auto", "json", "text"]
    rules: Rules
    version: bytes
    keeps_removed: bool = False
    source_field: str = "source"

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
        version = rules.version.encode()
        return cls(JsonCodec(text_field), input_format, rules, version, keeps_removed, source_field)

    def process(self, record: Record) -> Outcome:
        """The outcome of one record."""
        value = record.value()
        try:
            headers = record.headers() or []
        except UnicodeDecodeError as error:
            return dead(record, "bad_header", f"the name of a header is not UTF-8 ({error.reason})", headers=[])
        if value is None:
            return Outcome("tombstone", record.key(), None, headers, timestamp_ms(record), record)
        plain = format_of(_header(headers, "content-type"), self.input_format) == "text"
        old = decode_text(value) if plain else self.codec.decode(value)
        if isinstance(old, Undecodable):
            return dead(record, old.reason, old.message, headers=headers)
        result, new = self.clean(old, self.rules_for(None if plain else value, headers))
        encode = _encode_text if plain else self.codec.encode
        return self._outcome(record, headers, value if not result.removed else encode(value, new), result)

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

    def _outcome(self, record: Record, headers: Headers, value: bytes, result: Cleaned | CleanedList) -> Outcome:
        reasons = [*map(_reason, result.removed)]
        footer, junk = reasons.count("footer"), reasons.count("junk")
        repeats = len(reasons) - footer - junk
        ours: Headers = [
            (REPEATS_HEADER, b"%d" % repeats),
            (FOOTER_HEADER, b"%d" % footer),
            (RULES_HEADER, self.version),
        ]
        if junk:
            ours.append((JUNK_HEADER, b"%d" % junk))
        if result.withheld:
            ours.append((WITHHELD_HEADER, b"%d" % len(result.withheld)))
        removed = None
        if self.keeps_removed and result.removed:
            removed = _removed(record, result)
            place = f"{record.topic()}/{record.partition()}/{record.offset()}"
            ours.append((RAW_HEADER, place.encode()) if removed is not None else (REMOVED_HEADER, b"too_large"))
        return Outcome(
            "cleaned" if result.removed else "unchanged",
            record.key(),
            value,
            headers + ours,
            timestamp_ms(record),
            record,
            "",
            repeats,
            footer,
            len(result.withheld),
            removed,
            junk,
        )


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
        headers = record.headers() or []
    why = letter_headers(reason, message, record.topic() or "", record.partition() or 0, record.offset() or 0)
    return Outcome("dead", record.key(), record.value(), headers + why, timestamp_ms(record), record, reason)


def pointer(letter: Outcome) -> Outcome:
    """What goes where the dead letter is refused too, for its size or its time: where the record stands, and why."""
    record = letter.source
    why = [header for header in letter.headers if header[0].startswith("__streams.errors.")][-6:]
    return letter._replace(key=None, value=b"", headers=[*why, (POINTER_HEADER, b"1")], timestamp_ms=0, source=record)


def without_removals(outcome: Outcome, reason: str) -> Outcome:
    """The same article where what was removed from it can not go along, and why; its place is not told any more."""
    headers = [*outcome.headers]
    if headers and headers[-1][0] == RAW_HEADER:  # ours is the last one; another may have come in
        headers.pop()
    return outcome._replace(removed=None, headers=[*headers, (REMOVED_HEADER, reason.encode())])


def is_pointer(outcome: Outcome) -> bool:
    """Whether nothing smaller can go instead: its last header says so."""
    return outcome.headers[-1:] == [(POINTER_HEADER, b"1")]


def timestamp_ms(record: Record) -> int:
    """Milliseconds since 1970, or 0 where the record has no timestamp."""
    kind, milliseconds = record.timestamp()
    return milliseconds if kind and milliseconds > 0 else 0


def _header(headers: Headers, wanted: str) -> bytes | None:
    for name, value in reversed(headers):
        if name.lower() == wanted:
            return value
    return None


def _encode_text(value: bytes, new: str | list[str]) -> bytes:  # noqa: ARG001 - one signature
    assert isinstance(new, str)  # noqa: S101 - text gives text
    return new.encode()
