"""What becomes of the texts of a value, said with the value as JSON has it, and what has to hold for any bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from stream.config.paths import Path, path_of
from stream.records.json_values import places_of_texts, text_at
from stream.records.schemas import SchemaFormat
from stream.records.shape import Change, Text, Undecodable

strings = st.text(st.characters(codec="utf-8"), max_size=9)
NO_SOURCE = path_of("source")


def texts_of(document: Any, paths: Sequence[Path]) -> list[Text] | Undecodable:
    """The texts in a value as JSON has them."""
    found = [(path, text_at(document, path)) for path in paths]
    for _, text in found:
        if isinstance(text, Undecodable) and not text.absent:
            return text
    texts = [Text(path.written, text) for path, text in found if not isinstance(text, Undecodable)]
    return texts or next(text for _, text in found if isinstance(text, Undecodable))


def changed(document: Any, path: Path, change: Change) -> None:
    """Make a change in a value as JSON has it."""
    *before, last = path.steps
    if isinstance(change, str):
        here = document
        for step in before:
            here = here[int(step) if type(here) is list else step]
        here[int(last) if type(here) is list else last] = change
    elif change:
        items = document
        for step in path.steps[: path.each] if path.each >= 0 else path.steps:
            items = items[int(step) if type(items) is list else step]
        places = places_of_texts(document, path)
        for place in sorted((places[at] for at in change), reverse=True):
            del items[place]


def changes_for(data: st.DataObject, texts: Sequence[Text]) -> list[Change]:
    """Draw a change for each text."""
    return [
        data.draw(st.none() | strings | st.just("x" * 9999))
        if isinstance(text.value, str)
        else data.draw(
            st.none() | st.frozensets(st.sampled_from(range(len(text.value))) if text.value else st.nothing())
        )
        for text in texts
    ]


def overlap(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same."""
    return _starts(one, other) or _starts(other, one)


def _starts(short: Path, long: Path) -> bool:
    steps = short.steps if short.each < 0 else short.steps[: short.each]
    return long.steps[: len(steps)] == steps


def unharmed(made: SchemaFormat, value: bytes) -> None:
    """Whatever the bytes are, they are refused, or a text in them can be replaced and read again."""
    found = made.decode(value)
    if isinstance(found, Undecodable):
        assert found.message
        return
    changes = ["other" if isinstance(text.value, str) else frozenset(range(len(text.value))) for text in found]
    again = made.decode(made.encode(value, changes))
    if isinstance(again, list):
        assert [text.value for text in again if isinstance(text.value, str)] == [
            "other" for text in found if isinstance(text.value, str)
        ]
    else:
        assert again.reason == "no_text"
