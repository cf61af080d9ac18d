"""The compiled twins: C versions of the slow parts of the core and of `records/splice.py`. They are optional.

Each does exactly what a Python function does, its twin, to the byte, only faster; tests/property/test_native.py holds
the two together. The twin is the specification: change it first, then the C (docs/decisions/0010).

    compiled.places      first place of each line that is equal      core/paragraphs.py   first_of   places.c
    compiled.repeats     repeats that form a single run              core/cleaning.py     _repeats   repeats.c
    compiled.candidates  lines whose first word begins a phrase      core/rules/model.py  candidates candidates.c
    compiled.weigh       width of each line that is prose            core/markers.py      weigh      prose.c
    compiled.part        text that stays, removals that go           core/cleaning.py     _part      part.c
    compiled.spelled     a line in its lookup spelling               core/spelling.py     spell_each spelling.c
    compiled.Lookup      topic of a short line                       core/rules/topics.py Signs      signs.c, legal.c
    compiled.said        words and keys of a line                    core/footer/words.py said_each  words.c, xxh3.c
    compiled.LineReader  the seven codes of a line, packed           core/footer/codes.py codes_of   lines.c
    compiled.Network     scores of all cuts of a page                core/footer/network.py Network  network.c, layers.c
    compiled.span        where a JSON field's value stands           records/splice.py    value_span span.c

`LineReader` packs what can be seen of a line into one integer of 31 bits, lowest bits first:

    bits 0-11   length: effective length in characters, at most 4000
    bits 12-14  end: what the last character is, 0 to 6 (`CLOSED`, `COLON`, ...)
    bits 15-17  start: what the first character is, 0 to 6 (small letter, capital, digit, quote, ...)
    bits 18-22  topic: what a short line says, 0 to 21 (`TOPICS`, `LEGAL_WORDS`)
    bits 23-25  digits: 0 none, 1 a digit, 2 a date or time; 3 more with a web or mail address
    bits 26-28  capitals: 0 not looked at, 1 all capitals, 2 title case, 3 to 5 most, some or few words with a capital
    bits 29-30  sentences: 1 more than one, 2 a colon inside, 0 neither

`compiled` is None where the extension was not built (no C compiler at installation) or was built from other sources
than those beside this file; then the Python twins do the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

compiled: Any
try:
    from stream.core.native import compiled
except ImportError:  # no compiler at installation, or built for another interpreter
    compiled = None


def is_of_these_sources(state: str) -> bool:
    """Whether `state`, the checksum that the extension was built with, is that of the C sources beside this file.

    True where there are no sources to compare, as in an installed wheel.
    """
    sources = sorted(Path(__file__).parent.glob("*.[ch]"))
    return not sources or f"{crc32(b''.join(path.read_bytes() for path in sources)):08x}" == state


if compiled is not None and not is_of_these_sources(compiled.STATE):
    compiled = None  # built from an older checkout; `make`, or installing again, rebuilds it

NAME = "Python" if compiled is None else "compiled"
"""Which implementation is in use, for logs and benchmarks."""


def letters(*ranges: str) -> bytes:
    """Give a set of characters as a bitmap for the C code: bit n is set if the character with code point n is in it.

    Each argument is a range: its first and last character, or a single one.
    """
    spans = [(ord(each[0]), ord(each[-1])) for each in ranges]
    made = bytearray((max(last for _, last in spans) >> 3) + 1)
    for first, last in spans:
        begin, size = first >> 3, (last >> 3) - (first >> 3) + 1
        bits = ((1 << last - first + 1) - 1) << (first & 7)
        bits |= int.from_bytes(made[begin : begin + size], "little")
        made[begin : begin + size] = bits.to_bytes(size, "little")
    return bytes(made)


def table(values: Mapping[str, int]) -> bytes:
    """Give a table for the C code: byte n is the value of the character with code point n, 0 where it has none.

    All values must be below 256. The table ends at the last character with a value.
    """
    made = bytearray(max(map(ord, values)) + 1)
    for letter, value in values.items():
        made[ord(letter)] = value
    return bytes(made)
