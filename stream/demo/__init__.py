"""Sample articles to try the cleaner on, all of them invented: `articles.jsonl` has one JSON object per line.

In some the body is repeated once or twice, or its second half is; they have footers in ten languages. In others
something is repeated that must stay: names of speakers, a refrain, a row of asterisks, two paragraphs that
are nearly equal. `island.jsonl` has four articles of one site, with a footer that nothing gives away but the site's
other articles.
"""

from __future__ import annotations

from importlib.resources import files


def lines() -> list[bytes]:
    """The articles as the file has them, one JSON object each."""
    return _lines("articles.jsonl")


def island() -> list[bytes]:
    """The four articles of one site, likewise."""
    return _lines("island.jsonl")


def _lines(name: str) -> list[bytes]:
    return files(__name__).joinpath(name).read_bytes().splitlines()
