"""An article line by line, with what was done to each line: for explanations and differences."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from stream.core.article import Cleaned, CleanedList, Removal
from stream.core.restoring import restore, restore_list
from stream.core.rules.credit import credited
from stream.offline.value import ShownText

_EDITOR_LINE = re.compile("\r\n|\n|\r")


class Row(NamedTuple):
    """A line of the article as it came in.

    `removal` is set where the line was removed. The blank lines that went with a paragraph have its removal, too.
    `withheld` is set where a rule found the line and was overruled, because too much of the article would have gone.
    """

    text: str
    removal: Removal | None = None
    withheld: Removal | None = None


def rows(text: ShownText, lines: Sequence[str]) -> list[Row]:
    """The article's lines in order, with what was done to each; `lines` are its `original_lines`."""
    cleaned = text.result
    separator = cleaned.separator if isinstance(cleaned, Cleaned) else None
    gone = _places(cleaned.removed, separator)
    withheld = _places(cleaned.withheld, separator)
    return [Row(line, gone.get(at), withheld.get(at)) for at, line in enumerate(lines)]


def original_lines(text: ShownText) -> Sequence[str]:
    """The article's lines (of a list: its items) before the cleaning."""
    cleaned = text.result
    if isinstance(cleaned, CleanedList):
        return restore_list(cleaned)
    return restore(cleaned).split(cleaned.separator)


def _places(removals: Sequence[Removal], separator: str | None) -> dict[int, Removal]:
    """Each removal at all its lines, 0-based."""
    found: dict[int, Removal] = {}
    for removal in removals:
        more = 0 if separator is None else removal.text.count(separator)
        found |= dict.fromkeys(range(removal.line - 1, removal.line + more), removal)
    return found


class Numbering(NamedTuple):
    """What the core's line numbers are called for people: `names[n - 1]` is that of its line n.

    An editor's lines end in LF, CR LF or a lone CR, and those that people see are counted like that. A list has
    items. Where a text has no such line end the core's lines are what U+2029 or U+2028 stands between, which editors
    show as one line: they are called paragraphs.
    """

    what: str
    names: Sequence[int]
    where: str = ""

    def name(self, line: int) -> str:
        """Such as "line 3", or "line 3 of the text" where a line of the file could be meant."""
        return f"{self.what} {self.names[line - 1]}{self.where}"


def numbering(text: ShownText, lines: Sequence[str]) -> Numbering:
    """How lines of this article are called. Those of a JSON article are lines of its text, not of the file."""
    cleaned = text.result
    if isinstance(cleaned, CleanedList):
        return Numbering("item", range(1, len(lines) + 1))
    if cleaned.separator not in "\r\n":
        return Numbering("paragraph", range(1, len(lines) + 1))
    return Numbering("line", editor_lines(lines, cleaned.separator), "" if text.is_text else " of the text")


def editor_lines(lines: Sequence[str], separator: str) -> list[int]:
    """The 1-based line of an editor on which each of the core's lines begins, and the one after the last line."""
    return [*accumulate((len(_EDITOR_LINE.findall(line + separator)) for line in lines), initial=1)]


def rules_named(text: ShownText, lines: Sequence[str]) -> dict[Removal, str]:
    """The rule of each removal, withheld ones too, by its name in the article's own language where it has one."""
    removals = [removal for removal in (*text.result.removed, *text.result.withheld) if removal.rule]
    texts = [(removal.text.strip(), removal.rule or "") for removal in removals]
    names = credited(texts, lines, text.rules) if texts else []
    return dict(zip(removals, names, strict=True))


def reasons(text: ShownText, lines: Sequence[str]) -> Callable[[Removal], str]:
    """What says in a few words why something went: the line that it repeats, or the rule that found it."""
    return partial(_why, rules_named(text, lines), numbering(text, lines))


def _why(rules: Mapping[Removal, str], numbers: Numbering, removal: Removal) -> str:
    if removal.reason == "repeat" and removal.of is not None:
        return f"repeats {numbers.name(removal.of)}"
    if removal.reason == "site" and removal.rule is not None:
        where, _, share = removal.rule.partition(":")
        return f"{where}: site, {' of '.join(share.split('/'))} articles"
    return f"{removal.reason}: {rules.get(removal, removal.rule)}"
