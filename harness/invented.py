"""Words that nobody has written, spelled like those of a language: real pages have far more words than our lists.

A word goes on as some word of the language's lists goes on after the same two letters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from random import Random

from harness.prose import Language, languages

_WORD = re.compile(r"[^\W\d_]+")
_SLOT = re.compile(r"\{\w+\}")
_BEGIN, _END = "  ", ""
LEAST, MOST = 3, 12
"""Letters of a word."""
IDEOGRAPHS = range(0x4E00, 0x9000)
RARE = 0.3
"""Of the words of a language without spaces, this share has an ideograph that may not be in the lists."""


def words(language: Language, pick: Random, count: int) -> list[str]:
    """Invent so many words, in small letters where the language has these."""
    invent = _word if language.space else _pair
    return [invent(_goes_on(language.code), pick) for _ in range(count)]


@cache
def _goes_on(code: str) -> Mapping[str, Sequence[str]]:
    """What follows two letters in a language's lists, as often as it does; its end follows, too."""
    language = languages()[code]
    lists = chain(*language.slots.values(), *language.body.values(), *language.page.values())
    found: dict[str, list[str]] = defaultdict(list)
    for known in _WORD.findall(_SLOT.sub(" ", " ".join(lists)).lower()):
        padded = _BEGIN + known
        for at in range(len(known)):
            found[padded[at : at + 2]].append(padded[at + 2])
        found[padded[-2:]].append(_END)
    return found


def _word(goes_on: Mapping[str, Sequence[str]], pick: Random) -> str:
    while True:
        word = _BEGIN
        while len(word) < len(_BEGIN) + MOST and (letter := pick.choice(goes_on[word[-2:]])) != _END:
            word += letter
        if len(word) >= len(_BEGIN) + LEAST:
            return word[len(_BEGIN) :]


def _pair(goes_on: Mapping[str, Sequence[str]], pick: Random) -> str:
    first, second = pick.choices(goes_on[_BEGIN], k=2)
    return first + (chr(pick.choice(IDEOGRAPHS)) if pick.random() < RARE else second)
