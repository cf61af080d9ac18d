"""How a text that comes from outside is shown: a terminal obeys nothing in it, and one line stays one line."""

from __future__ import annotations

import json
import re
from typing import Any

# What a terminal obeys or shows in another order than it stands: control characters other than tab and line feed,
# marks of direction, other line separators, lone surrogates.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS = str.maketrans({"\n": "\\n", "\t": "\\t"})


def visible(text: str) -> str:
    """The text with what a terminal would obey spelled out as its escape."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def on_one_line(text: str) -> str:
    """The same with line ends and tabs spelled out, too: no name with a line end in it looks like two lines of ours."""
    return visible(text).translate(_BREAKS)


def as_json(value: object, **how: Any) -> str:
    """A JSON text without line ends, in which what a terminal would obey is written as JSON's own escapes.

    `how`: more of what `json.dumps` takes.
    """
    return json_visible(json.dumps(value, ensure_ascii=False, **how))


def json_visible(text: str) -> str:
    """A JSON text without white space between its parts, with what a terminal would obey as JSON's own escapes."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
