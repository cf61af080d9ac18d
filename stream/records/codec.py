"""Gets an article's text out of a record's value, and puts the cleaned text back without changing anything else.

A cleaned text replaces the old one in the original bytes. Whatever else the value contains (integers beyond 64 bits,
long decimals, the order and spelling of fields) stays byte for byte, because it is never parsed and written again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from stream.records.shape import Undecodable
from stream.records.splice import value_span

BOM = b"\xef\xbb\xbf"
Format = Literal["json", "text"]


@dataclass(frozen=True, slots=True)
class JsonCodec:
    """Values that are JSON objects. The text is their top-level field `field`, a string or a list of strings."""

    field: str

    def decode(self, value: bytes) -> str | list[str] | Undecodable:
        """Give the text, the list of paragraphs, or why there is none."""
        try:
            found = orjson.loads(value)[self.field]
        except (orjson.JSONDecodeError, KeyError, TypeError):  # `_decode` finds out what is wrong
            found = None
        return found if type(found) is str else self._decode(value)

    def _decode(self, value: bytes) -> str | list[str] | Undecodable:
        document = _object(value)
        if isinstance(document, Undecodable):
            return document
        try:
            text = document[self.field]
        except KeyError:
            return Undecodable("no_text", f"the object has no field {self.field!r}")
        if type(text) is str:
            return text
        if type(text) is list:
            for place, item in enumerate(text):
                if type(item) is not str:
                    return Undecodable("no_text", f"item {place} of {self.field!r} is no string but {_kind(item)}")
            return text
        return Undecodable("no_text", f"the field {self.field!r} is no string but {_kind(text)}")

    def fields(self, value: bytes) -> dict[str, Any]:
        """Give all fields of the object; none if the value is no object."""
        document = _object(value)
        return {} if isinstance(document, Undecodable) else document

    def site(self, value: bytes, field: str) -> str:
        """Give the string in another field of the object; "" if it has none."""
        found = self.fields(value).get(field)
        return found if type(found) is str else ""

    def encode(self, value: bytes, new: str | list[str]) -> bytes:
        """Give `value`, which `decode` has accepted, with `new` in place of its text; every other byte stays.

        If the object has the field twice the last one is replaced: that is the one `decode` read, like every common
        JSON parser.
        """
        start, end = value_span(value, self.field)
        return b"".join((value[:start], orjson.dumps(new), value[end:]))


def decode_text(value: bytes) -> str | Undecodable:
    """Give the text of a value that is plain UTF-8, or why it is not."""
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        return Undecodable("not_utf8", f"byte {error.start} of the value is not UTF-8 ({error.reason})")


def format_of_value(content_type: bytes | str | None, default: Literal["auto", "json", "text"]) -> Format:
    """Tell a record's format: the setting decides, or with `auto` the `content-type` header (`text/plain` is text)."""
    if default != "auto" or not content_type:
        return "text" if default == "text" else "json"
    name = content_type.decode("latin-1") if isinstance(content_type, bytes) else content_type
    return "text" if name.strip().lower().startswith("text/plain") else "json"


def _object(value: bytes) -> dict[str, Any] | Undecodable:
    try:
        document = orjson.loads(value if not value.startswith(BOM) else value[3:])
    except orjson.JSONDecodeError as error:
        document = _past_doubles(value, error)
        if document is None:
            return _not_json(value, error)
    if type(document) is not dict:
        return Undecodable("no_text", f"the value is JSON but no object (it is {_kind(document)})")
    return document


def _past_doubles(value: bytes, error: orjson.JSONDecodeError) -> object:
    """Parse a document whose only fault is a number beyond a double's range, such as 1e400; None for any other."""
    if "infinity" not in str(error):
        return None
    try:
        plain = value.removeprefix(BOM)
        document: object = json.loads(plain, parse_float=_no_text, parse_int=_no_text, parse_constant=_no_json_constant)
        orjson.dumps(document)  # a lone surrogate could be read but not written
    except (ValueError, TypeError, RecursionError):
        return None
    return document


def _no_text(_: str) -> int:
    """Stand in for any number: only the text is wanted."""
    return 0


def _no_json_constant(name: str) -> None:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _not_json(value: bytes, error: orjson.JSONDecodeError) -> Undecodable:
    try:
        value.decode()
    except UnicodeDecodeError as bad:
        return Undecodable("not_utf8", f"byte {bad.start} of the value is not UTF-8 ({bad.reason})")
    return Undecodable("not_json", f"the value is not JSON: {error}")


def _kind(item: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(item), "a number")
