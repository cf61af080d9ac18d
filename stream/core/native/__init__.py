"""The parts of the core that are compiled, where a C compiler was at hand when the package was installed.

    compiled.places     which lines are the same        paragraphs.py      places.c
    compiled.repeats    the commonest repeats           cleaning.py        repeats.c
    compiled.candidates lines that may be markers       rules/model.py     candidates.c
    compiled.weigh      the width of prose              footers.py         prose.c
    compiled.opening    where a plain tail opens        tail/plain.py      plain.c
    compiled.part       what stays and what went        cleaning.py        part.c
    compiled.spelled    the one spelling of a line      spelling.py        spelling.c
    compiled.Lookup     what a short line says          rules/signs.py     signs.c
    compiled.LineReader a line as a few codes           tail/lines.py      lines.c
    compiled.Trees      the scores of cuts              tail/model.py      trees.c
    compiled.span       a field's place in JSON         splice.py          span.c
    compiled.Articles   whole articles that are plain   cleaning.py        article.c, json.c

Each does what its twin in Python does, to the byte, only faster. Where they were not built `compiled` is None
and the twins do the work (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

compiled: Any
try:
    from stream.core.native import compiled
except ImportError:  # not built: without a compiler, or for another interpreter
    compiled = None


def is_of_these_sources(state: str) -> bool:
    """Whether something compiled is of the sources beside this file, where there are any, as in a checkout."""
    sources = sorted(Path(__file__).parent.glob("*.[ch]"))
    return not sources or sha256(b"".join(path.read_bytes() for path in sources)).hexdigest() == state


if compiled is not None and not is_of_these_sources(compiled.STATE):
    compiled = None  # of an older checkout: `make`, or installing again, builds it anew

NAME = "Python" if compiled is None else "compiled"
"""Which of the two does the work, for people to see."""


def letters(*ranges: str) -> bytes:
    """Give a set of characters as the C code takes it, a bit each: of each range the first and the last one."""
    bits = 0
    for each in ranges:
        first, last = ord(each[0]), ord(each[-1])
        bits |= ((1 << last - first + 1) - 1) << first
    return bits.to_bytes(bits.bit_length() // 8 + 1, "little")


def table(values: Mapping[str, int]) -> bytes:
    """Give the number of each character, up to the last one that has any; 0 for the others. All are below 256."""
    made = bytearray(max(map(ord, values)) + 1)
    for letter, value in values.items():
        made[ord(letter)] = value
    return bytes(made)
