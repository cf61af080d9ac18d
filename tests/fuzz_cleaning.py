"""`python tools/native.py --fuzz SECONDS`: harmed news pages, for as long as one likes, cleaned by both cores.

Pages are those of the corpus, or of `harness.news` where it is not here. Lines are left out, doubled, moved, taken from
other pages; characters are changed, cut out, put in. The compiled core must clean each page as the Python core does, to
the byte, with the network and with markers, with what is known of its site and without, and must take the same for
learning from it. The same seed gives the same pages.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence

from harness import corpus, news
from harness.twins import slow
from stream.core import native
from stream.core.cleaning import clean
from stream.core.footer.page import read_lines
from stream.core.rules import builtin, load
from stream.core.sites import UNIT, Known, Profile
from stream.learner.messages import clean_and_sketch, write_sketch
from stream.learner.observation import sketch_in_python

MADE_PAGES = 500  # where there is no corpus
MOST_LINES = 400  # of a harmed page, for the Python core takes a millisecond for twenty
ODD = "\u200b\u200f\u2066\ufeff\u00ad\U0001f449\u2022\u00bb\u3010\ue001\u0301\u20e3\x00\x85\u2028\u3000\ud800İßǅς"

WITH_NETWORK, WITH_MARKERS = builtin(), load(whole_page=False)
IN_PYTHON = {rules.version: slow(rules) for rules in (WITH_NETWORK, WITH_MARKERS)}


def main() -> None:
    """Fuzz, and count."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_cleaning", description="Harmed pages, for a while.")
    parser.add_argument("--seconds", type=float, default=60, help="for so long (60)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    arguments = parser.parse_args()
    if native.compiled is None:
        msg = f"There is no compiled core to compare: {native.HOW_TO_GET_IT}."
        raise SystemExit(msg)
    ends, pick, number = time.monotonic() + arguments.seconds, random.Random(arguments.seed), 0  # noqa: S311
    pages = [page.lines for page in (corpus.corpus() if corpus.is_here() else news.pages(MADE_PAGES))]
    while time.monotonic() < ends:
        number += 1
        page = harmed(pick, pages)
        try:
            compare(page, profile_of(pick, page))
        except BaseException:
            print(f"seed {arguments.seed}, page {number}: {page!r}")  # noqa: T201
            raise
    print(f"{number:,} pages, each cleaned alike by both cores.")  # noqa: T201


def compare(page: str, profile: Profile) -> None:
    """Clean a page in all ways by both cores. Raises `AssertionError` if they differ."""
    for rules in (WITH_NETWORK, WITH_MARKERS):
        assert clean(page, rules) == clean(page, IN_PYTHON[rules.version])
    known, observed = clean_and_sketch(page, WITH_NETWORK, profile)
    assert known == clean(page, IN_PYTHON[WITH_NETWORK.version], profile)
    assert observed == write_sketch(sketch_in_python(page, WITH_NETWORK))


def profile_of(pick: random.Random, page: str) -> Profile:
    """Make what could be known of the page's site: some of its lines, with any counts."""
    lines = [line for line in page.split("\n") if line.strip()]
    keys = [key for line in read_lines(lines, WITH_NETWORK)[2] for key in line.keys if key]
    articles = pick.choice((2, 8, 60, 200)) * UNIT
    some = pick.sample(keys, pick.randint(0, len(keys)))
    return Profile(
        "sea.example",
        "v",
        articles,
        {key: Known(*(pick.randint(0, articles) for _ in range(3))) for key in some},
    )


def harmed(pick: random.Random, pages: Sequence[Sequence[str]]) -> str:
    """Take a page, and do harm to it a few times."""
    lines = list(pick.choice(pages))
    for _ in range(pick.randint(0, 5)):
        lines = pick.choice(LINE_HARMS)(pick, lines, pick.choice(pages))
    lines = lines[:MOST_LINES]
    for _ in range(pick.randint(0, 5)):
        if lines:
            at = pick.randrange(len(lines))
            lines[at] = pick.choice(CHARACTER_HARMS)(pick, lines[at])
    return pick.choice(("\n", "\n", "\n", "\n\n", "\r\n", " \n ", "\r", "\u2029")).join(lines)


def share(pick: random.Random, length: int) -> slice:
    """Choose a part, mostly a short one."""
    at = pick.randint(0, length)
    return slice(at, at + round(length * pick.random() ** 3))


def _left_out(pick: random.Random, lines: list[str], _: Sequence[str]) -> list[str]:
    del lines[share(pick, len(lines))]
    return lines


def _doubled(pick: random.Random, lines: list[str], _: Sequence[str]) -> list[str]:
    part, at = lines[share(pick, len(lines))], pick.randint(0, len(lines))
    return lines[:at] + part * pick.choice((1, 1, 2, 5)) + lines[at:]


def _moved(pick: random.Random, lines: list[str], _: Sequence[str]) -> list[str]:
    place = share(pick, len(lines))
    part = lines[place]
    del lines[place]
    at = pick.randint(0, len(lines))
    return lines[:at] + part + lines[at:]


def _from_another(pick: random.Random, lines: list[str], other: Sequence[str]) -> list[str]:
    at = pick.randint(0, len(lines))
    return [*lines[:at], *other[share(pick, len(other))], *lines[at:]]


def _shuffled(pick: random.Random, lines: list[str], _: Sequence[str]) -> list[str]:
    place = share(pick, len(lines))
    part = lines[place]
    pick.shuffle(part)
    lines[place] = part
    return lines


def _changed(pick: random.Random, line: str) -> str:
    at = pick.randint(0, len(line))
    return line[:at] + pick.choice((pick.choice(ODD), chr(pick.randint(1, 0x2FFF)))) + line[at + pick.randint(0, 1) :]


def _cut(pick: random.Random, line: str) -> str:
    place = share(pick, len(line))
    return line[: place.start] + line[place.stop :]


def _repeated(pick: random.Random, line: str) -> str:
    return line[share(pick, len(line))] * pick.choice((1, 2, 40)) + line


def _other_case(pick: random.Random, line: str) -> str:
    return pick.choice((line.upper, line.lower, line.swapcase, line.title))()


LINE_HARMS: tuple[Callable[[random.Random, list[str], Sequence[str]], list[str]], ...]
LINE_HARMS = (_left_out, _doubled, _moved, _from_another, _shuffled)
CHARACTER_HARMS: tuple[Callable[[random.Random, str], str], ...] = (_changed, _cut, _repeated, _other_case)


if __name__ == "__main__":
    main()
