r"""What was removed from an article, as a record of its own, so that every removal can be undone.

    {"topic": "articles.raw", "partition": 0, "offset": 42, "rules": "3f…", "separator": "\n", "cleaned": "9c…",
     "removed": [{"line": 3, "text": "…", "reason": "repeat", "of": 1, "rule": null}, …]}

`topic`, `partition` and `offset` are the raw article's place; of one in a file it is `file` and `line`. The
fields of a removal are those of `stream.core.article.Removal`. `separator` is what stands between a text's lines;
null where the text is a list. `cleaned` is a hash of the cleaned text that it belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from xxhash import xxh3_64_hexdigest

from stream.core.article import Cleaned, CleanedList, Removal
from stream.core.cleaning import restore, restore_list

REMOVAL_BYTES = len('{"line":1,"text":"","reason":"junk","of":null,"rule":null},')
"""What a removal takes at least, beside its text."""


def as_json(where: Mapping[str, object], result: Cleaned | CleanedList) -> bytes:
    """What was removed; `where` is the raw article's place."""
    value = {
        **where,
        "rules": result.rules_version,
        "separator": result.separator if isinstance(result, Cleaned) else None,
        "cleaned": _hash(result.text if isinstance(result, Cleaned) else result.paragraphs),
        "removed": [removal._asdict() for removal in result.removed],
    }
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # half a surrogate pair, which a `str` may hold
        return json.dumps(value, separators=(",", ":")).encode()


def original(value: bytes, cleaned: str | list[str]) -> str | list[str]:
    """The text before the cleaning, from the record's value and the cleaned text.

    Raises `ValueError` where the two do not belong together, or the value is no such record.
    """
    try:
        data: dict[str, Any] = json.loads(value)
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
    """XXH3 of a text, or of a list's items with their lengths, in hexadecimal."""
    if not isinstance(cleaned, str):
        cleaned = "".join(f"{len(item)}:{item}" for item in cleaned)
    return xxh3_64_hexdigest(cleaned.encode("utf-8", "surrogatepass"))
