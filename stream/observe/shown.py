"""Makes text from outside safe to print: a terminal must not obey anything in it, and one line must stay one line."""

from __future__ import annotations

import json
from typing import Any

from stream.core.patterns import pattern

# Characters that a terminal obeys or that change the order in which text is shown: control characters other than tab
# and line feed, direction marks, Unicode line separators; and lone surrogates, which cannot be encoded.
_OBEYED = pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS = str.maketrans({"\n": "\\n", "\t": "\\t"})


def visible(text: str) -> str:
    r"""The text with each character that a terminal would obey replaced by its Python escape, such as `\x1b`."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def on_one_line(text: str) -> str:
    r"""`visible`, with line feeds and tabs escaped as well, so that a name with a line feed cannot forge a log line."""
    return visible(text).translate(_BREAKS)


def as_json(value: object, **how: Any) -> str:
    """The value as JSON on one line, with each character that a terminal would obey written as a JSON escape.

    `how`: further arguments of `json.dumps`.
    """
    return json_visible(json.dumps(value, ensure_ascii=False, **how))


def json_visible(text: str) -> str:
    """A JSON text with each character that a terminal would obey written as a JSON escape.

    The text must have no white space between its parts, because an escape is valid only within a string.
    """
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
