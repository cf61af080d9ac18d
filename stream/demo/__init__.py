"""Articles to try the cleaner on: one JSON object a line in `articles.jsonl`, all of them invented.

Bodies given twice, three times and again from the middle, footers in ten languages, and articles in which
something comes back that must stay: speakers, a refrain, a row of asterisks, two nearly equal paragraphs.
"""

from __future__ import annotations

from importlib.resources import files

import orjson


def articles() -> list[dict[str, object]]:
    """Give the articles, in the order of the file. Numbers beyond 64 bits are floats here, not in the file."""
    lines = files(__name__).joinpath("articles.jsonl").read_bytes().splitlines()
    return [orjson.loads(line) for line in lines]
