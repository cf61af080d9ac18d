"""How sentences end in the scripts of the world, and which pages end them without a punctuation mark.

Thai, Lao, Khmer and Burmese are often written without one, and so are some pages in any language. Such a page is called
open-ended; on it every long line is prose, whatever it ends with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stream.core.paragraphs import FORMATS, width
from stream.core.patterns import pattern

_RANGES = (
    ".!?;\u2026\u203c\u2047-\u2049\u3002\uff01\uff0e\uff1b\uff1f\uff61\ufe52"  # Latin and others; Chinese and Japanese
    "\u061b\u061f\u06d4\u0589\u055c\u055e\u0964\u0965\u0df4"  # Arabic, Urdu, Armenian; Hindi, Sinhala
    "\u0e5a\u0e5b\u0f0d-\u0f11\u104b\u17d4\u17d5\u17da\u1362\u1367\u1368\u1803\u1809\ua9c8\ua9c9\uaaf0\uabeb"
)
SENTENCE_ENDS = "".join(
    chr(code) for part in re.findall("(?s).-.|.", _RANGES) for code in range(ord(part[0]), ord(part[-1]) + 1)
)
"""All characters that end a sentence."""
_QUOTES = "\"'\u201d\u2019\u00bb\u203a\u201c\u300d\u300f)\uff09] \t\r\xa0"
BEHIND = _QUOTES + "".join(FORMATS)
"""Characters that may stand behind what ends a sentence."""
_ENDS, _BEHINDS = frozenset(SENTENCE_ENDS), frozenset(BEHIND)
PROSE = 80
"""Minimum width of a line that is prose if it ends a sentence."""
# Letters of scripts that are written without a full stop, and the first two bytes of these in UTF-8, for a fast test.
_OPEN = pattern(
    "[\u0e00-\u0e7f\u0e80-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf"
    "\u1b00-\u1b7f\ua980-\ua9ff\uaa00-\uaadf]"
)
_LEADS = (
    tuple(bytes((0xE0, second)) for second in range(0xB8, 0xC0))
    + tuple(
        bytes((0xE1, second)) for second in (0x80, 0x81, 0x82, 0x9E, 0x9F, 0xA5, 0xA6, 0xA7, 0xA8, 0xAA, 0xAC, 0xAD)
    )
    + (b"\xea\xa6", b"\xea\xa7", b"\xea\xa8", b"\xea\xa9", b"\xea\xaa", b"\xea\xab")
)
LOOKED_AT = 60
"""Number of lines, from the top, from which the script of a page is told."""
FEW, MANY = 3, 5
"""`FEW` long lines are needed to tell that a page is open-ended, and no more than `MANY` are looked at."""


def ends_sentence(line: str) -> bool:
    """Whether `line` ends with a sentence's final punctuation, ignoring quotes and brackets after it."""
    return line[-1:] in _ENDS or (line[-1:] in _BEHINDS and line.rstrip(BEHIND)[-1:] in _ENDS)


def is_open_ended(lines: Sequence[str]) -> bool:
    """Whether the sentences of a page end without a mark.

    They do if the page has long lines and the first ones (`FEW`, at most `MANY`) all lack it, or if most of its first
    `LOOKED_AT` lines are in a script that needs none.
    """
    long = 0
    for line in lines:
        if 3 * len(line) >= PROSE and width(line) >= PROSE:
            if ends_sentence(line):
                break
            long += 1
            if long == MANY:
                return True
    else:
        if long >= FEW:
            return True
    return _in_open_script("\n".join(lines[:LOOKED_AT]))


def is_open(each: str) -> bool:
    """Whether a character belongs to a script that is written without full stops."""
    return _OPEN.match(each) is not None


def _in_open_script(text: str) -> bool:
    """Whether more than half of the characters belong to a script that is written without full stops."""
    if text.isascii():
        return False
    encoded = text.encode("utf-8", "surrogatepass")
    return any(map(encoded.__contains__, _LEADS)) and 2 * len(_OPEN.findall(text)) > len(text)
