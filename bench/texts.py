"""The texts that benchmarks are of: real news pages, the plain article of one shape, and that without sentences."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from harness import corpus, news
from stream.offline.evaluation import LabelledPage

SHAPE = Path(__file__).parent.parent / "tests" / "data" / "twice.txt"
VARIANTS = 997
REAL, PLAIN, VARY = "real", "plain", "vary"
PARAGRAPHS = 17
WORDS = (28, 60)
TWICE = 0.9
HEADING = "You may also like"
HEADLINES, HEADLINES_WORDS = 5, (4, 12)
FEWEST_SHUFFLED = 5
"""Words of a line from which on they are shuffled; shorter ones are headings."""


class Kind(NamedTuple):
    """A kind of text: what it is, and how many articles a backlog of it has that takes a minute or less."""

    what: str
    backlog: int


KINDS = {
    REAL: Kind("news pages as scrapers bring them home, with all that stands around an article", 60_000),
    PLAIN: Kind("plain made-up articles of one shape: paragraphs, most of them again, a short footer", 200_000),
    VARY: Kind("the plain articles with the words of each paragraph shuffled: no line ends a sentence", 60_000),
}
"""What `--text` takes."""


def about(kind: str) -> str:
    """What a kind of text is, and for real pages where they are from."""
    if kind != REAL:
        return KINDS[kind].what
    source = "of the corpus" if corpus.is_here() else f"made by harness/news.py, because {corpus.WITHOUT}"
    return f"{KINDS[kind].what} ({source})"


@cache
def texts_of(kind: str) -> Sequence[str]:
    """Texts of this kind, of those in `KINDS`; the same each time."""
    if kind == REAL:
        return ["\n".join(page.lines) for page in real_pages()]
    return plain() if kind == PLAIN else [shuffled(text, number) for number, text in enumerate(plain())]


@cache
def real_pages() -> Sequence[LabelledPage]:
    """News pages of the corpus, in an order that is the same each time; where it is not here, made ones."""
    if not corpus.is_here():
        return tuple(news.pages(VARIANTS))
    pages = [*corpus.news()]
    Random(3).shuffle(pages)  # noqa: S311 - pages of one source stand together, and would make a batch of one kind
    return pages


def vocabulary() -> list[str]:
    """The words of which the articles are made."""
    return sorted({word for line in SHAPE.read_text("utf-8").split("\n") for word in line.split()})


def paragraph(pick: Random, words: list[str]) -> str:
    """Random words as one sentence."""
    return " ".join(pick.choices(words, k=pick.randint(*WORDS))) + "."


def footer(pick: Random, words: list[str]) -> list[str]:
    """A footer: the heading, and headlines that no other article has."""
    plain_words = [word for word in words if word.isalpha()]
    lines = [" ".join(pick.choices(plain_words, k=pick.randint(*HEADLINES_WORDS))) for _ in range(HEADLINES)]
    return [HEADING, *(line.capitalize() for line in lines)]


def plain() -> list[str]:
    """Texts of one shape: seventeen paragraphs, most of which are repeated, and a footer."""
    pick = Random(11)  # noqa: S311 - the same load each time
    words = vocabulary()
    made = []
    for _ in range(VARIANTS):
        body = [paragraph(pick, words) for _ in range(PARAGRAPHS)]
        body[4] = "What the council decided"
        body[11] = "'We have not stopped': the mayor"
        again = body[1:] if pick.random() < TWICE else []
        made.append("\n".join([*body, *again, *footer(pick, words)]))
    return made


def shuffled(text: str, seed: int) -> str:
    """The text with the words of each long line in another order; equal lines stay equal."""
    pick = Random(seed)  # noqa: S311 - the same order each time
    known: dict[str, str] = {}
    for line in text.split("\n"):
        words = line.split()
        if line not in known and len(words) >= FEWEST_SHUFFLED:
            pick.shuffle(words)
            known[line] = " ".join(words)
    return "\n".join(known.get(line, line) for line in text.split("\n"))


def add_text_option(parser: argparse.ArgumentParser, default: str = REAL) -> None:
    """Give a benchmark the option `--text`: one or several of `KINDS`, with commas between them."""
    known = "; ".join(f"{kind}: {each.what}" for kind, each in KINDS.items())
    parser.add_argument("--text", type=chosen, default=default, help=f"what is published ({default}). {known}")


def chosen(names: str) -> list[str]:
    """Read what the option `--text` has. Raises the error that its parser shows if one is not known."""
    found = names.split(",")
    if unknown := [name for name in found if name not in KINDS]:
        msg = f"{unknown[0]!r} is none of {', '.join(KINDS)}"
        raise argparse.ArgumentTypeError(msg)
    return found
