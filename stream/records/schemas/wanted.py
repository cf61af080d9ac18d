"""What is looked for in a schema: the paths as one tree of steps, and what is said if a step leads nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from stream.config.paths import Path
from stream.records.json_values import pointer
from stream.records.shape import Shape

MOST_NAMES = 8
"""So many names of a long record are listed where one is missing."""
MOST_SHOWN = 60
LONGEST_NAME = 500
"""Names with their namespaces are at most so long; a schema could multiply longer ones."""


class SchemaError(ValueError):
    """The schema cannot be used: it is none, or a path leads to no string in it. The message is a sentence."""


class Wanted(NamedTuple):
    """What is wanted from here on: the slots of the texts that end here, and the steps that go on.

    `where` is the way up to here as a JSON Pointer; `written` are the paths that lead through here, by slot.
    """

    where: str
    slots: tuple[int, ...]
    steps: dict[str, Wanted]
    written: dict[int, str]


def wanted(paths: Iterable[tuple[int, Path]], depth: int = 0, where: str = "") -> Wanted:
    """Make the tree of these paths, each with the slot of its text."""
    ends: list[int] = []
    steps: dict[str, list[tuple[int, Path]]] = {}
    written = {}
    for slot, path in paths:
        written[slot] = path.written
        if len(path.steps) == depth:
            ends.append(slot)
        else:
            steps.setdefault(path.steps[depth], []).append((slot, path))
    further = {step: wanted(group, depth + 1, where + pointer((step,))) for step, group in steps.items()}
    return Wanted(where, tuple(ends), further, written)


def slots_of(shape: Shape) -> list[tuple[int, Path]]:
    """Number the paths of a shape: the texts in their order, and then the source."""
    return [*enumerate((*shape.texts, shape.source))]


def no_field(of: str, step: str, names: Sequence[str]) -> SchemaError:
    """Say that something with named fields has no such one; the names that are most like it come first."""
    if not names:
        return SchemaError(f"{of} has no field {step!r}; it has none at all")
    near = get_close_matches(step, names[:1000], MOST_NAMES, cutoff=0.5)
    known = [*dict.fromkeys((*near, *names))]
    more = f" and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
    meant = f"; did you mean {near[0]!r}? It" if near else "; it"
    return SchemaError(
        f"{of} has no field {step!r}{meant} has {', '.join(name[:MOST_SHOWN] for name in known[:MOST_NAMES])}{more}"
    )


def first_of(here: Wanted) -> str:
    """The first path that leads through here, as the user wrote it."""
    return here.written[min(here.written)]


class Leads:
    """Which of the paths lead to a string, by slot, and of the others why not: what was found out first."""

    def __init__(self) -> None:
        self.good: set[int] = set()
        self._errors: dict[int, Callable[[], SchemaError]] = {}

    def refuse(self, slots: Iterable[int], error: Callable[[], SchemaError]) -> None:
        """Note why these paths lead nowhere. The error is made when it is raised: a union may have many branches."""
        for slot in slots:
            self._errors.setdefault(slot, error)

    def error(self, count: int) -> SchemaError | None:
        """Give what is wrong with the first of so many paths that leads nowhere, if one does."""
        return next((self._errors[slot]() for slot in range(count) if slot not in self.good), None)
