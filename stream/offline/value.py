"""Cleaning a value that comes from a file: the worker's own steps, without a record around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from stream.core.article import Cleaned, CleanedList, Removal
from stream.core.rules import Rules
from stream.core.sites import Profile
from stream.records.codec import decode_text
from stream.records.process import CleanedText, Processor
from stream.records.reasons import reasons_of
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


class ShownText(NamedTuple):
    """One text of an article after the cleaning, as people are shown it.

    `field`: as the settings name it, if they name several; else "". `is_text` tells that the value was the text
    itself and no JSON object; `rules` are those that it was cleaned by.
    """

    field: str
    result: Cleaned | CleanedList
    rules: Rules
    is_text: bool = False

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """What stays."""
        if isinstance(self.result, CleanedList):
            return self.result.paragraphs
        return tuple(self.result.text.split(self.result.separator))


class CleanedValue(NamedTuple):
    """A value before and after. `problem` says why it could not be cleaned; then `value` is what came in.

    Of an article that holds no text, and need not, `texts` is empty. `is_text` tells that the value was the text itself
    and no JSON object.
    """

    value: bytes
    texts: tuple[ShownText, ...] = ()
    problem: str = ""
    counts: Counts = FAILED
    is_text: bool = False

    @property
    def removed(self) -> tuple[Removal, ...]:
        """What went."""
        return tuple(removal for text in self.texts for removal in text.result.removed)

    @property
    def cleaned(self) -> list[CleanedText]:
        """The results, by field."""
        return [CleanedText(text.field, text.result) for text in self.texts]


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
        if old.absent and processor.no_text == "pass":
            return CleanedValue(value, counts=UNCHANGED)
        return CleanedValue(value, problem=old.message, is_text=is_text)
    rules = processor.rules_for(None if is_text else value, [])
    profile = profiles.get(site_in(processor.codec, value)) if profiles and not is_text else None
    cleaned = processor.clean(old, rules, profile)
    texts = tuple(ShownText(field, result, rules, is_text) for field, result in cleaned)
    by_text = [reasons_of(text.result) for text in cleaned if text.result.is_changed]
    counts = Counts(1, 1, 0, *map(sum, zip(*by_text, strict=True))) if by_text else UNCHANGED
    return CleanedValue(processor.encode(value, cleaned, plain=is_text), texts, "", counts, is_text)
