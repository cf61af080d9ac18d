"""One record in, one outcome out: here a record becomes an article. No Kafka client is used up to here.

Every record leaves as exactly one outcome: `cleaned`, `unchanged`, `tombstone` or `dead`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Literal, get_args

from stream.core.article import Cleaned, CleanedList, Reason, Removal
from stream.core.cleaning import clean, clean_list
from stream.core.removals import REMOVAL_BYTES, as_json
from stream.core.rules import Rules
from stream.core.sites import Profile
from stream.records.codec import JsonCodec, decode_text, format_of_value
from stream.records.dead_letters import dead
from stream.records.headers import (
    CONTENT_TYPE_HEADER,
    FOOTER_HEADER,
    JUNK_HEADER,
    RAW_HEADER,
    READ,
    REMOVED_HEADER,
    REPEATS_HEADER,
    RULES_HEADER,
    TIMESTAMP_HEADER,
    UNREADABLE,
    WITHHELD_HEADER,
    Header,
    Headers,
    why_unreadable,
)
from stream.records.outcomes import Outcome, new_outcome
from stream.records.record import HEADER_OVERHEAD_BYTES, Record, headers_size, place, size, timed
from stream.records.shape import Undecodable

REMOVED_TIMES, REMOVED_MORE_BYTES = 2, 1 << 16
"""A record of removals may be twice as long as its article and 64 KiB longer; a longer one is left out."""

TIMESTAMP_BYTES = HEADER_OVERHEAD_BYTES + 4 * len(TIMESTAMP_HEADER) + 1
OURS_REMEMBERED = 1024  # entries of a cache: most articles have the same counts as another one
REASONS = get_args(Reason)  # a reason that is added is counted below, or `count_reasons` fails for every article
_reason = attrgetter("reason")


@dataclass(frozen=True, slots=True)
class Processor:
    """Decodes, cleans and encodes records, one by one. `process` never raises on any record."""

    codec: JsonCodec
    input_format: Literal["auto", "json", "text"]
    rules: Rules
    version: bytes
    keeps_removed: bool = False
    source_field: str = "source"

    @classmethod
    def for_field(
        cls,
        text_field: str,
        input_format: Literal["auto", "json", "text"],
        rules: Rules,
        *,
        keeps_removed: bool = False,
        source_field: str = "source",
    ) -> Processor:
        """Make a processor for one text field, one format and one rule set.

        `keeps_removed`: make `Outcome.removed`. `source_field`: the field or header that names an article's site, for
        rules that are for single sites.
        """
        return cls(JsonCodec(text_field), input_format, rules, rules.version.encode(), keeps_removed, source_field)

    def process(self, record: Record) -> Outcome:
        """Give the outcome of one record."""
        value = record.value()
        try:
            headers = READ[type(record)](record) or []
        except UNREADABLE as error:
            return dead(record, "bad_header", why_unreadable(record, error), headers=[])
        if value is None:
            key = record.key()
            headers, sent_ms = timed(record, headers)
            return Outcome("tombstone", key, None, headers, sent_ms, record, size(key, None, headers))
        kind = _header(headers, CONTENT_TYPE_HEADER) if headers else None
        plain = format_of_value(kind, self.input_format) == "text"
        old = decode_text(value) if plain else self.codec.decode(value)
        if isinstance(old, Undecodable):
            return dead(record, old.reason, old.message, headers=headers)
        rules = self.rules_for(None if plain else value, headers)
        result, new = self.clean(old, rules)
        repeats, footer, junk, site = count_reasons(result.removed)
        footer += site  # none as long as no profile comes with the record
        if result.removed:
            value = _encode_text(new) if plain else self.codec.encode(value, new)
        return self._outcome(record, headers, value, repeats, footer, junk, result)

    def rules_for(self, document: bytes | None, headers: Headers) -> Rules:
        """Give the rules for an article: its source field names the site, or else the last header with that name.

        `document` is the JSON object that the article is in, if it is in one. Case does not matter in a header's name.
        """
        if not self.rules.sites:
            return self.rules
        site = "" if document is None else self.codec.site(document, self.source_field)
        if not site:
            said = _header(headers, self.source_field.lower())
            site = said.decode("utf-8", "replace") if said else ""
        return self.rules.for_site(site)

    def clean(
        self, text: str | list[str], rules: Rules, profile: Profile | None = None
    ) -> tuple[Cleaned | CleanedList, str | list[str]]:
        """Give the core's result, and the cleaned text in the shape that the text came in."""
        if isinstance(text, str):
            cleaned = clean(text, rules, profile)
            return cleaned, cleaned.text
        cleaned_list = clean_list(text, rules, profile)
        return cleaned_list, list(cleaned_list.paragraphs)

    def _outcome(  # noqa: PLR0913, PLR0917 - what there is to count
        self,
        record: Record,
        headers: Headers,
        value: bytes,
        repeats: int,
        footer: int,
        junk: int,
        result: Cleaned | CleanedList,
    ) -> Outcome:
        """Give the outcome of an article whose new value is known. `headers` are the record's own."""
        key = record.key()
        withheld = len(result.withheld)
        ours, size_bytes = _ours(self.version, repeats, footer, junk, withheld)
        size_bytes += size(key, value, headers)
        headers = [*headers, *ours]
        removed = None
        changed = repeats + footer + junk > 0
        if changed and self.keeps_removed:
            removed = _removed(record, result)
            headers.append((RAW_HEADER, place(record)) if removed is not None else (REMOVED_HEADER, b"too_large"))
            size_bytes = size(key, value, headers) + (0 if removed is None else size(key, removed, []))
        name = "cleaned" if changed else "unchanged"
        kind, sent_ms = record.timestamp()
        if sent_ms <= 0 or not kind:
            headers, sent_ms = timed(record, headers)
            size_bytes += TIMESTAMP_BYTES
        # In the order of `Outcome`'s fields: naming them would cost a call of Python for each article.
        counts = (repeats, footer, withheld, removed, junk)
        return new_outcome((name, key, value, headers, sent_ms, record, size_bytes, "", *counts))


def count_reasons(removed: Iterable[Removal]) -> tuple[int, int, int, int]:
    """Count removals by reason: repeats, footer lines, junk lines, lines known from the site's other articles.

    Raises `ValueError` if one has a reason that is not counted here, which is a bug: no number would tell of it.
    """
    reasons = [*map(_reason, removed)]
    repeats, footer, junk, site = map(reasons.count, REASONS)
    if repeats + footer + junk + site != len(reasons):
        msg = f"Removals for other reasons than {', '.join(REASONS)}: {set(reasons).difference(REASONS)}."
        raise ValueError(msg)
    return repeats, footer, junk, site


@lru_cache(OURS_REMEMBERED)
def _ours(version: bytes, repeats: int, footer: int, junk: int, withheld: int) -> tuple[tuple[Header, ...], int]:
    """Give the headers that the worker adds to an article, and their size in bytes."""
    ours: Headers = [(REPEATS_HEADER, b"%d" % repeats), (FOOTER_HEADER, b"%d" % footer), (RULES_HEADER, version)]
    if junk:
        ours.append((JUNK_HEADER, b"%d" % junk))
    if withheld:
        ours.append((WITHHELD_HEADER, b"%d" % withheld))
    return tuple(ours), headers_size(ours)


def _removed(record: Record, result: Cleaned | CleanedList) -> bytes | None:
    """Give the record of removals; None where it would be many times as long as the article.

    That happens with a million short lines, say: each takes `REMOVAL_BYTES` in addition to its text.
    """
    most = REMOVED_TIMES * len(record.value() or b"") + REMOVED_MORE_BYTES
    if len(result.removed) * REMOVAL_BYTES > most:
        return None
    removed = as_json({"topic": record.topic(), "partition": record.partition(), "offset": record.offset()}, result)
    return removed if len(removed) <= most else None


def _header(headers: Headers, wanted: str) -> bytes | None:
    for name, value in reversed(headers):
        if name.lower() == wanted:
            return value
    return None


def _encode_text(new: str | list[str]) -> bytes:
    assert isinstance(new, str)  # noqa: S101 - text gives text
    return new.encode()
