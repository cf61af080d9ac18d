"""What a line says, as numbers: its words for the network, and the keys by which a site's other articles are asked.

Both come from the same tokens. A line is brought to its lookup spelling (`stream.core.spelling`), which folds case,
width and accents and drops invisible characters. A token is then a run of letters, one character of a script that puts
no spaces between words, or "0" for a run of digits: "Posted 3 hours ago" and "posted 12 HOURS ago" say the same.

Only the first `HEAD` characters of a line are read, and the last `TAIL` of a longer one, so that a line costs a bounded
time however long it is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from stream.core import native
from stream.core.patterns import pattern
from stream.core.spelling import spell

HEAD, TAIL = 200, 60
WORDS = 1 << 14
"""The number of rows in the table of words; row 0 stands for no word."""
MOST = 24
"""Maximum number of words that are taken from one line."""
KEYS = 5
"""The keys of a line: the whole line, its first two tokens, its first three, its last two, its last three."""
WHOLE, FIRST_TWO, FIRST_THREE, LAST_TWO, LAST_THREE = range(KEYS)
_SHORT = 6
"""A line of at most so many tokens is also looked up as a whole."""
_FIRST, _PAIRS, _LAST = 10, 6, 3

# Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, kana, ideographs.
_RANGES = (
    *("\u0e00-\u0eff", "\u1000-\u109f", "\u1780-\u17ff", "\u3040-\u30ff"),
    *("\u3400-\u4dbf", "\u4e00-\u9fff", "\uf900-\ufaff"),
)
UNSPACED = pattern(f"[{''.join(_RANGES)}]")
TOKEN = pattern(rf"\d+|[{''.join(_RANGES)}]|[^\W\d_]+")
_DIGITS = pattern(r"\d+")
_MASK = (1 << 64) - 1
# Odd 64-bit numbers, by which the hashes of several tokens are combined into one (multiply and add, modulo 2**64).
_ROLE, *_FACTORS = 0xD6E8FEB86659FD93, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9

# What a combination of tokens stands for; part of its hash, so that "share" as a first and as a last word differ.
_FIRST1, _FIRST2, _FIRST3, _LAST1, _LAST2, _ALL, _WORD, _PAIR, _END2, _END3 = range(1, 11)


class Said(NamedTuple):
    """What a line says.

    `words` are rows of the network's table, 1 to `WORDS` - 1, at most `MOST`. `keys` are 64-bit hashes (see `KEYS`), 0
    where the line has no token, or is so long that its first and last words are no template. Of fewer tokens than a key
    is made of, it is made of those that there are.
    """

    words: tuple[int, ...]
    keys: tuple[int, ...]


NOTHING = Said((), (0,) * KEYS)


def said(line: str) -> Said:
    """Read a line. The hashes are XXH3 (64 bits) of each token in UTF-8."""
    if native.compiled is not None and (found := native.asked(native.compiled.said, line)) is not None:
        return Said(*found)
    return said_each(line)


def said_each(line: str) -> Said:
    """Do what `said` does, in Python."""
    spelled = spell(line if len(line) <= 2 * (HEAD + TAIL) else f"{line[:HEAD]} {line[-TAIL:]}")
    long = len(spelled) > HEAD
    first = _tokens(spelled[:HEAD])
    if not first:
        return NOTHING
    last = (_tokens(spelled[-TAIL:]) if long else first) or first
    head = [_hash(token) for token in first[:_FIRST]]
    end = [_hash(token) for token in last[-_LAST:]]
    found = [
        _combined(_FIRST1, *head[:1]),
        _combined(_FIRST2, *head[:2]),
        _combined(_FIRST3, *head[:3]),
        _combined(_LAST1, *end[-1:]),
        _combined(_LAST2, *end[-2:]),
    ]
    if not long and len(first) <= _SHORT:
        found.append(_combined(_ALL, _hash(" ".join(first))))
    found += [_combined(_WORD, one) for one in head]
    found += [_combined(_PAIR, one, two) for one, two in pairwise(head[: _PAIRS + 1])]
    words = tuple(1 + (each >> 50) % (WORDS - 1) for each in found[:MOST])
    line_key = _hash(" ".join(first if not long else first + last))
    if long:
        return Said(words, (line_key, 0, 0, 0, 0))
    starts = _combined(_FIRST2, *head[:2]), _combined(_FIRST3, *head[:3])
    return Said(words, (line_key, *starts, _combined(_END2, *end[-2:]), _combined(_END3, *end[-3:])))


def _tokens(spelled: str) -> list[str]:
    return [_DIGITS.sub("0", token) for token in TOKEN.findall(spelled)]


def _hash(token: str) -> int:
    return xxh3_64_intdigest(token.encode("utf-8", "surrogatepass"))


def _combined(role: int, *hashes: int) -> int:
    total = role * _ROLE
    for factor, each in zip(_FACTORS, hashes, strict=False):
        total += factor * each
    return total & _MASK
