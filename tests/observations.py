"""Observations made by hand, so that the tests of counting do not depend on where the network sees a story end."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from stream.core.footer.words import WHOLE, said
from stream.learner.observation import Observation, Seen, sample


def key_of(line: str) -> int:
    return said(line).keys[WHOLE]


def article(number: int, *below: str, inside: Sequence[str] = ()) -> Observation:
    """An article with a story of its own, lines that stand within it, and lines below its end."""
    lines = [*((line, True) for line in (f"Story {chr(97 + number % 26)}{'x' * (number // 26)}", *inside))]
    lines += ((line, False) for line in below)
    seen = {key_of(line): Seen(key_of(line), WHOLE, line, is_inside, not is_inside) for line, is_inside in lines}
    told = tuple(crc32(f"{number} {at}".encode()) for at in range(4))
    return Observation(told, tuple(seen.values()))


def words_of(line: str, observation: Observation, *, inside: bool) -> Observation:
    """The article with a line of which only the first and last words come again."""
    keys = enumerate(said(line).keys)
    more = [Seen(key, kind, sample(line, kind), inside, not inside) for kind, key in keys]
    return observation._replace(seen=(*observation.seen, *more))
