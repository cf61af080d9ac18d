"""News pages of our own, shaped like those that scrapers bring home: `python -m harness.pages > pages.jsonl`.

Each is an article in one of nine languages with all that a page puts around it, and every line is labelled. They are
for regression tests and for measuring speed. They say nothing about quality: whoever wrote them knew the rules that
clean them, and there is more variety in a day of real pages than in all of these.

Lengths follow real news pages: half have under a hundred lines and some several hundred, a tenth to a fifth of them
body, most others shorter than twenty characters. A page depends on its number alone, and there is one for every number.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from random import Random

import orjson

from harness.prose import Writer, languages
from stream.offline.evaluation import LabelledPage

PAGES = 96
# A third is in English. The two lengths have no common divisor, so in time every language comes in every kind.
LANGUAGES = ("en", "de", "en", "fr", "es", "en", "ru", "el", "pl", "zh", "en", "ar")
KINDS = (
    "story", "twice", "story", "list", "story", "bare", "story",
    "transcript", "story", "lineup", "story", "code", "short",
)  # fmt: skip
BODY_LINES, FOOTER_LINES = (4, 60), (8, 420)
MEDIAN_BODY, MEDIAN_FOOTER = 12, 84
SPREAD_BODY, SPREAD_FOOTER = 0.6, 0.75
"""Deviations of a length's logarithm."""
SENTENCES, WEIGHTS = (1, 2, 3, 4), (1, 3, 4, 2)
BODY, NEUTRAL, OTHER = "body", "neutral", "other"
CODE = """def tide_{n}(harbour, hour):
    level = LEVELS[harbour]
    for step in range({n}, hour):
        level += {n2} / (step + 1)
    return level
print(tide_{n}("north", {n2}))"""
Line = tuple[str, str]
"""A line and its label: `BODY`, `NEUTRAL` or `OTHER`."""


def pages(count: int = PAGES) -> Iterator[LabelledPage]:
    """The first so many pages."""
    return map(page, range(count))


def page(number: int) -> LabelledPage:
    """The page of this number, from 0: always the same."""
    language = languages()[LANGUAGES[number % len(LANGUAGES)]]
    kind = KINDS[number % len(KINDS)]
    pick = Random(f"page {number}")  # noqa: S311 - the same pages each time
    writer = Writer(language, pick)
    site = pick.choice(language.sites)
    article = list(interrupted(writer, kind, list(body(writer, kind))))
    if kind == "twice":
        told = [line for line, label in article if label == BODY]
        article += [(line, NEUTRAL) for line in told[pick.choice([0, 0, len(told) // 2]) :]]
    footer = [] if kind == "bare" else around(writer, site, _length(pick, FOOTER_LINES, footer=True))
    lines, labels = zip(*article, *((line, OTHER) for line in footer), strict=True)
    return LabelledPage(
        f"pages/{number:04}-{language.code}-{kind}", site, language.code, "news", lines,
        tuple(label == BODY for label in labels), tuple(label == NEUTRAL for label in labels), len(article),
    )  # fmt: skip


def as_json(made: LabelledPage) -> Mapping[str, object]:
    """A page in the format of `article-stream evaluate`, from which `labelled_page` reads the same page."""
    return {
        "id": made.id, "source": made.source, "lang": made.lang, "genre": made.genre, "raw": "\n".join(made.lines),
        "keep": made.body, "neutral": made.neutral, "footer_start": made.footer_start,
    }  # fmt: skip


def body(writer: Writer, kind: str) -> Iterator[str]:
    """The lines of an article of this kind, in order."""
    pick = writer.pick
    size = _length(pick, BODY_LINES) if kind != "short" else pick.randint(3, 5)
    yield _paragraph(writer)
    for _ in range(2, size):
        if kind == "transcript":
            yield f"{writer.person()}: {writer.body('question')}"
            yield f"{writer.person()}: {_paragraph(writer)}"
            continue
        chance = pick.random()
        if chance < 0.1:
            yield writer.body("subhead")
        yield writer.body("quote") if chance > 0.8 else _paragraph(writer)
    if kind == "list":
        yield from (writer.body("item") for _ in range(pick.randint(3, 8)))
    if kind == "code":
        number, larger = str(pick.randint(2, 60)), str(pick.randint(61, 990))
        yield from CODE.replace("{n2}", larger).replace("{n}", number).split("\n")
    if kind == "lineup":
        first, second = pick.sample(writer.language.body["team"], 2)
        teams, others = writer.language.body["lineup"][0], writer.language.body["lineup"][1:]
        yield from (writer.fill(teams.replace("{team}", team)) for team in (first, second))
        yield from map(writer.fill, others)
        return
    yield _paragraph(writer)
    if pick.random() < 0.1:
        yield writer.body("end")


def interrupted(writer: Writer, kind: str, told: list[str]) -> Iterator[Line]:
    """The article as it stands on the page: a date and buttons above, photos, boxes and advertisements within."""
    pick = writer.pick
    if pick.random() < 0.35:
        yield writer.page("date"), OTHER
        yield from ((line, OTHER) for line in _some(writer, "share", 3))
    for at, line in enumerate(told):
        yield line, BODY
        if at == len(told) - 1 or kind == "code":
            continue
        chance = pick.random()
        if chance < 0.09:
            yield writer.page("advert"), OTHER
        elif chance < 0.15:
            yield writer.page("also"), OTHER
        elif chance < 0.22:
            yield writer.body("caption"), NEUTRAL
        elif chance < 0.24:
            yield from ((line, OTHER) for line in writer.language.page["newsletter"])


def around(writer: Writer, site: str, length: int) -> list[str]:
    """So many lines that follow an article: boxes in the order of the site, headlines, then menus and legal notes."""
    end = [*_menu(writer), *_legal(writer)][:length]
    return [*islice(_boxes(writer, site), length - len(end)), *end]


def _boxes(writer: Writer, site: str) -> Iterator[str]:
    """The boxes of a page, then lists of headlines without end."""
    layout = Random(f"site {site}")  # noqa: S311 - every page of a site is built alike
    boxes = [_share, _author, _tags, _related, _comments, _newsletter, _read, _related]
    layout.shuffle(boxes)
    for box in boxes[: layout.randint(4, len(boxes))]:
        yield from box(writer)
        if writer.pick.random() < 0.15:
            yield writer.page("advert")
    while True:
        yield from _related(writer)
        yield from _read(writer)


def _share(writer: Writer) -> Iterator[str]:
    yield from _some(writer, "share", 8)


def _author(writer: Writer) -> Iterator[str]:
    yield from map(writer.fill, writer.language.page["author"])


def _tags(writer: Writer) -> Iterator[str]:
    yield writer.page("tags")
    yield from writer.pick.sample(writer.language.slots["topic"], writer.pick.randint(2, 6))


def _related(writer: Writer) -> Iterator[str]:
    """A heading and headlines, dated or with a line on each, as the box goes."""
    yield writer.page("related")
    dated, told, topical = (writer.pick.random() < share for share in (0.5, 0.2, 0.3))
    for _ in range(writer.pick.randint(3, 8)):
        if topical:
            yield writer.pick.choice(writer.language.slots["topic"])
        yield writer.page("headline")
        if told:
            yield writer.page("teaser")
        if dated:
            yield writer.page("date")


def _read(writer: Writer) -> Iterator[str]:
    yield writer.page("read")
    for place in range(1, writer.pick.randint(4, 10)):
        yield f"{place}. {writer.page('headline')}"


def _comments(writer: Writer) -> Iterator[str]:
    yield writer.page("comments")
    for _ in range(writer.pick.choice([0, 0, 1, 3, 6])):
        yield writer.nick()
        yield writer.page("comment")
        yield from _some(writer, "reply", 2)


def _newsletter(writer: Writer) -> Iterator[str]:
    yield from writer.language.page["newsletter"]


def _menu(writer: Writer) -> Iterator[str]:
    yield from _some(writer, "nav", 99)
    yield from writer.pick.sample(writer.language.slots["topic"], 5)


def _legal(writer: Writer) -> Iterator[str]:
    yield from map(writer.fill, writer.language.page["legal"])


def _some(writer: Writer, kind: str, most: int) -> list[str]:
    """One to `most` different lines of a kind, in their order: buttons and menus, which are the same on every page."""
    known = writer.language.page[kind]
    chosen = set(writer.pick.sample(range(len(known)), writer.pick.randint(1, min(most, len(known)))))
    return [writer.fill(line) for at, line in enumerate(known) if at in chosen]


def _paragraph(writer: Writer) -> str:
    return writer.paragraph(writer.pick.choices(SENTENCES, WEIGHTS)[0])


def _length(pick: Random, bounds: tuple[int, int], *, footer: bool = False) -> int:
    """A number of lines: its logarithm is normally distributed, as that of real pages nearly is."""
    median, spread = (MEDIAN_FOOTER, SPREAD_FOOTER) if footer else (MEDIAN_BODY, SPREAD_BODY)
    return min(max(round(pick.lognormvariate(math.log(median), spread)), bounds[0]), bounds[1])


def main() -> None:
    """Write pages, one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m harness.pages", description=__doc__)
    parser.add_argument("-n", "--pages", type=int, default=PAGES, help=f"how many ({PAGES})")
    for made in pages(parser.parse_args().pages):
        sys.stdout.buffer.write(orjson.dumps(as_json(made)) + b"\n")


if __name__ == "__main__":
    main()
