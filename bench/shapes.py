"""Articles and rule files of any size for `bench.growth`, the same ones in each run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import orjson

from bench.texts import footer, paragraph, vocabulary

RULE = '[[rule]]\nid = "bench.{0}"\nkind = "{1}"\nmatch = "{2}"\nphrases = ["{3}"]\nexample = "{3}"\n'
KINDS = (
    ("section", "line"), ("section", "start"), ("label", "line"), ("inline", "line"),
    ("notice", "line"), ("end", "start"), ("hint", "line"), ("hint", "opening"),
)  # fmt: skip
PHRASE = 3


def of_size(size_bytes: int, seed: int) -> str:
    """A text of the load's shape and about this size: paragraphs, all but the first of them again, and a footer."""
    pick, words = random.Random(seed), vocabulary()  # noqa: S311 - the same text each time
    tail = footer(pick, words)
    left = (size_bytes - len("\n".join(tail))) // 2
    body: list[str] = []
    while left > 0:
        body.append(paragraph(pick, words))
        left -= len(body[-1]) + 1
    return "\n".join([*body, *body[1:], *tail])


def short_paragraphs(count: int, *, equal: bool = False, first: int = 0) -> str:
    """A text of short paragraphs, all equal, or numbered from `first` on."""
    numbers = [first] * count if equal else range(first, first + count)
    return "\n".join(f"The committee took note of item {number:07}." for number in numbers)


def rules_file(folder: Path, count: int, begin: str = "") -> Path:
    """A file with this many rules of all kinds. Each is a phrase of three words that occur in the articles.

    `begin`: a text with which every phrase begins.
    """
    path = folder / f"{count}.toml"
    rules = zip(range(count), cycle(KINDS), _phrases())
    path.write_text("\n".join(RULE.format(number, *kind, begin + phrase) for number, kind, phrase in rules), "utf-8")
    return path


def _phrases() -> Iterator[str]:
    """Phrases, no two of them equal."""
    pick = random.Random(5)  # noqa: S311 - the same phrases each time
    words = sorted({word.lower() for word in vocabulary() if word.isalpha()})
    given = set()
    while True:
        phrase = " ".join(pick.choices(words, k=PHRASE))
        if phrase not in given:
            given.add(phrase)
            yield phrase


def value(text: str) -> bytes:
    """An article as JSON, the value of a record."""
    return orjson.dumps({"text": text})
