"""The corpus of real news pages, where it is at hand. Its texts are not ours to ship, so nothing of it is in here.

A page is a line of the format that `article-stream evaluate` reads (docs/cleaning.md).
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import orjson

from stream.offline.evaluation import LabelledPage, labelled_page

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "articles.jsonl.gz"
NEWS = "news"
WITHOUT = "the corpus is not here"


def is_here() -> bool:
    """Whether there is a corpus on this machine."""
    return CORPUS.is_file()


@cache
def corpus() -> tuple[LabelledPage, ...]:
    """All pages. Raises `OSError` where the corpus is not here."""
    with gzip.open(CORPUS) as file:
        return tuple(labelled_page(orjson.loads(line)) for line in file)


def news() -> tuple[LabelledPage, ...]:
    """The pages of the genre that a worker is for. Raises `OSError` where the corpus is not here."""
    return tuple(page for page in corpus() if page.genre == NEWS)
