"""Gets an article's texts out of a record's value, and puts cleaned ones back without changing anything else.

A cleaned text replaces the old one in the original bytes. Whatever else the value contains (integers beyond 64 bits,
long decimals, the order and spelling of fields) stays byte for byte, because it is never parsed and written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from stream.config.paths import Path, path_of, paths_of
from stream.records.json_values import find, object_of, places_of_texts, text_at
from stream.records.shape import Change, Shape, Text, Undecodable
from stream.records.splice import Edit, edited, item_spans, span_at, without

TextFormat = Literal["json", "text"]
InputFormat = Literal["auto", "json", "text", "registry"]


@dataclass(frozen=True, slots=True)
class JsonCodec:
    """Values that are JSON objects. `shape` says where in them the texts are, and the name of the site."""

    shape: Shape

    @classmethod
    def of(cls, text_field: str, source_field: str = "source") -> JsonCodec:
        """Make one from paths as the settings write them. Raises `ValueError`."""
        return cls(Shape(paths_of(text_field), path_of(source_field)))

    def decode(self, value: bytes) -> list[Text] | Undecodable:
        """Give the texts that are there, in the order of the shape, or why there is none."""
        return self.decode_with_fields(value)[0]

    def decode_with_fields(self, value: bytes) -> tuple[list[Text] | Undecodable, dict[str, Any]]:
        """Give the same, and all fields of the object, parsed once for both; none if the value is no object."""
        paths = self.shape.texts
        if len(paths) == 1 and len(paths[0].steps) == 1 and paths[0].each < 0:  # the usual case
            try:
                fields = orjson.loads(value)
                found = fields[paths[0].steps[0]]
            except (orjson.JSONDecodeError, KeyError, TypeError):  # what is wrong is found out below
                fields = found = None
            if type(found) is str:
                return [Text(paths[0].written, found)], fields
        document = object_of(value)
        return (document, {}) if isinstance(document, Undecodable) else (self._texts_in(document), document)

    def _texts_in(self, document: dict[str, Any]) -> list[Text] | Undecodable:
        texts: list[Text] = []
        missing: list[Undecodable] = []
        for path in self.shape.texts:
            text = text_at(document, path)
            if not isinstance(text, Undecodable):
                texts.append(Text(path.written, text))
            elif text.absent:
                missing.append(text)
            else:
                return text
        return texts or missing[0]

    def encode(self, value: bytes, changes: Sequence[Change]) -> bytes:
        """Give `value`, which `decode` has accepted, with a change for each of its texts; every other byte stays.

        If an object has a field twice the last one is meant: that is the one `decode` read, like every common JSON
        parser.
        """
        paths = self.shape.texts
        document: object = None  # in the usual case, one string, nobody has to look into it
        if len(paths) > 1 or not isinstance(changes[0], str):
            document = object_of(value)
            paths = tuple(path for path in paths if not isinstance(text_at(document, path), Undecodable))
        pairs = zip(paths, changes, strict=True)
        return edited(value, [edit for path, change in pairs for edit in _edits(value, document, path, change)])

    def fields(self, value: bytes) -> dict[str, Any]:
        """Give all fields of the object; none if the value is no object."""
        document = object_of(value)
        return {} if isinstance(document, Undecodable) else document

    def site(self, value: bytes) -> str:
        """Give the string that names the article's site; "" if there is none."""
        found = find(self.fields(value), self.shape.source.steps)
        return found if type(found) is str else ""


def decode_text(value: bytes) -> list[Text] | Undecodable:
    """Give the text of a value that is plain UTF-8, or why it is not."""
    try:
        return [Text("", value.decode())]
    except UnicodeDecodeError as error:
        return Undecodable("not_utf8", f"byte {error.start} of the value is not UTF-8 ({error.reason})")


def format_of_value(content_type: bytes | str | None, default: InputFormat) -> TextFormat:
    """Tell a record's format: the setting decides, or with `auto` the `content-type` header (`text/plain` is text)."""
    if default != "auto" or not content_type:
        return "text" if default == "text" else "json"
    name = content_type.decode("latin-1") if isinstance(content_type, bytes) else content_type
    return "text" if name.strip().lower().startswith("text/plain") else "json"


def _edits(value: bytes, document: object, path: Path, change: Change) -> Iterator[Edit]:
    """Give the edits that make a change; `document` is the value, parsed."""
    if isinstance(change, str):
        yield Edit(*span_at(value, path.steps), orjson.dumps(change))
    elif change:
        places = places_of_texts(document, path)
        begin, end = span_at(value, path.outer)
        yield from without(item_spans(value, begin, end), {places[at] for at in change})
