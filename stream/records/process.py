"""One record in, one outcome out: here a record becomes an article. No Kafka client is used up to here.

Every record leaves as exactly one outcome: `cleaned`, `unchanged`, `passed`, `tombstone` or `dead`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Literal, NamedTuple

import orjson

from stream.config.light import CleaningSettings, NoText
from stream.core.article import Cleaned, CleanedList
from stream.core.cleaning import clean, clean_list
from stream.core.removals import REMOVAL_BYTES, as_json, as_json_by_field
from stream.core.rules import Rules
from stream.core.sites import Profile
from stream.learner.address import site_of
from stream.learner.messages import clean_and_sketch, write_sketch
from stream.learner.observation import sketch
from stream.records.codec import InputFormat, JsonCodec, decode_text, format_of_value
from stream.records.dead_letters import dead
from stream.records.framing import SchemaFormat, Schemas, framed
from stream.records.headers import (
    CONTENT_TYPE_HEADER,
    FIELDS_HEADER,
    FOOTER_HEADER,
    JUNK_HEADER,
    ORIGIN_HEADER,
    RAW_HEADER,
    READ,
    REMOVED_HEADER,
    REPEATS_HEADER,
    RULES_HEADER,
    SITE_HEADER,
    TIMESTAMP_HEADER,
    UNREADABLE,
    WITHHELD_HEADER,
    Header,
    Headers,
    why_unreadable,
)
from stream.records.known_sites import KnownSite, KnownSites
from stream.records.outcomes import Outcome, new_outcome
from stream.records.reasons import Done, done_to
from stream.records.record import HEADER_OVERHEAD_BYTES, Record, headers_size, place, size, timed
from stream.records.shape import Change, Text, Undecodable
from stream.records.site import site_among

REMOVED_TIMES, REMOVED_MORE_BYTES = 2, 1 << 16
"""A record of removals may be twice as long as its article and 64 KiB longer; a longer one is left out."""

TIMESTAMP_BYTES = HEADER_OVERHEAD_BYTES + 4 * len(TIMESTAMP_HEADER) + 1
OURS_REMEMBERED = 1024  # entries of a cache: most articles have the same counts as another one


class CleanedText(NamedTuple):
    """One text of an article after the cleaning. `field`: as the settings name it, if they name several; else ""."""

    field: str
    result: Cleaned | CleanedList

    @property
    def change(self) -> Change:
        """What to change in the article's value."""
        if not self.result.is_changed:
            return None
        if isinstance(self.result, Cleaned):
            return self.result.text
        return frozenset(removal.line - 1 for removal in self.result.removed)


_result: Callable[[CleanedText], Cleaned | CleanedList] = itemgetter(1)


@dataclass(frozen=True, slots=True)
class Processor:
    """Decodes, cleans and encodes records, one by one. `process` never raises on any record.

    `no_text`: what becomes of a record whose text is absent or null: a dead letter, or it goes on as it is.
    `names_origin`: whether a header names the input topic.
    """

    codec: JsonCodec
    input_format: InputFormat
    rules: Rules
    version: bytes
    keeps_removed: bool = False
    no_text: NoText = "dead_letter"
    names_origin: bool = False
    schemas: Schemas | None = None
    sites: KnownSites | None = None

    @classmethod
    def for_settings(  # noqa: PLR0913 - the last four are what a worker adds
        cls,
        settings: CleaningSettings,
        input_format: InputFormat,
        rules: Rules,
        *,
        keeps_removed: bool = False,
        names_origin: bool = False,
        schemas: Schemas | None = None,
        sites: KnownSites | None = None,
    ) -> Processor:
        """Make a processor for what the settings say of records, one format and one rule set.

        `keeps_removed`: make `Outcome.removed`. `names_origin`: see the class. `schemas`: those of a registry, if any.
        `sites`: what is known of the articles' sites, if that is asked for.
        """
        codec, version = JsonCodec.of(settings.text_field, settings.source_field), rules.version.encode()
        return cls(codec, input_format, rules, version, keeps_removed, settings.no_text, names_origin, schemas, sites)

    @classmethod
    def for_field(
        cls,
        text_field: str,
        input_format: InputFormat,
        rules: Rules,
        *,
        keeps_removed: bool = False,
        source_field: str = "source",
    ) -> Processor:
        """Make one for fields alone, as the settings would write them. Raises `ValueError` for a path that is none."""
        codec = JsonCodec.of(text_field, source_field)
        return cls(codec, input_format, rules, rules.version.encode(), keeps_removed)

    def process(self, record: Record) -> Outcome:
        """Give the outcome of one record."""
        value = record.value()
        try:
            headers = READ[type(record)](record) or []
        except UNREADABLE as error:
            return dead(record, "bad_header", why_unreadable(record, error), headers=[])
        out = [*headers, (ORIGIN_HEADER, (record.topic() or "").encode())] if self.names_origin else headers
        if value is None:
            return _as_it_is("tombstone", record, out)
        kind = _header(headers, CONTENT_TYPE_HEADER) if headers else None
        plain = format_of_value(kind, self.input_format) == "text"
        codec: SchemaFormat = self.codec
        if self.schemas is not None:
            required = self.input_format == "registry"
            found = framed(value, headers, self.schemas, required=required, plain=plain)
            if isinstance(found, Undecodable):
                return dead(record, found.reason, found.message, headers=headers)
            if found is not None:
                codec, plain = found, False
        return self._article(record, headers, out, value, codec, plain=plain)

    def _article(  # noqa: PLR0913 - what is known of the record so far
        self, record: Record, headers: Headers, out: Headers, value: bytes, codec: SchemaFormat, *, plain: bool
    ) -> Outcome:
        """Give the outcome of a record that may be an article. `out`: the headers that it will have of its own."""
        site = ""
        if self.sites is None:
            texts = decode_text(value) if plain else codec.decode(value)
        else:
            texts, site = self._decode_with_site(value, headers, codec, plain=plain)
        if isinstance(texts, Undecodable):
            if texts.absent and self.no_text == "pass":
                return _as_it_is("passed", record, out)
            return dead(record, texts.reason, texts.message, headers=headers)
        rules = self.rules_for(None if plain else value, headers, codec)
        if self.sites is None or not site:
            cleaned = self.clean(texts, rules)
            done = [*map(done_to, map(_result, cleaned))]
            return self._outcome(record, out, self.encode(value, cleaned, plain=plain, codec=codec), cleaned, done)
        known = self.sites.known_of(site)
        cleaned, done, observed = self._clean_and_observe(self.sites, site, known, texts, rules)
        new_value = self.encode(value, cleaned, plain=plain, codec=codec)
        outcome = self._outcome(record, out, new_value, cleaned, done, known=known)
        beside = None if observed is None else self.sites.beside(site, observed)
        if beside is None:
            return outcome
        more_bytes = size(beside.key, beside.value, [])
        return outcome._replace(beside=beside, size_bytes=outcome.size_bytes + more_bytes)

    def _clean_and_observe(
        self, sites: KnownSites, site: str, known: KnownSite, texts: Sequence[Text], rules: Rules
    ) -> tuple[list[CleanedText], list[Done], bytes | None]:
        """Clean an article, and give what was done, and what is to be learned, if anything: from its first text."""
        text, one_in = texts[0].value, sites.one_in(site, known)
        first, observed = clean_and_sketch(text, rules, known.profile, one_in)  # at once is quicker
        cleaned = self.clean(texts, rules, known.profile, first)
        done = [*map(done_to, map(_result, cleaned))]
        if observed is None and one_in and known.has_usual and not done[0].site:  # its site's pages may have changed
            observed = write_sketch(sketch(text, rules))
        return cleaned, done, observed

    def _decode_with_site(
        self, value: bytes, headers: Headers, codec: SchemaFormat, *, plain: bool
    ) -> tuple[list[Text] | Undecodable, str]:
        """Give the texts of an article, or why there are none, and its site; "" if it names none.

        The site is what its source field, its address or the last header with the source field's name tells.
        """
        site = ""
        texts: list[Text] | Undecodable
        if plain:
            texts = decode_text(value)
        elif codec is self.codec:
            texts, fields = self.codec.decode_with_fields(value)
            site = site_among(self.codec, fields)
        else:
            texts, site = codec.decode(value), site_of(codec.site(value))
        if not site and (said := _header(headers, self.codec.shape.source.written.lower())):
            site = site_of(said.decode("utf-8", "replace"))
        return texts, site

    def rules_for(self, document: bytes | None, headers: Headers, codec: SchemaFormat | None = None) -> Rules:
        """Give the rules for an article: its source field names the site, or else the last header with that name.

        `document` is what the article is in, if it is not all there is, and `codec` reads that, if it is not JSON. Case
        does not matter in a header's name.
        """
        if not self.rules.sites:
            return self.rules
        site = "" if document is None else (codec or self.codec).site(document)
        if not site:
            said = _header(headers, self.codec.shape.source.written.lower())
            site = said.decode("utf-8", "replace") if said else ""
        return self.rules.for_site(site)

    def clean(
        self,
        texts: Sequence[Text],
        rules: Rules,
        profile: Profile | None = None,
        first: Cleaned | CleanedList | None = None,
    ) -> list[CleanedText]:
        """Clean each text by itself; `first` is the result of the first one, if it is there already."""
        several = len(self.codec.shape.texts) > 1
        cleaned = []
        for field, text in texts:
            if first is not None:
                result, first = first, None
            elif isinstance(text, str):
                result = clean(text, rules, profile)
            else:
                result = clean_list(text, rules, profile)
            cleaned.append(CleanedText(field if several else "", result))
        return cleaned

    def encode(
        self, value: bytes, cleaned: Sequence[CleanedText], *, plain: bool, codec: SchemaFormat | None = None
    ) -> bytes:
        """Give the value with its cleaned texts; `plain`: it is the text itself; `codec`: its format, if not JSON."""
        if not any(text.result.is_changed for text in cleaned):
            return value
        changes = [text.change for text in cleaned]
        if plain and isinstance(changes[0], str):
            return changes[0].encode()
        return (codec or self.codec).encode(value, changes)

    def _outcome(  # noqa: PLR0913 - what is known of the article
        self,
        record: Record,
        headers: Headers,
        value: bytes,
        cleaned: Sequence[CleanedText],
        done: Sequence[Done],
        *,
        known: KnownSite | None = None,
    ) -> Outcome:
        """Give the outcome of an article whose new value is known. `headers` are the record's own."""
        key = record.key()
        repeats, footer, junk, withheld, _ = done[0] if len(done) == 1 else map(sum, zip(*done, strict=True))
        ours, size_bytes = _ours(self.version, repeats, footer, junk, withheld)
        size_bytes += size(key, value, headers)
        headers = [*headers, *ours]
        changed = repeats + footer + junk > 0
        by_site = known is not None and known.header != b""
        if known is not None and by_site:
            headers.append((SITE_HEADER, known.header))
            size_bytes += known.header_bytes
        if cleaned[0].field:
            header = _by_field(cleaned, done)
            headers.append(header)
            size_bytes += headers_size([header])
        removed = None
        if changed and self.keeps_removed:
            removed = _removed(record, cleaned)
            headers.append((RAW_HEADER, place(record)) if removed is not None else (REMOVED_HEADER, b"too_large"))
            size_bytes = size(key, value, headers) + (0 if removed is None else size(key, removed, []))
        name = "cleaned" if changed else "unchanged"
        kind, sent_ms = record.timestamp()
        if sent_ms <= 0 or not kind:
            headers, sent_ms = timed(record, headers)
            size_bytes += TIMESTAMP_BYTES
        # In the order of `Outcome`'s fields: naming them would cost a call of Python for each article.
        counted = (repeats, footer, withheld, removed, junk, None, by_site)
        return new_outcome((name, key, value, headers, sent_ms, record, size_bytes, "", *counted))


def _as_it_is(name: Literal["passed", "tombstone"], record: Record, headers: Headers) -> Outcome:
    """Give the outcome of a record that goes on unchanged because it holds no article."""
    key, value = record.key(), record.value()
    headers, sent_ms = timed(record, headers)
    return Outcome(name, key, value, headers, sent_ms, record, size(key, value, headers))


def _by_field(cleaned: Sequence[CleanedText], done: Iterable[Done]) -> Header:
    """Give the header that says what was done to each of several texts."""
    names = ("repeats", "footer", "junk", "withheld")
    by_field = {
        text.field: {name: number for name in names if (number := getattr(each, name))}
        for text, each in zip(cleaned, done, strict=True)
    }
    return FIELDS_HEADER, orjson.dumps(by_field)


@lru_cache(OURS_REMEMBERED)
def _ours(version: bytes, repeats: int, footer: int, junk: int, withheld: int) -> tuple[tuple[Header, ...], int]:
    """Give the headers that the worker adds to an article, and their size in bytes."""
    ours: Headers = [(REPEATS_HEADER, b"%d" % repeats), (FOOTER_HEADER, b"%d" % footer), (RULES_HEADER, version)]
    if junk:
        ours.append((JUNK_HEADER, b"%d" % junk))
    if withheld:
        ours.append((WITHHELD_HEADER, b"%d" % withheld))
    return tuple(ours), headers_size(ours)


def _removed(record: Record, cleaned: Sequence[CleanedText]) -> bytes | None:
    """Give the record of removals; None where it would be many times as long as the article.

    That happens with a million short lines, say: each takes `REMOVAL_BYTES` in addition to its text.
    """
    most = REMOVED_TIMES * len(record.value() or b"") + REMOVED_MORE_BYTES
    if sum(len(text.result.removed) for text in cleaned) * REMOVAL_BYTES > most:
        return None
    where = {"topic": record.topic(), "partition": record.partition(), "offset": record.offset()}
    removed = removals_of(where, cleaned)
    return removed if len(removed) <= most else None


def removals_of(where: Mapping[str, object], cleaned: Sequence[CleanedText]) -> bytes:
    """Give the record of removals as JSON; of an article with several texts by field."""
    if cleaned[0].field:
        return as_json_by_field(where, {text.field: text.result for text in cleaned})
    return as_json(where, cleaned[0].result)


def _header(headers: Headers, wanted: str) -> bytes | None:
    for name, value in reversed(headers):
        if name.lower() == wanted:
            return value
    return None
