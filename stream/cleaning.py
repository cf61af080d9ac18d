"""The whole core: a text in, the cleaned text and what went out of it back.

1. Exact repeats go; their text stays once, where it first stands.
2. Footer lines go, unless the budget withholds them: something like a body must remain, and no more
   than a third of the article's prose may go.
3. Lines that meet only now may repeat others, or be a footer: 1 and 2 again until nothing is found, so
   that a second cleaning finds nothing either. A text that needs more than `PASSES` keeps its footer.
4. The blank lines directly before a paragraph that went go with it. The first paragraph never goes.

Nothing here reads a clock, logs, or raises on any `str`; each step is linear in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stream.article import Cleaned, CleanedList, Removal
from stream.footers import MAX_MARKER, ends_sentence, find_footer, prose
from stream.paragraphs import (
    digests,
    keys,
    normal_lines,
    normal_list,
    outline,
    outlines_tell,
    separator_of,
    split,
    width,
)
from stream.repeats import find_repeats
from stream.rules import Rules, builtin

PASSES = 8
BODY = 200
"""Width of what must remain when no prose does."""
MAX_PROSE_SHARE = 1 / 3

_Gone = dict[int, tuple[int | None, str | None]]  # line -> the line it repeats, or the footer rule


def clean(text: str, rules: Rules | None = None) -> Cleaned:
    """Give `text` without exact repeats and footer. With nothing to remove its `text` is the same object."""
    if rules is None:
        rules = builtin()
    separator = separator_of(text)
    outlines = outline(text, separator)
    ids: list[bytes] | None = None
    if outlines is not None:
        ids = digests(outlines)
        blanks = outlines.count(b"")
        if len(set(ids)) == len(ids) - max(blanks - 1, 0):
            longest = MAX_MARKER if text.isascii() else 4 * MAX_MARKER  # bytes
            if not any(0 < len(line) <= longest for line in outlines):
                return Cleaned(text, (), rules.version, (), separator)
        if blanks:
            ids = [key if line else b"" for key, line in zip(ids, outlines, strict=True)]
    lines = text.split(separator)
    if ids is None or not outlines_tell(ids, lines):
        ids = keys(normal_lines(text, lines, separator))
    gone, withheld = _find(lines, ids, rules)
    kept = text
    if gone:
        drop = _with_blanks(gone, ids)
        rest = [line for at, line in enumerate(lines) if at not in drop]
        kept = separator.join(rest)
        if len(rest) == 1 and len(split(kept)[0]) > 1 and clean(kept, rules).removed:
            gone, kept = {}, text  # a lone line left would be split otherwise, and cleaned again
    removed = _removals(gone, lines, ids, separator)
    return Cleaned(kept, removed, rules.version, _removals(withheld, lines, ids, separator), separator)


def clean_list(paragraphs: Sequence[str], rules: Rules | None = None) -> CleanedList:
    """Clean a list: an item is a paragraph, and a blank item that goes is a removal of its own."""
    if rules is None:
        rules = builtin()
    ids = keys(normal_list(paragraphs))
    gone, withheld = _find(paragraphs, ids, rules)
    gone, withheld = _with_blanks(gone, ids), _with_blanks(withheld, ids)
    rest = tuple(item for at, item in enumerate(paragraphs) if at not in gone)
    removed = _removals(gone, paragraphs, (), "")
    return CleanedList(rest, removed, rules.version, _removals(withheld, paragraphs, (), ""))


def restore(cleaned: Cleaned) -> str:
    """Give back the text that was cleaned."""
    if not cleaned.removed:
        return cleaned.text
    separator = cleaned.separator
    parts = ((removal.line, removal.text.split(separator)) for removal in cleaned.removed)
    return separator.join(_merge(cleaned.text.split(separator), parts))


def restore_list(cleaned: CleanedList) -> tuple[str, ...]:
    """Give back the list that was cleaned."""
    return tuple(_merge(cleaned.paragraphs, ((removal.line, [removal.text]) for removal in cleaned.removed)))


def _merge(kept: Sequence[str], parts: Iterable[tuple[int, list[str]]]) -> list[str]:
    merged: list[str] = []
    taken = 0
    for line, texts in parts:
        more = line - 1 - len(merged)
        merged += kept[taken : taken + more]
        merged += texts
        taken += more
    merged += kept[taken:]
    return merged


def _find(lines: Sequence[str], ids: Sequence[bytes], rules: Rules) -> tuple[_Gone, _Gone]:
    """Find what goes and what is withheld, without blank lines."""
    repeats: _Gone = {at: (of, None) for at, of in find_repeats(lines, ids).items()}
    gone = dict(repeats)
    for _ in range(PASSES):
        places = [at for at in range(len(lines)) if at not in gone] if gone else range(len(lines))
        rest = [lines[at] for at in places]
        footer = find_footer(rest, rules)
        if not footer:
            return gone, {}
        found: _Gone = {places[at]: (None, rule) for at, rule in footer}
        if not _within_budget(rest, {at for at, _ in footer}):
            return gone, found
        gone.update(found)
        places = [at for at in places if at not in found]
        again = find_repeats([lines[at] for at in places], [ids[at] for at in places])
        gone.update({places[at]: (places[of], None) for at, of in again.items()})
    return repeats, {}


def _within_budget(lines: Sequence[str], footer: set[int]) -> bool:
    """Tell whether what is left after `footer` goes is still an article, and most of its prose is there."""
    size = 0
    for at, line in enumerate(lines):
        if at not in footer:
            size += width(line)
            if size >= BODY or (2 * size >= MAX_MARKER and ends_sentence(line)):
                break
    else:
        return False
    taken = sum(prose(lines[at]) for at in footer)
    return not taken or taken <= MAX_PROSE_SHARE * sum(map(prose, lines))


def _with_blanks(gone: _Gone, ids: Sequence[bytes]) -> _Gone:
    """Give `gone` in order, with the blank lines directly before each paragraph."""
    if b"" not in ids:
        return gone
    whole: _Gone = {}
    for at in sorted(gone):
        first = at
        while first and not ids[first - 1]:
            first -= 1
        for line in range(first, at + 1):
            whole[line] = gone[at]
    return whole


def _removals(
    gone: Mapping[int, tuple[int | None, str | None]], lines: Sequence[str], ids: Sequence[bytes], separator: str
) -> tuple[Removal, ...]:
    """Give the removals in order; with `ids`, each with the blank lines before it."""
    found = []
    blank = b"" in ids
    for at in sorted(gone):
        of, rule = gone[at]
        first = at
        while blank and first and not ids[first - 1]:
            first -= 1
        text = lines[at] if first == at else separator.join(lines[first : at + 1])
        if of is None:
            found.append(Removal(first + 1, text, "footer", rule=rule))
        else:
            found.append(Removal(first + 1, text, "repeat", of=of + 1))
    return tuple(found)
