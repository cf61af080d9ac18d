"""Reads JSON, and finds in it what a path leads to; every refusal is a sentence that names the step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson

from stream.config.paths import ALL, Path
from stream.records.shape import Undecodable

BOM = b"\xef\xbb\xbf"


def object_of(value: bytes) -> dict[str, Any] | Undecodable:
    """Parse a value that has to be a JSON object. Of a field given twice the last one counts, at each level."""
    try:
        document = orjson.loads(value if not value.startswith(BOM) else value[3:])
    except orjson.JSONDecodeError as error:
        document = _past_doubles(value, error)
        if document is None:
            return _not_json(value, error)
    if type(document) is not dict:
        return Undecodable("no_text", f"the value is JSON but no object (it is {kind(document)})")
    return document


def find(document: object, steps: Sequence[str], written: str = "") -> object | Undecodable:
    """Give what the steps lead to; null too. `written` is the whole path, for what is said where they lead nowhere."""
    here = document
    for at, step in enumerate(steps):
        if type(here) is dict and step in here:
            here = here[step]
        elif type(here) is list and is_index(step) and int(step) < len(here):
            here = here[int(step)]
        else:
            return _nowhere(here, steps, at, written)
    return here


def text_at(document: object, path: Path) -> str | list[str] | Undecodable:
    """Give the text, or the list of paragraphs, that a path leads to."""
    here = find(document, path.outer, path.written)
    if isinstance(here, Undecodable) or (path.each < 0 and type(here) is str):
        return here
    if type(here) is not list or not path.inner:
        return _paragraphs(here, path.written, among="" if path.each < 0 else pointer(path.outer))
    found = [find(item, path.inner) for item in here]
    texts = [text for text in found if type(text) is str]
    if here and not texts:
        which = f"no item of {pointer(path.outer)} has a text at {pointer(path.inner)}"
        return Undecodable("no_text", which, absent=all(map(_is_absent, found)))
    return texts


def places_of_texts(document: object, path: Path) -> list[int]:
    """Give the indices of the items that the paragraphs of `text_at` come from; `path` leads to a list."""
    items = find(document, path.outer)
    return [at for at, item in enumerate(items) if type(find(item, path.inner)) is str] if type(items) is list else []


def pointer(steps: Sequence[str]) -> str:
    """Write steps as a JSON Pointer."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def is_index(step: str) -> bool:
    """Whether a step can be an index of a list: digits, no zero before others (RFC 6901)."""
    return step.isascii() and step.isdigit() and (step == "0" or step[0] != "0") and len(step) < 10  # noqa: PLR2004


def kind(item: object) -> str:
    """Name the kind of a parsed value, with its article."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(item), "a number")


def _paragraphs(items: object, written: str, *, among: str = "") -> list[str] | Undecodable:
    if type(items) is not list:
        what = f"the field {written!r} is no string but {kind(items)}"
        if among:
            what = f"{among} is no list but {kind(items)}"
        return Undecodable("no_text", what, absent=items is None)
    for place, item in enumerate(items):
        if type(item) is not str:
            return Undecodable("no_text", f"item {place} of {written!r} is no string but {kind(item)}")
    return items


def _is_absent(found: object) -> bool:
    return found is None or (isinstance(found, Undecodable) and found.absent)


def _nowhere(here: object, steps: Sequence[str], at: int, written: str) -> Undecodable:
    """Say why a step leads nowhere from what is there."""
    step, above = steps[at], pointer(steps[:at])
    if type(here) is dict:
        if step == "data" and not at and "data_base64" in here:  # a CloudEvent, structured mode
            what = f"the event's data is binary (data_base64), so there is nothing at {written}"
            return Undecodable("no_text", what)
        where = above or "the object"
        named = repr(step) if not written.startswith("/") else f"{step!r}, so there is nothing at {written}"
        return Undecodable("no_text", f"{where} has no field {named}", absent=True)
    if type(here) is list and is_index(step):
        return Undecodable("no_text", f"{above} has no item {step}, so there is nothing at {written}", absent=True)
    if type(here) is list:
        fix = f"a number or {ALL}"
        return Undecodable("no_text", f"{above} is a list, so {fix} has to follow it in {written}, not {step!r}")
    return Undecodable("no_text", f"{above} is {kind(here)}, so {written} leads nowhere", absent=here is None)


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
