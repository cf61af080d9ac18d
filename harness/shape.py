"""The shape of real news pages in numbers: `python -m harness.shape --write` measures the corpus, where it is here.

They are kept in `harness/data/shapes.toml`, by class of page: the language that it is in. `harness/news.py` makes pages
of these shapes, on any machine; `python -m bench.likeness` shows how close they come.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from math import floor
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import tomli

from harness import corpus
from stream.core.cleaning import clean, story_of
from stream.offline.evaluation import LabelledPage

PATH = Path(__file__).parent / "data" / "shapes.toml"
BODY, FOOTER, JUNK = "body", "footer", "junk"
PROSE = 80
"""Characters from which on a line is long."""
OTHER = "other"
CLASSES = ("en", "zh", "ru", "el", "pl", "de", OTHER)
"""The classes of pages: languages of which there are enough real ones, and all others together."""
EDGES = (*(number / 20 for number in range(20)), 0.98, 0.995, 1.0)
"""Where a distribution is divided: of each part, the mean of its values is known."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What pages of a class look like. A distribution is the means of its parts (`EDGES`).

    The `share` of a class is of all pages; other shares are of its pages or lines.
    """

    share: float
    body_lines: tuple[float, ...]
    footer_lines: tuple[float, ...]
    body_chars: tuple[float, ...]  # of a line
    footer_chars: tuple[float, ...]  # of a line
    body_prose: float  # the share of the long lines that end a sentence
    footer_prose: float
    junk_pages: float  # with a line within the article that is none of it
    junk_lines: float  # on such a page
    topics: float  # the share of lines below the article that say what they are
    repeat_pages: float  # with lines that cleaning takes away as repeats
    repeat_lines: float  # on such a page
    ascii_pages: float
    ascii_lines: float  # of all lines of all pages


def class_of(page: LabelledPage) -> str:
    """The class of a page."""
    return page.lang if page.lang in CLASSES else OTHER


def by_class(pages: Iterable[LabelledPage]) -> Mapping[str, list[LabelledPage]]:
    """Pages by their class."""
    found: dict[str, list[LabelledPage]] = defaultdict(list)
    for page in pages:
        found[class_of(page)].append(page)
    return found


@cache
def shapes() -> Mapping[str, Shape]:
    """The shapes of real pages by class, as they were measured."""
    read: Callable[..., Shape] = Shape
    known = tomli.loads(PATH.read_text("utf-8"))
    return {
        name: read(**{key: tuple(value) if isinstance(value, list) else value for key, value in found.items()})
        for name, found in known.items()
    }


def drawn(means: Sequence[float], place: float, chance: float) -> int:
    """Draw from a distribution: at a place from 0 to 1, rounded up or down by chance, so that the mean stays.

    >>> drawn([*range(22)], 0.5, 0.9), drawn([2.25] * 22, 0.5, 0.2), drawn([2.25] * 22, 0.5, 0.3)
    (10, 3, 2)
    """
    mean_here = means[min(bisect_right(EDGES, place), len(means)) - 1]
    return floor(mean_here) + (chance < mean_here % 1)


def middle(means: Sequence[float]) -> float:
    """The mean of a distribution.

    >>> middle(distribution(range(1000)))
    499.5
    """
    widths = (high - low for low, high in pairwise(EDGES))
    return sum(width * value for width, value in zip(widths, means, strict=True))


def distribution(values: Iterable[int]) -> tuple[float, ...]:
    """Measure a distribution.

    >>> distribution(range(1000))[:3], distribution(range(1000))[-3:]
    ((24.5, 74.5, 124.5), (964.5, 987.0, 997.0))
    """
    order = sorted(values)
    places = [round(edge * len(order)) for edge in EDGES]
    parts = (order[low:high] or [order[min(low, len(order) - 1)]] for low, high in pairwise(places))
    return tuple(round(float(mean(part)), 1) for part in parts)


def measured(pages: Sequence[LabelledPage], all_pages: int) -> Shape:
    """Measure pages of one class."""
    junk = [sum(not body for body in page.body[: page.footer_start]) for page in pages]
    repeats = [sum(each.reason == "repeat" for each in clean("\n".join(page.lines)).removed) for page in pages]
    lines = [line for page in pages for line in looked_at(page)]
    body, footer = ([line for line in lines if line.part == part] for part in (BODY, FOOTER))
    return Shape(
        round(len(pages) / all_pages, 4),
        distribution(sum(page.body) for page in pages),
        distribution(len(page.lines) - page.footer_start for page in pages),
        distribution(line.chars for line in body),
        distribution(line.chars for line in footer),
        prose_share(body),
        prose_share(footer),
        *_some(junk),
        share(line.has_topic for line in footer),
        *_some(repeats),
        share("".join(page.lines).isascii() for page in pages),
        share(line.isascii() for page in pages for line in page.lines),
    )


class Looked(NamedTuple):
    """What is seen of a line. It is of the `BODY`, of the `FOOTER`, or `JUNK` within the body."""

    part: str
    chars: int
    has_topic: bool
    is_prose: bool


def looked_at(page: LabelledPage) -> Iterator[Looked]:
    """Look at the lines of a page that repeat no other."""
    story = story_of(page.lines)
    for place, line in zip(story.places, story.lines, strict=True):
        part = FOOTER if place >= page.footer_start else BODY if page.body[place] else JUNK
        yield Looked(part, len(page.lines[place]), line.topic > 0, line.prose)


def prose_share(lines: Iterable[Looked]) -> float:
    """The share of long lines that end a sentence."""
    return share(line.is_prose for line in lines if line.chars >= PROSE)


def share(found: Iterable[bool]) -> float:
    """The share that is true; 0 of nothing."""
    each = list(found)
    return round(sum(each) / len(each), 3) if each else 0.0


def _some(counts: Sequence[int]) -> tuple[float, float]:
    """The share of counts above zero, and the mean of these."""
    some = [count for count in counts if count]
    return share(count > 0 for count in counts), round(mean(some), 2) if some else 0.0


def written(found: Mapping[str, Shape]) -> str:
    """Give shapes as the content of a file."""
    lines = ["# The shapes of real news pages, by class: harness/shape.py says what each number is, and measures them."]
    for name, shape in found.items():
        values = asdict(shape).items()
        lines += [
            "",
            f"[{name}]",
            *(f"{key} = {[*value] if isinstance(value, tuple) else value}" for key, value in values),
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure the corpus and write its shapes."""
    parser = argparse.ArgumentParser(prog="python -m harness.shape", description=__doc__)
    parser.add_argument("--write", action="store_true", required=True, help="write what the corpus has now")
    parser.parse_args()
    if not corpus.is_here():
        sys.exit(f"There is nothing to measure: {corpus.WITHOUT} ({corpus.CORPUS}).")
    news = corpus.news()
    classes = by_class(news)
    PATH.write_text(written({name: measured(classes[name], len(news)) for name in CLASSES}), "utf-8")


if __name__ == "__main__":
    main()
