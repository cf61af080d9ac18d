"""The seven codes of a line: what can be seen of it without understanding it.

They are small integers: the effective length, what the line ends and begins with, its topic, digits, capitals and
sentences:

    length     effective length, in characters
    end        what the last character is, 0 to 6 (`CLOSED`, `COLON`, ...)
    start      what the first character is, 0 to 6 (small letter, capital, digit, quote, ...)
    topic      what a short line says, 0 to 21 (`TOPICS`, `LEGAL_WORDS`)
    digits     0 none, 1 a digit, 2 a date or time; 3 more with a web or mail address
    capitals   0 not looked at, 1 all capitals, 2 title case, 3 to 5 most, some or few words with a capital
    sentences  1 more than one, 2 a colon inside, 0 neither
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from stream.core.patterns import pattern
from stream.core.rules.topics import LEGAL_LONGEST, LEGAL_WORDS, SHORT, Signs, is_legal
from stream.core.sentence_ends import LOOKED_AT, SENTENCE_ENDS

# The code `end`: what the last character of a line is; 0 for a letter and all others. After a quote, see `end_of`.
CLOSED, COLON, COMMA, ENDS_IN_DIGIT, SYMBOL, QUOTED = 1, 2, 3, 4, 5, 6
ENDS = 7
END_CODES = {
    **dict.fromkeys(SENTENCE_ENDS, CLOSED),
    **dict.fromkeys(":\uff1a", COLON),
    **dict.fromkeys(",\uff0c\u3001\u060c\u055d\u104a\u1363", COMMA),
    **dict.fromkeys("0123456789", ENDS_IN_DIGIT),
    **dict.fromkeys(")]\uff09\u3011}>\u203a|\u2192*/-\u2013\u2014_+=&", SYMBOL),
}
QUOTE_MARKS = frozenset("\"\u201d\u2019'\u300d\u300f\u201c\u00bb")
_COMMAS = ",\uff0c"

# The code `start`: what the first character of a line is. 1 small letter, 2 capital, 3 digit, 4 quote, 5 bracket,
# 6 bullet or another mark, 0 for all others.
START_CODES = {
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
_SPELLED = pattern("[\u0900-\u10ff\u1780-\u18af\u1900-\u1c7f\ua800-\uabef]")
_STOPS_INSIDE = pattern("[\u3002\u0964\u0965\u06d4\u104b\u17d4\u1362]")
_DATE = pattern(
    r"[0-9][:./\u5e74\u6708-][0-9]|(?:19|20)[0-9][0-9]|[0-9] (?:\u043c\u0438\u043d|\u0447\u0430\u0441|min|hour|ago)"
)
_DIGIT = pattern(r"[0-9]")

_MANY, _SOME = 6, 3  # if 6 of 10 words begin with a capital, most do; if more than 3 of 10, some do
_FEW_WORDS, _CAPITALS_FROM = 2, 15  # capitals are counted in lines of more words, and longer ones
PAIR, WIDEST = 2, 5  # see `halves`: the half characters of a Latin letter, and of an ideograph
_first = itemgetter(0)

Codes = tuple[int, int, int, int, int, int, int]
"""Effective length, end, start, topic, digits, capitals, sentences."""


def halves(lines: Sequence[str]) -> int:
    """Give what a character that is not ASCII counts on this page, in half characters: 2, or 5 for ideographs."""
    text = "\n".join(lines[:LOOKED_AT])
    if text.isascii():
        return PAIR
    wide = len(text.encode("utf-8", "surrogatepass")) * 100 > (len(text) + 1) * 205
    return WIDEST if wide and not _SPELLED.search(text[:200]) else PAIR


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
    return (size, end_of(line), START_CODES.get(line[0], 0), topic, digits, capitals, sentences_in(line))


def effective(line: str, per_letter: int) -> int:
    """Give a line's effective length, in characters of an alphabetic script. `per_letter` is the page's `halves`."""
    return len(line) if per_letter <= PAIR or line.isascii() else len(line) * per_letter >> 1


def end_of(line: str) -> int:
    """Give the code of what a line ends with (`CLOSED` and the others), 0 for a letter.

    A quote after a full stop or comma closes a sentence.
    """
    last = line[-1]
    if last in QUOTE_MARKS and len(line) > 1:
        before = line[-2]
        return CLOSED if END_CODES.get(before) == CLOSED or before in _COMMAS else QUOTED
    return END_CODES.get(last, 0)


def sentences_in(line: str) -> int:
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


def is_lean(each: str) -> bool:
    """Whether a letter takes three bytes in UTF-8 and says no more than a Latin one."""
    return _SPELLED.match(each) is not None


def stops_inside(each: str) -> bool:
    """Whether a character ends a sentence also within a line, without a space behind it."""
    return _STOPS_INSIDE.match(each) is not None
