"""Where in a record something stands, as the settings write it: the name of a field, or a JSON Pointer (RFC 6901)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

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

    @property
    def outer(self) -> tuple[str, ...]:
        """The steps to what a change of the text may touch: the text, or the list whose items go whole."""
        return self.steps if self.each < 0 else self.steps[: self.each]

    @property
    def inner(self) -> tuple[str, ...]:
        """The steps from an item of that list to its text."""
        return () if self.each < 0 else self.steps[self.each + 1 :]


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
    if steps[0] == ALL:
        msg = f"{written}: a record is an object, so the first step is the name of a field"
        raise ValueError(msg)
    if steps.count(ALL) > 1:
        msg = f"{written}: only one step may be {ALL}; several articles in one record are not supported"
        raise ValueError(msg)
    return Path(written, steps, steps.index(ALL) if ALL in steps else -1)


def paths_of(written: str) -> tuple[Path, ...]:
    """Read paths that are separated by commas. None may lead into what another one leads to.

    Raises `ValueError`.
    """
    paths = tuple(path_of(part.strip()) for part in written.split(","))
    for at, one in enumerate(paths):
        for other in paths[at + 1 :]:
            if any(a.steps[: len(b.outer)] == b.outer for a, b in ((one, other), (other, one))):
                msg = f"{one.written} and {other.written} overlap; each text has to stand by itself"
                raise ValueError(msg)
    return paths


def around(path: Path, text: str) -> dict[str, Any]:
    """Give an object that holds a text at a path; a step 0, or one for every item, makes a list of one item.

    >>> around(path_of("/payload/paragraphs/*/text"), "It rains.")
    {'payload': {'paragraphs': [{'text': 'It rains.'}]}}
    """
    inner: Any = text
    for step in reversed(path.steps[1:]):
        inner = [inner] if step in {ALL, "0"} else {step: inner}
    return {path.steps[0]: inner}
