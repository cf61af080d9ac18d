"""A format that walks through a value by its schema, and splices texts in where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from stream.records.schemas.found import Heads, Hit, Hits, Malformed, Nowhere, Place, spliced
from stream.records.shape import Change, Shape, Text, Undecodable

Reason = Literal["not_avro", "not_protobuf"]
NAMES: dict[Reason, str] = {"not_avro": "Avro", "not_protobuf": "Protobuf"}


class SchemaFormat:
    """Values of one schema. `walk` gives a hit for each path of the shape, the source last, and raises `Malformed`.

    `length` writes the length of a text, `head` what an enclosure says of itself. Where the texts of the last value
    stand is kept, because the value that is decoded is the one that is encoded.
    """

    __slots__ = ("_head", "_last", "_length", "_reason", "_shape", "_walk")

    def __init__(
        self, shape: Shape, reason: Reason, walk: Callable[[bytes], Hits], length: Callable[[int], bytes], head: Heads
    ) -> None:
        self._shape, self._reason = shape, reason
        self._walk, self._length, self._head = walk, length, head
        self._last: tuple[bytes | None, Hits] = (None, [])

    def decode(self, value: bytes) -> list[Text] | Undecodable:
        """Give the texts that are there, in the order of the shape, or why there is none."""
        try:
            hits = self._hits(value)
        except Malformed as bad:
            return Undecodable(self._reason, f"the value is not {NAMES[self._reason]} of its schema: {bad}")
        texts: list[Text] = []
        missing: list[Undecodable] = []
        place: Place | None = None
        try:
            for (written, _, _), hit in zip(self._shape.texts, hits, strict=False):  # the source's hit is left over
                if type(hit) is Place:
                    place = hit
                    texts.append(Text(written, value[hit.body : hit.end].decode()))
                elif type(hit) is list:
                    found: list[str] = []
                    for item in hit:
                        place = item.text
                        found.append(value[place.body : place.end].decode())
                    texts.append(Text(written, found))
                else:
                    missing.append(_nothing(hit, written))
        except UnicodeDecodeError as error:
            at = error.start + (place.body if place is not None else 0)
            return Undecodable("not_utf8", f"byte {at:,} of the value, in a text, is not UTF-8 ({error.reason})")
        wrong = [each for each in missing if not each.absent]
        return wrong[0] if wrong else texts or missing[0]

    def encode(self, value: bytes, changes: Sequence[Change]) -> bytes:
        """Give `value`, which `decode` has accepted, with a change for each of its texts; every other byte stays."""
        hits = [hit for hit in self._hits(value)[:-1] if isinstance(hit, Place | list)]
        return spliced(value, hits, changes, self._length, self._head)

    def site(self, value: bytes) -> str:
        """Give the string that names the article's site; "" if there is none."""
        try:
            hit = self._hits(value)[-1]
        except Malformed:
            return ""
        return value[hit.body : hit.end].decode("utf-8", "replace") if isinstance(hit, Place) else ""

    def _hits(self, value: bytes) -> Hits:
        last, hits = self._last
        if last is not value:
            hits = self._walk(value)
            self._last = (value, hits)
        return hits


def _nothing(hit: Hit, written: str) -> Undecodable:
    """Say why there is no text."""
    if isinstance(hit, Nowhere):
        return Undecodable("no_text", hit.message, hit.absent)
    return Undecodable("no_text", f"there is nothing at {written}", absent=True)
