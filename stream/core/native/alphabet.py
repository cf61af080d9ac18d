"""What the compiled core has to know of a character, worked out by the functions and sets that the Python core uses.

It asks for each character when it first meets it.
"""

from __future__ import annotations

import unicodedata

from stream.core.footer import codes
from stream.core.footer.words import UNSPACED
from stream.core.paragraphs import is_format, is_wide
from stream.core.rules.topics import BRACKETS, LEFT, NO_LETTERS, RIGHT
from stream.core.sentence_ends import BEHIND, SENTENCE_ENDS, is_open
from stream.core.spelling import is_part, letter
from stream.core.stack import LABEL_ENDS

ASK = (1 << 64) - 1
"""Stands for a spelling that depends on the characters beside it, or has more than three."""
_BITS, _MOST = 21, 3
_MAY_COMPOSE = frozenset(map(chr, (*range(0x1160, 0x1200), *range(0x16D40, 0x16D80))))
"""Letters, and no marks, that are composed with what stands before them: Hangul and Kirat Rai vowels."""


def known(each: str) -> tuple[int, int]:
    """Give the kinds of a character, as bits, and its spelling."""
    return kinds(each), spelling(each)


def kinds(each: str) -> int:
    """Give the kinds of a character as bits, in the order of native/src/alphabet.rs."""
    flags = (
        *(each.isspace(), each.isalpha(), each.isalnum(), each.isupper(), each.islower()),
        *(each.istitle() and not each.isupper(), each.isdecimal(), is_format(each), is_wide(each), _is_unsure(each)),
        *(is_open(each), UNSPACED.match(each) is not None, each in SENTENCE_ENDS, each in BEHIND, is_part(each)),
    )
    more = (
        *(each in codes.QUOTE_MARKS, codes.is_lean(each), codes.stops_inside(each)),
        *(each in LEFT, each in RIGHT, each in NO_LETTERS, each in LEFT or each in BRACKETS),
        each in LABEL_ENDS,
    )
    found = sum(1 << at for at, flag in enumerate(flags) if flag)
    found |= codes.END_CODES.get(each, 0) << 15 | codes.START_CODES.get(each, 0) << 18
    return found | sum(1 << at for at, flag in enumerate(more, 21) if flag)


def spelling(each: str) -> int:
    """Give the lookup spelling of a character: up to three characters of 21 bits, the first in the lowest ones."""
    said = letter(each)
    if is_part(each) or len(said) > _MOST:
        return ASK
    return sum(ord(one) << _BITS * at for at, one in enumerate(said))


def _is_unsure(each: str) -> bool:
    """Whether NFC may change this character, or put it together with what stands before it."""
    if each in _MAY_COMPOSE or unicodedata.category(each)[0] == "M":
        return True
    return unicodedata.normalize("NFC", each) != each or unicodedata.combining(each) != 0
