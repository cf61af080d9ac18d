"""`python -m bench.likeness`: real news pages beside those of `harness/news.py`, by class, and what cleaning takes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean

from rich.console import Console
from rich.table import Table

from bench.timing import Page, figures, timed
from harness import corpus, news
from harness.shape import BODY, CLASSES, JUNK, Looked, class_of, looked_at
from stream.core.cleaning import clean
from stream.core.rules import builtin
from stream.offline.evaluation import LabelledPage

REAL, MADE = "real", "made"
LENGTHS = {"up to 60 lines": 60, "61 to 120 lines": 120, "121 to 240 lines": 240, "more lines": sys.maxsize}
ALL = "all"
Seen = tuple[LabelledPage, list[Looked], Page]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.likeness", description=__doc__)
    parser.add_argument("-n", "--pages", type=int, default=1697, help="how many are made (1697)")
    parser.add_argument("--rounds", type=int, default=3, help="the least time of so many counts (3)")
    arguments = parser.parse_args()
    pages = {MADE: tuple(news.pages(arguments.pages))}
    if corpus.is_here():
        pages = {REAL: corpus.news(), **pages}
    rules = builtin()
    texts = {name: ["\n".join(page.lines) for page in each] for name, each in pages.items()}
    took = timed({name: (lambda text: clean(text, rules), each) for name, each in texts.items()}, arguments.rounds)
    classes = {
        name: by_class([(page, [*looked_at(page)], time) for page, time in zip(each, took[name], strict=True)])
        for name, each in pages.items()
    }
    out = Console(width=None if sys.stdout.isatty() else 140)
    table = Table(title="News pages by class, and the processor time of cleaning one")
    for name in ("", "", *FEATURES, "of real"):
        table.add_column(name, justify="right" if name else "left")
    for name in classes[MADE]:
        rows(table, name, {kind: found[name] for kind, found in classes.items() if found[name]})
    out.print(table)
    if not corpus.is_here():
        out.print(f"Real pages are not beside them: {corpus.WITHOUT} ({corpus.CORPUS}).")


def rows(table: Table, name: str, kinds: Mapping[str, Sequence[Seen]]) -> None:
    """Add the rows of a class: one for its pages of each kind."""
    us: dict[str, float] = {}
    for kind, pages in kinds.items():
        found = [feature(pages) for feature in FEATURES.values()]
        us[kind] = found[-1]
        part = f"{us[MADE] / us[REAL]:.2f}" if us.keys() == {REAL, MADE} else ""
        table.add_row("" if len(us) > 1 else name, kind, *map(shown, found), part, end_section=kind == MADE)


def shown(value: float) -> str:
    """A number in three figures or more.

    >>> shown(0.0713), shown(3.74), shown(8000.2)
    ('0.071', '3.7', '8,000')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


def by_class(pages: Iterable[Seen]) -> Mapping[str, list[Seen]]:
    """All pages, pages by language, and by length."""
    found: dict[str, list[Seen]] = {name: [] for name in (ALL, *CLASSES, *LENGTHS)}
    for seen in pages:
        page = seen[0]
        length = next(name for name, most in LENGTHS.items() if len(page.lines) <= most)
        for name in (ALL, class_of(page), length):
            found[name].append(seen)
    return found


def lines_of(part: str) -> Callable[[Sequence[Seen]], float]:
    """What counts the lines of a part of a page, in the mean."""
    return lambda pages: mean(sum(line.part == part for line in looked) for _, looked, _ in pages)


def body_share(pages: Sequence[Seen]) -> float:
    """The share of characters that are the article's."""
    looked = [line for _, lines, _ in pages for line in lines]
    return sum(line.chars for line in looked if line.part == BODY) / sum(line.chars for line in looked)


def of_lines(found: Callable[[Looked], bool]) -> Callable[[Sequence[Seen]], float]:
    """What gives the share of lines of which that is true."""
    return lambda pages: mean(found(line) for _, lines, _ in pages for line in lines)


FEATURES: Mapping[str, Callable[[Sequence[Seen]], float]] = {
    "pages": lambda pages: float(len(pages)),
    "bytes": lambda pages: mean(time.bytes for _, _, time in pages),
    "lines": lambda pages: mean(time.lines for _, _, time in pages),
    "of the body": lines_of(BODY),
    "junk in it": lines_of(JUNK),
    "body share": body_share,
    "with a topic": of_lines(lambda line: line.has_topic),
    "prose": of_lines(lambda line: line.is_prose),
    "repeats": lambda pages: mean(len(page.lines) - len(looked) for page, looked, _ in pages),
    "beyond ASCII": lambda pages: mean(not "".join(page.lines).isascii() for page, _, _ in pages),
    "µs": lambda pages: figures([time for _, _, time in pages]).us,
}
"""What pages are like: the lines are those that repeat no other; the last one is the processor time of cleaning."""


if __name__ == "__main__":
    main()
