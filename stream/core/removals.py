r"""The record of removals: what was removed from an article, in JSON, so that every removal can be undone.

    {"topic": "articles.raw", "partition": 0, "offset": 42, "rules": "3f…", "separator": "\n", "cleaned": "9c…",
     "removed": [{"line": 3, "text": "…", "reason": "repeat", "of": 1, "rule": null}, …]}

`topic`, `partition` and `offset` say where the raw article stands; for an article in a file `file` and `line` do. The
fields of a removal are those of `stream.core.article.Removal`. `separator` joins the lines of the text; it is null
where the text is a list. `cleaned` is a hash of the cleaned text, so that nobody restores another one. For an article
with several texts all this stands for each one under `fields`, by the field as the settings name it:

    {"topic": "articles.raw", "partition": 0, "offset": 42, "fields": {"/body": {"rules": "3f…", …}, …}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from xxhash import xxh3_64_hexdigest

from stream.core.article import Cleaned, CleanedList, Removal
from stream.core.restoring import restore, restore_list

REMOVAL_BYTES = len('{"line":1,"text":"","reason":"junk","of":null,"rule":null},')
"""Minimum size of one removal in JSON, not counting its text."""


def as_json(where: Mapping[str, object], result: Cleaned | CleanedList) -> bytes:
    """Give the record of removals as JSON. `where` holds the fields that say where the raw article stands."""
    return _dumped({**where, **_said(result)})


def as_json_by_field(where: Mapping[str, object], results: Mapping[str, Cleaned | CleanedList]) -> bytes:
    """Give the record of removals of an article with several texts; `results` are by field."""
    return _dumped({**where, "fields": {field: _said(result) for field, result in results.items()}})


def _said(result: Cleaned | CleanedList) -> dict[str, object]:
    return {
        "rules": result.rules_version,
        **({"site": result.site_version} if result.site_version else {}),
        "separator": result.separator if isinstance(result, Cleaned) else None,
        "cleaned": _hash(result.text if isinstance(result, Cleaned) else result.paragraphs),
        "removed": [removal._asdict() for removal in result.removed],
    }


def _dumped(value: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # a lone surrogate, which a `str` may contain
        return json.dumps(value, separators=(",", ":")).encode()


def original(value: bytes, cleaned: str | list[str], field: str | None = None) -> str | list[str]:
    """Give the text before cleaning, from the record of removals (`value`) and the cleaned text.

    `field` says which of several texts, as the settings name it.

    Raises `ValueError` if the two do not belong together or `value` is not a record of removals.
    """
    try:
        data: dict[str, Any] = json.loads(value)
        if field is not None:
            data = data["fields"][field]
        hashed, rules, separator = data["cleaned"], data["rules"], data["separator"]
        removed = tuple(Removal(**removal) for removal in data["removed"])
    except (TypeError, KeyError) as error:
        msg = f"the value is no record of removals: {error!r}"
        raise ValueError(msg) from None
    if hashed != _hash(cleaned):
        msg = "the cleaned text is not the one that these removals belong to"
        raise ValueError(msg)
    if isinstance(cleaned, str):
        return restore(Cleaned(cleaned, removed, rules, (), separator))
    return list(restore_list(CleanedList(tuple(cleaned), removed, rules)))


def _hash(cleaned: str | Sequence[str]) -> str:
    """XXH3 (64 bits, hexadecimal) of a text, or of the items of a list with their lengths."""
    if not isinstance(cleaned, str):
        cleaned = "".join(f"{len(item)}:{item}" for item in cleaned)
    return xxh3_64_hexdigest(cleaned.encode("utf-8", "surrogatepass"))
