"""News pages in the proportions of real ones (`harness/shape.py`): `python -m harness.news -n 1000 > pages.jsonl`.

They are for measuring speed. Cleaning one costs what cleaning a real page costs, since it has as many bytes and lines,
as much body, junk, repeats and phrases that are known. Whoever reads one sees sentences cut off and words that do not
exist: lengths and variety are what counts here. Pages to read, and of every kind of article, are in `harness/pages.py`.

A page depends on its number alone, and there is one for every number. The first few hundred have the proportions
already, because classes and lengths are spread evenly over the numbers instead of being drawn by chance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

import orjson

from harness.lines import Lines
from harness.pages import as_json
from harness.prose import languages
from harness.shape import CLASSES, OTHER, Shape, drawn, middle, shapes
from stream.core.stack import is_long
from stream.offline.evaluation import LabelledPage

OTHERS = ("fr", "es", "ar")
"""The languages of the class of all others."""
SITES = 36
"""The number of sites, each with pages of one class."""
STEPS = (0.7548776662466927, 0.5698402909980532)
"""Multiples of these, without their whole part, fill a square evenly: the powers of the root of x**3 = 1 - x**2."""
ROUND = 1000
"""After so many pages the classes come in the same order again."""
MENU, MENU_SHARE = 40, 0.3
"""The lines that end every page of a site, at most; and the share of what is below the article."""
RUN = (1, 4)
"""Lines of junk that stand together."""
OFTENER, LONGER = 1.05, 2.2
"""How much oftener lines are put there again than some go as repeats, and how many more: most short ones stay."""
ASIDE = 1
"""So many lines in ASCII more or less make no difference."""


def pages(count: int) -> Iterator[LabelledPage]:
    """The first so many pages."""
    return map(page, range(count))


def page(number: int) -> LabelledPage:
    """The page of this number, from 0: always the same."""
    name, of_its_class = place_of(number)
    of_body, of_footer = ((of_its_class + 0.5) * step % 1 for step in STEPS)
    shape, pick = shapes()[name], Random(f"news {number}")  # noqa: S311 - the same pages each time
    code = name if name != OTHER else pick.choice(OTHERS)
    site = f"{pick.randrange(max(2, round(shape.share * SITES)))}.{languages()[code].sites[0]}"
    lines = Lines(languages()[code], pick, shape)
    body = [lines.of_body() for _ in range(drawn(shape.body_lines, of_body, pick.random()))]
    article = [*interrupted(body, lines)]
    footer = around(lines, site, drawn(shape.footer_lines, of_footer, pick.random()))
    texts = [text for text, _ in article] + footer
    texts = [*in_ascii(texts, lines)]
    labels = [belongs for _, belongs in article] + [False] * len(footer)
    return LabelledPage(
        f"news/{number:05}-{name}", site, code, "news", tuple(texts), tuple(labels), (False,) * len(texts), len(article)
    )


def place_of(number: int) -> tuple[str, int]:
    """The class of a page, and its number among the pages of this class."""
    rounds, at = divmod(number, ROUND)
    order = classes()
    return order[at], rounds * order.count(order[at]) + order[:at].count(order[at])


@cache
def classes() -> Sequence[str]:
    """The classes of the pages of a round: each time the one that is furthest behind its share."""
    order: list[str] = []
    counts = dict.fromkeys(CLASSES, 0)
    for number in range(ROUND):
        order.append(max(CLASSES, key=lambda name: shapes()[name].share * (number + 1) - counts[name]))
        counts[order[-1]] += 1
    return order


def interrupted(body: Sequence[str], lines: Lines) -> Iterator[tuple[str, bool]]:
    """The article, and on some pages junk between its lines; each with whether it belongs to the article."""
    pick, shape = lines.pick, lines.shape
    left = 0
    if pick.random() < shape.junk_pages:
        longer = len(body) / middle(shape.body_lines)
        left = max(1, round(longer * pick.expovariate(1 / shape.junk_lines)))
    junk: dict[int, list[str]] = {}
    while left > 0:
        run = min(left, pick.randint(*RUN))
        junk.setdefault(pick.randrange(max(1, len(body) - 1)), []).extend(lines.junk() for _ in range(run))
        left -= run
    for at, line in enumerate(body):
        yield line, True
        if at < len(body) - 1:
            yield from ((each, False) for each in junk.get(at, []))


def around(lines: Lines, site: str, count: int) -> list[str]:
    """So many lines that follow an article: boxes, on some pages one of them twice, and the site's menu."""
    end = menu(site, lines.language.code, lines.shape)[max(0, MENU - round(count * MENU_SHARE)) :]
    above = count - len(end)
    found: list[str] = []
    while len(found) < above:
        found += lines.box()
    del found[above:]
    if lines.pick.random() < OFTENER * lines.shape.repeat_pages:
        twice(found, lines)
    return [*found, *end]


def in_ascii(texts: list[str], lines: Lines) -> Iterator[str]:
    """As many lines in ASCII as real pages have: none with anything else on some pages, and a share on the others."""
    shape, some = lines.shape, 0
    whole = lines.pick.random() < shape.ascii_pages
    wanted = 1.0 if whole else (shape.ascii_lines - shape.ascii_pages) / (1 - shape.ascii_pages)
    for number, text in enumerate(texts):
        fitted = lines.plain(text) if whole or some < wanted * number - ASIDE else text
        if not whole and some > wanted * number + ASIDE:
            fitted = lines.marked(text)
        some += fitted.isascii()
        yield fitted


def twice(found: list[str], lines: Lines) -> None:
    """Let lines come again below, in place of others."""
    longer = LONGER * len(found) / middle(lines.shape.footer_lines)
    size = min(round(longer * lines.pick.expovariate(1 / lines.shape.repeat_lines)) + 1, len(found) // 2)
    if not size:
        return
    starts = range(len(found) - 2 * size + 1)
    first = lines.pick.choice([at for at in starts if is_long(found[at])] or starts)
    again = lines.pick.randint(first + size, len(found) - size)
    found[again : again + size] = found[first : first + size]


@cache
def menu(site: str, code: str, shape: Shape) -> Sequence[str]:
    """What ends every page of a site."""
    lines = Lines(languages()[code], Random(f"site {site}"), shape)  # noqa: S311 - every page of a site ends alike
    return [*(lines.below() for _ in range(MENU - len(lines.legal()))), *lines.legal()]


def main() -> None:
    """Write pages, one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m harness.news", description=__doc__)
    parser.add_argument("-n", "--pages", type=int, default=1000, help="how many (1000)")
    for made in pages(parser.parse_args().pages):
        sys.stdout.buffer.write(orjson.dumps(as_json(made)) + b"\n")


if __name__ == "__main__":
    main()
