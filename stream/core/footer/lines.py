"""One line as numbers: what can be seen of it without understanding it.

A line becomes seven codes, the codes become a weight (below zero: body, above: footer, in hundredths of
log-odds) and a few counts, packed into one integer so that sums over many lines cost one subtraction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from stream.core import native
from stream.core.rules.topics import LEGAL_LONGEST, LEGAL_WORDS, SHORT, Signs, is_legal
from stream.core.sentence_ends import LOOKED_AT, SENTENCE_ENDS

PROSE = 80
"""A closed line of at least this effective length is prose."""
LONGEST = 600
"""Lengths above count as this."""
CLIP = 150
"""A line's weight is clipped to this before it is summed."""

_CUTS = (2, 4, 7, 10, 13, 16, 20, 25, 30, 35, 42, 50, 60, 72, 86, 102, 122, 150, 190, 250, 350, 550)
BINS = bytes(sum(size >= cut for cut in _CUTS) for size in range(LONGEST + 1))
SIZES = bytes([0] * 9 + [1] * 6 + [2] * 8)  # bin -> short, middle, long
FORMS = bytes((size >= 16) + (size >= 42) + (size >= 122) for size in range(LONGEST + 1))  # noqa: PLR2004

CLOSED, COLON, COMMA, ENDS_IN_DIGIT, SYMBOL, QUOTED = 1, 2, 3, 4, 5, 6
ENDS = 7
_END = {
    **dict.fromkeys(SENTENCE_ENDS, CLOSED),
    **dict.fromkeys(":\uff1a", COLON),
    **dict.fromkeys(",\uff0c\u3001\u060c\u055d\u104a\u1363", COMMA),
    **dict.fromkeys("0123456789", ENDS_IN_DIGIT),
    **dict.fromkeys(")]\uff09\u3011}>\u203a|\u2192*/-\u2013\u2014_+=&", SYMBOL),
}
_QUOTES = frozenset("\"\u201d\u2019'\u300d\u300f\u201c\u00bb")
_COMMAS = ",\uff0c"
_START = {
    **{
        letter: 2 if letter.isupper() or letter.istitle() else 1
        for letter in map(chr, range(33, 0x530))
        if letter.isalpha()
    },
    **dict.fromkeys("0123456789", 3),
    **dict.fromkeys("\"\u201c\u2018'\u00ab\u201e\u300c\u300e\u201d\u2019", 4),
    **dict.fromkeys("([\uff08\u3010{<", 5),
    **dict.fromkeys(
        "\u00b7\u2022\u25cf\u25cb\u25e6\u25aa\u25ab\u25a0\u25a1\u25c6\u25c7\u25ba\u25b6\u25b8\u25b7\u2192\u00bb>\u203a|*+#~_"
        "-\u2013\u2014.\u2026,:;!?/\\=&\u00a9@$^",
        6,
    ),
}
# Scripts of three bytes a letter that spell a word in several: Hindi and its neighbours, Thai, Burmese, Khmer, ...
_SPELLED = re.compile("[\u0900-\u10ff\u1780-\u18af\u1900-\u1c7f\ua800-\uabef]")
_STOPS_INSIDE = re.compile("[\u3002\u0964\u0965\u06d4\u104b\u17d4\u1362]")
_DATE = re.compile(
    r"[0-9][:./\u5e74\u6708-][0-9]|(?:19|20)[0-9][0-9]|[0-9] (?:\u043c\u0438\u043d|\u0447\u0430\u0441|min|hour|ago)"
)
_DIGIT = re.compile(r"[0-9]")
_MANY, _SOME = 6, 3  # capitals, of ten words
_FEW_WORDS, _CAPITALS_FROM = 2, 15
_PAIR, WIDEST = 2, 5
_first = itemgetter(0)
MOST_SEEN = 8192
"""Lines of other articles that are remembered."""

# Where each group of one-hot columns begins; size stands for short, middle, long.
BY_START, BY_TOPIC, BY_DIGITS, BY_CAPITALS, BY_SENTENCES, COLUMNS = 161, 185, 207, 225, 243, 252

# Counts in one integer, twenty bits each but for the sums of lengths.
BITS = 20
ONE = (1 << BITS) - 1
WHOLE, ANY_TOPIC, COMMENTS, PROSES, COLONS, LENGTH, PROSE_LENGTH = 0, 20, 40, 60, 80, 100, 132
_MOST_PROSE = 4000
_WHOLE_TOPICS = frozenset({*range(1, 11), LEGAL_WORDS})
_COMMENT_TOPICS = (3, 13)
HEADINGS = range(1, 9)
"""Topics of whole lines that open a footer: all but navigation and credits."""

Codes = tuple[int, int, int, int, int, int, int]
"""Effective length, end, start, topic, digits, capitals, sentences."""


class Line(NamedTuple):
    """What the page needs of a line."""

    weight: int
    clipped: int
    length: int
    end: int
    topic: int
    counts: int
    prose: bool
    look: int  # its end, size and start in one number
    like: int  # its end and size


_line: Callable[[tuple[object, ...]], Line] = partial(tuple.__new__, Line)  # `Line` without a call of Python
NO_LINE = Line(0, 0, 0, 0, 0, 0, prose=False, look=-1, like=-1)


def halves(lines: Sequence[str]) -> int:
    """Half characters that a letter counts: five where each says more, as ideographs do."""
    text = "\n".join(lines[:LOOKED_AT])
    if text.isascii():
        return _PAIR
    wide = len(text.encode("utf-8", "surrogatepass")) * 100 > (len(text) + 1) * 205
    return WIDEST if wide and not _SPELLED.search(text[:200]) else _PAIR


def codes_of(line: str, per_letter: int, signs: Signs, said: str | None = None) -> Codes:
    """The codes of a line that is not blank; in `said`, it with its format characters, phrases are looked up."""
    size = effective(line, per_letter)
    if not size:
        return (0, 0, 0, 0, 0, 0, 0)
    topic = digits = capitals = 0
    if size <= SHORT:
        topic = signs.of(line if said is None else said)
        if _DIGIT.search(line):
            digits = 2 if _DATE.search(line) else 1
        capitals = _capitals(line, size)
        if "@" in line or "http" in line or "www." in line:
            digits += 3
    if size <= LEGAL_LONGEST and is_legal(line):
        topic = LEGAL_WORDS
    return (size, end_of(line), _START.get(line[0], 0), topic, digits, capitals, _sentences(line))


def effective(line: str, per_letter: int) -> int:
    """A line's length in letters of a script with spaces, with so many `halves` a letter."""
    return len(line) if per_letter <= _PAIR or line.isascii() else len(line) * per_letter >> 1


def end_of(line: str) -> int:
    """What a line ends with: `CLOSED` and the others; 0 for a letter."""
    last = line[-1]
    if last in _QUOTES and len(line) > 1:
        before = line[-2]
        return CLOSED if _END.get(before) == CLOSED or before in _COMMAS else QUOTED
    return _END.get(last, 0)


def _sentences(line: str) -> int:
    """1: several; 2: a colon in it; 0: neither."""
    if ". " in line:
        return 1
    if line.isascii():
        return 2 if ": " in line else 0
    inner = line[:-1]
    return 1 if _STOPS_INSIDE.search(inner) else 2 if ": " in line or "\uff1a" in inner else 0


def _capitals(line: str, size: int) -> int:
    """1: all capitals; 2: each word begins with one; 3, 4, 5: most, some, few do; 0: not looked at."""
    if line.isupper():
        return 1
    if line.istitle():
        return 2
    if size > _CAPITALS_FROM:
        words = line.split()
        if len(words) > _FEW_WORDS:
            share = sum(map(str.isupper, map(_first, words))) * 10
            return 3 if share >= len(words) * _MANY else 4 if share > len(words) * _SOME else 5
    return 0


def columns(codes: Codes) -> tuple[int, ...]:
    """The one-hot columns that are set for a line."""
    length, end, start, topic, digits, capitals, sentences = codes
    bin_ = BINS[min(length, LONGEST)]
    size = SIZES[bin_]
    return (
        bin_ * ENDS + end,
        BY_START + start * 3 + size,
        BY_TOPIC + topic,
        BY_DIGITS + digits * 3 + size,
        BY_CAPITALS + capitals * 3 + size,
        BY_SENTENCES + sentences * 3 + size,
    )


def line_of(codes: Codes, weights: Sequence[int]) -> Line:
    """Weigh a line and count what is in it."""
    length, end, start, topic, digits, capitals, sentences = codes
    capped = min(length, LONGEST)
    bin_ = BINS[capped]
    size = SIZES[bin_]
    weight = (
        weights[bin_ * ENDS + end]
        + weights[BY_START + start * 3 + size]
        + weights[BY_TOPIC + topic]
        + weights[BY_DIGITS + digits * 3 + size]
        + weights[BY_CAPITALS + capitals * 3 + size]
        + weights[BY_SENTENCES + sentences * 3 + size]
    )
    prose = length >= PROSE and end == CLOSED
    counts = capped << LENGTH
    if topic:
        counts |= 1 << ANY_TOPIC
        if topic in _WHOLE_TOPICS:
            counts |= 1 << WHOLE
        if topic in _COMMENT_TOPICS:
            counts |= 1 << COMMENTS
    if length <= SHORT and sentences == COLON:
        counts |= 1 << COLONS
    if prose:
        counts |= 1 << PROSES | min(length, _MOST_PROSE) << PROSE_LENGTH
    clipped = weight if -CLIP <= weight <= CLIP else CLIP if weight > 0 else -CLIP
    like = end << 2 | FORMS[capped]
    return _line((weight, clipped, capped, end, topic, counts, prose, like << 3 | start, like))


STARTS, ENDS_TABLE, QUOTES = native.table(_START), native.table(_END), native.letters(*_QUOTES)


def line_reader(weights: Sequence[int]) -> Any:
    """Give the twin of `lines_of` for these weights; None where it was not built."""
    if native.compiled is None:
        return None
    return native.compiled.LineReader(STARTS, ENDS_TABLE, QUOTES, lambda code: line_of(unpacked(code), weights))


def unpacked(code: int) -> Codes:
    """Give the codes that the compiled twin puts into one number; a length is at most `_MOST_PROSE` there."""
    low, high = code & (1 << 18) - 1, code >> 18
    return (low & 4095, low >> 12 & 7, low >> 15, high & 31, high >> 5 & 7, high >> 8 & 7, high >> 11)


class Seen(NamedTuple):
    """What was seen before: short lines; the codes of others; long ones, by their codes in one number.

    Footers of a site repeat. What is remembered depends on nothing but the line, the rules and the weights.
    """

    lines: dict[str, Line]
    codes: dict[Codes, Line]
    long: dict[int, Line]


Memo = dict[int, Seen]
"""By the half characters of a letter."""


def lines_of(lines: Sequence[str], weights: Sequence[int], signs: Signs, memo: Memo | None = None) -> list[Line]:
    """Look at each line; none is blank. `memo` is of the same weights and rules."""
    per_letter = halves(lines)
    seen, shapes, long = kept = Seen({}, {}, {}) if memo is None else memo.setdefault(per_letter, Seen({}, {}, {}))
    found = []
    for line in lines:
        size = len(line)
        if size <= SHORT:
            known = seen.get(line)
            if known is None:
                known = seen[line] = _known(codes_of(line, per_letter, signs), weights, shapes)
        elif line.isascii() or per_letter == _PAIR:
            if size <= LEGAL_LONGEST and is_legal(line):
                known = _known(codes_of(line, per_letter, signs), weights, shapes)
            else:  # too long to be looked up
                last = line[-1]
                end = end_of(line) if last in _QUOTES else _END.get(last, 0)
                several = 1 if ". " in line else _sentences(line)
                start = _START.get(line[0], 0)
                capped = min(size, _MOST_PROSE)
                key = capped << 8 | end << 5 | start << 2 | several
                known = long.get(key)
                if known is None:
                    known = long[key] = line_of((capped, end, start, 0, 0, 0, several), weights)
        else:
            known = _known(codes_of(line, per_letter, signs), weights, shapes)
        found.append(known)
    for each in kept:
        if len(each) > MOST_SEEN:
            each.clear()
    return found


def _known(codes: Codes, weights: Sequence[int], shapes: dict[Codes, Line]) -> Line:
    known = shapes.get(codes)
    if known is None:
        known = shapes[codes] = line_of(codes, weights)
    return known
