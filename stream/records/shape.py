"""Where the texts of a record are (`Shape`), as plain data, and what every format of a value can do (`Format`).

A text is found by a `Path`: the name of a field at the top, or a JSON Pointer (RFC 6901) such as `/payload/after/body`.
One step of a pointer may be `*`, every item of a list: the texts found there are the paragraphs of one article. A list
of strings at the end of a path is such a list, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

ALL = "*"
"""The step of a pointer that stands for every item of a list."""
MOST_STEPS = 32
_ESCAPE = re.compile(r"~(?![01])")


class Path(NamedTuple):
    """The way to a text. `steps` are names of fields, or indices of lists in digits, from the outside in.

    `each` is the index of the step that stands for every item, -1 if there is none. `written` is as the user wrote it.
    """

    written: str
    steps: tuple[str, ...]
    each: int = -1


class Text(NamedTuple):
    """One text of a record: the path as the user wrote it, and a string, or a list of paragraphs."""

    field: str
    value: str | list[str]


Change = str | frozenset[int] | None
"""What becomes of a text: another string, or without the items with these indices (from 0), or (None) nothing."""


class Undecodable(NamedTuple):
    """Why a value cannot be cleaned: a short name, which becomes a metric's label, and a sentence.

    `absent`: the value is well-formed, and where its text should be there is nothing, or null.
    """

    reason: Literal["not_utf8", "not_json", "no_text"]
    message: str
    absent: bool = False


class Format(Protocol):
    """What a value is written in. Made once for a shape; its methods never raise on any bytes."""

    def decode(self, value: bytes) -> list[Text] | Undecodable:
        """Give the texts in the order of the shape, without those that are absent; or why there is none at all."""

    def encode(self, value: bytes, changes: Sequence[Change]) -> bytes:
        """Give `value`, which `decode` has accepted, with a change for each of its texts; every other byte stays.

        Lengths and counts that enclose a text are corrected. An item that goes is taken out whole, with its separator.
        """


class Shape(NamedTuple):
    """Where the texts of a topic's records are, and the name of an article's site."""

    texts: tuple[Path, ...]
    source: Path


def path_of(written: str) -> Path:
    """Read a field's name, or a JSON Pointer, which begins with a slash. Raises `ValueError`."""
    if not written:
        msg = "it is empty"
        raise ValueError(msg)
    if not written.startswith("/"):
        return Path(written, (written,))
    if _ESCAPE.search(written):
        msg = f"{written}: in a JSON Pointer ~ is written ~0, and / within a name ~1"
        raise ValueError(msg)
    steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in written[1:].split("/"))
    if len(steps) > MOST_STEPS:
        msg = f"{written[:40]}… has {len(steps)} steps; {MOST_STEPS} are the most"
        raise ValueError(msg)
    if steps.count(ALL) > 1:
        msg = f"{written}: only one step may be {ALL}; several articles in one record are not supported"
        raise ValueError(msg)
    return Path(written, steps, steps.index(ALL) if ALL in steps else -1)


def paths_of(written: str) -> tuple[Path, ...]:
    """Read paths that are separated by commas; none may lead to, or into, what another one leads to.

    Raises `ValueError`.
    """
    paths = tuple(path_of(part.strip()) for part in written.split(","))
    for at, one in enumerate(paths):
        for other in paths[at + 1 :]:
            short, long = sorted((one, other), key=lambda path: len(_whole(path)))
            if _whole(long)[: len(_whole(short))] == _whole(short):
                msg = f"{short.written} and {long.written} lead to the same text"
                raise ValueError(msg)
    return paths


def _whole(path: Path) -> tuple[str, ...]:
    """The steps of a path, without a last one for every item, which says nothing more."""
    return path.steps[:-1] if path.each == len(path.steps) - 1 else path.steps
