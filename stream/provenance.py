r"""What was removed from an article, as a record of its own, so that every removal can be undone.

    {"topic": "articles.raw", "partition": 0, "offset": 42, "rules": "3f…", "separator": "\n",
     "removed": [{"line": 3, "text": "…", "reason": "repeat", "of": 1, "rule": null}, …]}

`topic`, `partition` and `offset` are the raw article's place; of one in a file it is `file` and `line`. The
fields of a removal are those of `stream.article.Removal`. `separator` is what stands between a text's lines;
null where the text is a list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from stream.article import Cleaned, CleanedList, Removal
from stream.cleaning import restore, restore_list


def as_json(where: Mapping[str, object], result: Cleaned | CleanedList) -> bytes:
    """What was removed; `where` is the raw article's place."""
    value = {
        **where,
        "rules": result.rules_version,
        "separator": result.separator if isinstance(result, Cleaned) else None,
        "removed": [removal._asdict() for removal in result.removed],
    }
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # half a surrogate pair, which JSON may hold as an escape
        return json.dumps(value, separators=(",", ":")).encode()


def original(value: bytes, cleaned: str | list[str]) -> str | list[str]:
    """The text before the cleaning, from the record's value and the cleaned text. Raises `ValueError`, `KeyError`."""
    data: dict[str, Any] = json.loads(value)
    removed = tuple(Removal(**removal) for removal in data["removed"])
    if isinstance(cleaned, str):
        return restore(Cleaned(cleaned, removed, data["rules"], (), data["separator"]))
    return list(restore_list(CleanedList(tuple(cleaned), removed, data["rules"])))
