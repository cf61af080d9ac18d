"""Cleaning a value that comes from a file: the worker's own steps, without a record around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from stream.core.article import Cleaned, CleanedList, Removal
from stream.core.rules import Rules
from stream.core.sites import Profile
from stream.records.codec import decode_text
from stream.records.process import Processor, count_reasons
from stream.records.shape import Undecodable
from stream.records.site import site_in


class Counts(NamedTuple):
    """What was done: how many articles went in, were changed or could not be cleaned, and what was removed from them.

    `repeats` are paragraphs, `footer` and `junk` are lines; `site` are lines that the site's other articles have, too.
    """

    articles: int = 0
    cleaned: int = 0
    failed: int = 0
    repeats: int = 0
    footer: int = 0
    junk: int = 0
    site: int = 0

    @property
    def unchanged(self) -> int:
        """How many articles had nothing to remove."""
        return self.articles - self.cleaned - self.failed

    def plus(self, other: Counts) -> Counts:
        """The sum of both."""
        return Counts(*(one + two for one, two in zip(self, other, strict=True)))


FAILED = Counts(articles=1, failed=1)
UNCHANGED = Counts(articles=1)


class CleanedValue(NamedTuple):
    """A value before and after. `problem` says why it could not be cleaned; then `value` is what came in.

    `is_text` tells that the value was the text itself and no JSON object; `rules` are those that it was cleaned by.
    """

    value: bytes
    result: Cleaned | CleanedList | None = None
    problem: str = ""
    counts: Counts = FAILED
    is_text: bool = False
    rules: Rules | None = None

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """What stays."""
        if self.result is None:
            return ()
        if isinstance(self.result, CleanedList):
            return self.result.paragraphs
        return tuple(self.result.text.split(self.result.separator))

    @property
    def removed(self) -> tuple[Removal, ...]:
        """What went."""
        return () if self.result is None else self.result.removed

    @property
    def withheld(self) -> tuple[Removal, ...]:
        """What stays only for the safety budget."""
        return () if self.result is None else self.result.withheld


def clean_value(
    processor: Processor,
    value: bytes,
    value_format: Literal["text", "json", "jsonl"],
    *,
    profiles: Mapping[str, Profile] | None = None,
) -> CleanedValue:
    """Cleans one value. Never raises, whatever the bytes are.

    `profiles` are those of the known sites, by name. A text has no address, so it belongs to none.
    """
    is_text = value_format == "text"
    old = decode_text(value) if is_text else processor.codec.decode(value)
    if isinstance(old, Undecodable):
        return CleanedValue(value, problem=old.message, is_text=is_text)
    rules = processor.rules_for(None if is_text else value, [])
    profile = (
        profiles.get(site_in(processor.codec, value, processor.source_field)) if profiles and not is_text else None
    )
    result, new = processor.clean(old, rules, profile)
    if not result.removed:
        return CleanedValue(value, result, "", UNCHANGED, is_text, rules)
    value = new.encode() if is_text and isinstance(new, str) else processor.codec.encode(value, new)
    counts = Counts(1, 1, 0, *count_reasons(result.removed))
    return CleanedValue(value, result, "", counts, is_text, rules)
