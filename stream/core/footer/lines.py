"""A line as numbers: what can be seen of it without understanding it.

A line becomes seven codes (`Codes`). The codes become a `Line`: a weight (below zero: body, above: footer; in
hundredths of log-odds) and counts that are summed up over many lines.
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
"""Greater lengths count as this."""
CLIP = 150
"""A line's weight is clipped to this before it is summed up."""

# By effective length, in characters: the bins that line weights are for, a rougher division of these, and another one
# for telling whether lines look alike.
_CUTS = (2, 4, 7, 10, 13, 16, 20, 25, 30, 35, 42, 50, 60, 72, 86, 102, 122, 150, 190, 250, 350, 550)
BINS = bytes(sum(size >= cut for cut in _CUTS) for size in range(LONGEST + 1))
SIZES = bytes([0] * 9 + [1] * 6 + [2] * 8)  # bin -> 0 short, 1 middle, 2 long
FORMS = bytes((size >= 16) + (size >= 42) + (size >= 122) for size in range(LONGEST + 1))  # noqa: PLR2004

# The code `end`: what the last character of a line is; 0 for a letter and all others. After a quote, see `end_of`.
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
# The code `start`: what the first character of a line is. 1 small letter, 2 capital, 3 digit, 4 quote, 5 bracket,
# 6 bullet or another mark, 0 for all others.
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
# Scripts whose letters take three bytes in UTF-8 but say no more than Latin ones: Hindi and its neighbours, Thai,
# Burmese, Khmer, ...
_SPELLED = re.compile("[\u0900-\u10ff\u1780-\u18af\u1900-\u1c7f\ua800-\uabef]")
_STOPS_INSIDE = re.compile("[\u3002\u0964\u0965\u06d4\u104b\u17d4\u1362]")
_DATE = re.compile(
    r"[0-9][:./\u5e74\u6708-][0-9]|(?:19|20)[0-9][0-9]|[0-9] (?:\u043c\u0438\u043d|\u0447\u0430\u0441|min|hour|ago)"
)
_DIGIT = re.compile(r"[0-9]")
_MANY, _SOME = 6, 3  # of ten words so many begin with a capital: most do, some do
_FEW_WORDS, _CAPITALS_FROM = 2, 15  # capitals are counted in lines of more words, and longer ones
_PAIR, WIDEST = 2, 5  # see `halves`: the half characters of a Latin letter, and of an ideograph
_first = itemgetter(0)
MOST_SEEN = 8192
"""Maximum entries of each memo of lines seen in other articles; then it starts over."""

# Columns of the linear model that weighs lines, one-hot: here each group of them begins (see `columns`).
BY_START, BY_TOPIC, BY_DIGITS, BY_CAPITALS, BY_SENTENCES, COLUMNS = 161, 185, 207, 225, 243, 252

# What is counted of a line, packed into one integer (`Line.counts`), so that one addition sums up all of it:
#
#       160..          120..159   90..119   60..89     30..59      0..29
#     +--------------+----------+---------+----------+-----------+---------+
#     | PROSE_LENGTH |  LENGTH  | PROSES  | COMMENTS | ANY_TOPIC |  WHOLE  |
#     +--------------+----------+---------+----------+-----------+---------+
#
#     WHOLE         1 if all of the line says a topic, as a heading does
#     ANY_TOPIC     1 if it has a topic
#     COMMENTS      1 if that is comments
#     PROSES        1 if it is prose
#     LENGTH        its effective length, at most `LONGEST`
#     PROSE_LENGTH  its effective length if it is prose, at most `_MOST_PROSE`
#
# A field that overflowed would add to the next one. That takes 2**30 lines, which are at least 2 GiB of text; with
# fields of 20 bits it took a million short lines.
COUNT_MASK, LENGTH_MASK = (1 << 30) - 1, (1 << 40) - 1
WHOLE, ANY_TOPIC, COMMENTS, PROSES, LENGTH, PROSE_LENGTH = 0, 30, 60, 90, 120, 160
_MOST_PROSE = 4000
_WHOLE_TOPICS = frozenset({*range(1, 11), LEGAL_WORDS})
_COMMENT_TOPICS = (3, 13)
HEADINGS = range(1, 9)
"""Topics of whole lines that open a footer: all but navigation and credits."""

Codes = tuple[int, int, int, int, int, int, int]
"""Effective length, end, start, topic, digits, capitals, sentences: `stream.core.native` lists their values."""


class Line(NamedTuple):
    """What the model knows of a line."""

    weight: int  # hundredths of log-odds; above zero: more likely a footer's
    clipped: int  # the weight, clipped to `CLIP`
    length: int  # effective length, at most `LONGEST`
    end: int  # the code of its last character
    topic: int
    counts: int  # packed, see `COUNT_MASK`
    prose: bool
    shape: int  # its end, start and length class in one number
    rough_shape: int  # its end and length class


_line: Callable[[tuple[object, ...]], Line] = partial(tuple.__new__, Line)  # faster than calling `Line`
NO_LINE = Line(0, 0, 0, 0, 0, 0, prose=False, shape=-1, rough_shape=-1)


def halves(lines: Sequence[str]) -> int:
    """Give what a character that is not ASCII counts on this page, in half characters: 2, or 5 for ideographs."""
    text = "\n".join(lines[:LOOKED_AT])
    if text.isascii():
        return _PAIR
    wide = len(text.encode("utf-8", "surrogatepass")) * 100 > (len(text) + 1) * 205
    return WIDEST if wide and not _SPELLED.search(text[:200]) else _PAIR


def codes_of(line: str, per_letter: int, signs: Signs, said: str | None = None) -> Codes:
    """Give the codes of a line that is not blank.

    `per_letter` is the page's `halves`. Phrases are looked up in `said`, the line with its format characters, if given.
    """
    size = effective(line, per_letter)
    if not size:
        return (0, 0, 0, 0, 0, 0, 0)
    topic = digits = capitals = 0
    if size <= SHORT:
        topic = signs.topic(line if said is None else said)
        if _DIGIT.search(line):
            digits = 2 if _DATE.search(line) else 1
        capitals = _capitals(line, size)
        if "@" in line or "http" in line or "www." in line:
            digits += 3
    if size <= LEGAL_LONGEST and is_legal(line):
        topic = LEGAL_WORDS
    return (size, end_of(line), _START.get(line[0], 0), topic, digits, capitals, _sentences(line))


def effective(line: str, per_letter: int) -> int:
    """Give a line's effective length, in characters of an alphabetic script. `per_letter` is the page's `halves`."""
    return len(line) if per_letter <= _PAIR or line.isascii() else len(line) * per_letter >> 1


def end_of(line: str) -> int:
    """Give the code of what a line ends with (`CLOSED` and the others), 0 for a letter.

    A quote after a full stop or comma closes a sentence.
    """
    last = line[-1]
    if last in _QUOTES and len(line) > 1:
        before = line[-2]
        return CLOSED if _END.get(before) == CLOSED or before in _COMMAS else QUOTED
    return _END.get(last, 0)


def _sentences(line: str) -> int:
    """Give 1 for a line of several sentences, 2 for one with a colon inside, else 0."""
    if ". " in line:
        return 1
    if line.isascii():
        return 2 if ": " in line else 0
    inner = line[:-1]
    return 1 if _STOPS_INSIDE.search(inner) else 2 if ": " in line or "\uff1a" in inner else 0


def _capitals(line: str, size: int) -> int:
    """Give 1 for all capitals, 2 for title case, 3, 4, 5 if most, some, few words have one; 0 if not looked at."""
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
    """Give the columns of the linear model that are set for a line."""
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
    """Weigh a line, given its codes and a weight for each column, and count what is in it."""
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
    if prose:
        counts |= 1 << PROSES | min(length, _MOST_PROSE) << PROSE_LENGTH
    clipped = weight if -CLIP <= weight <= CLIP else CLIP if weight > 0 else -CLIP
    rough_shape = end << 2 | FORMS[capped]
    return _line((weight, clipped, capped, end, topic, counts, prose, rough_shape << 3 | start, rough_shape))


STARTS, ENDS_TABLE, QUOTES = native.table(_START), native.table(_END), native.letters(*_QUOTES)


def line_reader(weights: Sequence[int]) -> Any:
    """Give the compiled twin of `lines_of` for these weights; None where it was not built."""
    if native.compiled is None:
        return None
    return native.compiled.LineReader(STARTS, ENDS_TABLE, QUOTES, lambda code: line_of(unpacked(code), weights))


def unpacked(code: int) -> Codes:
    """Give the codes that the compiled twin packs into one integer (`stream.core.native` draws it).

    The length is at most `_MOST_PROSE` there.
    """
    low, high = code & (1 << 18) - 1, code >> 18
    return (low & 4095, low >> 12 & 7, low >> 15, high & 31, high >> 5 & 7, high >> 8 & 7, high >> 11)


class Seen(NamedTuple):
    """What is remembered of lines seen before, as the footers of a site repeat.

    `lines` holds short lines by their text, `codes` others by their codes, `long` those too long for a lookup by their
    four codes in one number. It depends only on the line, the rules and the weights.
    """

    lines: dict[str, Line]
    codes: dict[Codes, Line]
    long: dict[int, Line]


Memo = dict[int, Seen]
"""What is remembered, by the page's `halves`."""


def lines_of(lines: Sequence[str], weights: Sequence[int], signs: Signs, memo: Memo | None = None) -> list[Line]:
    """Look at each line; none is blank. `memo` must have been used with the same weights and rules only."""
    per_letter = halves(lines)
    seen, by_codes, long = kept = Seen({}, {}, {}) if memo is None else memo.setdefault(per_letter, Seen({}, {}, {}))
    found = []
    for line in lines:
        size = len(line)
        if size <= SHORT:
            known = seen.get(line)
            if known is None:
                known = seen[line] = _known(codes_of(line, per_letter, signs), weights, by_codes)
        elif line.isascii() or per_letter == _PAIR:
            if size <= LEGAL_LONGEST and is_legal(line):
                known = _known(codes_of(line, per_letter, signs), weights, by_codes)
            else:  # too long to have a topic
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
            known = _known(codes_of(line, per_letter, signs), weights, by_codes)
        found.append(known)
    for each in kept:
        if len(each) > MOST_SEEN:
            each.clear()
    return found


def _known(codes: Codes, weights: Sequence[int], by_codes: dict[Codes, Line]) -> Line:
    known = by_codes.get(codes)
    if known is None:
        known = by_codes[codes] = line_of(codes, weights)
    return known
