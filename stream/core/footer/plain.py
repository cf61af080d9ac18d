"""Pages for which nobody has to ask the model: those without a footer, and those whose footer is plain."""

from __future__ import annotations

from stream.core import native
from stream.core.footer.lines import CLOSED, ENDS_TABLE, HEADINGS, PROSE, QUOTES, WIDEST, effective, end_of, halves
from stream.core.rules import Rules
from stream.core.rules.topics import TOPICS, Signs

LONGEST = 10
"""Lines of the longest tail that may be plain."""
_OPEN = frozenset(HEADINGS) - {TOPICS["ad"]}  # after an advertisement the article may go on
OPEN_TOPICS = native.letters(*map(chr, _OPEN))


def is_quiet(lines: list[str], signs: Signs) -> bool:
    """Whether the last two lines are prose, and no line says anything of itself: there is no footer to look for."""
    last = lines[-2:]
    if any(map(_is_short, last)):
        return False
    if not signs.silent(lines):
        return False
    per_letter = WIDEST if all(map(str.isascii, last)) else halves(lines)  # which no letter of ASCII asks for
    return all(effective(line, per_letter) >= PROSE and end_of(line) == CLOSED for line in last)


def plain_tail(lines: list[str], rules: Rules) -> int:
    """Where a heading opens a tail of a few short lines, on a page that is quiet up to there; else `len(lines)`.

    The model would cut there as well (docs/decisions/0008). The heading is a rule's, and no line after it ends as a
    sentence does: "Background", which is a hint, may be a subhead of the article's, and short sentences may be its own.
    """
    begin = opening_of(lines, rules.signs)
    return begin if begin == len(lines) or rules.find(lines[begin]) is not None else len(lines)


def opening_of(lines: list[str], signs: Signs) -> int:
    """Do what `plain_tail` does, where a hint counts as a heading, too."""
    if signs.compiled is not None:
        return int(native.compiled.opening(lines, signs.compiled, ENDS_TABLE, QUOTES, OPEN_TOPICS))
    end = len(lines)
    begin = next((at + 1 for at in range(end - 1, max(end - LONGEST - 2, 0), -1) if not _is_short(lines[at])), end)
    if not 1 < begin < end - 1 or signs.of(lines[begin]) not in _OPEN:
        return end
    if any(end_of(line) == CLOSED for line in lines[begin + 1 :]) or not is_quiet(lines[:begin], signs):
        return end
    return begin


def _is_short(line: str) -> bool:
    """Whether a line is no prose, whatever the script of its page."""
    return effective(line, WIDEST) < PROSE
