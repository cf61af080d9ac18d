"""Where the texts of a record are (`Shape`), as plain data, and what every format of a value can do (`Format`).

A text is found by a `Path`: the name of a field at the top, or a JSON Pointer (RFC 6901) such as `/payload/after/body`.
One step of a pointer may be `*`, every item of a list: the texts found there are the paragraphs of one article. A list
of strings at the end of a path is such a list, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from stream.config.paths import Path


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

    reason: Literal[
        "not_utf8", "not_json", "not_avro", "not_protobuf", "no_text",
        "no_schema_id", "unknown_schema", "unusable_schema", "encrypted",
    ]  # fmt: skip
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
