"""Articles to try the cleaner on: one JSON object a line in `articles.jsonl`, all of them invented.

Bodies given twice, three times and again from the middle, footers in ten languages, and articles in which
something comes back that must stay: speakers, a refrain, a row of asterisks, two nearly equal paragraphs.
"""

from __future__ import annotations

from importlib.resources import files


def lines() -> list[bytes]:
    """Give the articles as they are in the file, one JSON object each."""
    return files(__name__).joinpath("articles.jsonl").read_bytes().splitlines()
