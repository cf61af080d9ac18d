"""Reads `.proto` text: the messages in it, with their fields. What does not change how messages are written is skipped.

The text is cut into words and marks; these into statements, each of which ends with a semicolon or opens a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stream.records.schemas.proto_types import Field, File, Message
from stream.records.schemas.wanted import SchemaError

MOST_LEVELS = 100
TOKEN = re.compile(
    r"""[ \t\r\n\f\v\ufeff]+ | //[^\n]* | /\*(?:.*?\*/|.*)
    | (?P<word>[A-Za-z0-9_.]+) | (?P<text>"(?:[^"\\\n]|\\.)*"? | '(?:[^'\\\n]|\\.)*'?) | (?P<mark>[^\s])""",
    re.VERBOSE | re.DOTALL,
)
"""What ends nowhere, a comment or a text, goes to the end: no place is tried twice."""
LABELS = frozenset(("optional", "required", "repeated"))
VISIBILITY = frozenset(("export", "local"))
ENCODING = frozenset(("features.message_encoding", "message_encoding"))
OCTAL = re.compile(r"0[0-7]+")
_CLOSING = {"[": "]", "{": "}"}


@dataclass(slots=True)
class _Scope:
    """A block that is open. `message` takes what is defined in it; `kind` is file, message, oneof, extend or other."""

    kind: str
    message: Message
    oneof: int = -1


def file_of(text: str) -> File:
    """Read a schema. Raises `SchemaError`."""
    file, top = File(), Message("")
    scopes = [_Scope("file", top)]
    for number, (words, ends) in enumerate(_statements(text)):
        if ends == ";":
            _take(words, scopes[-1], file)
        elif ends == "{":
            if len(scopes) > MOST_LEVELS:
                msg = f"the schema is nested deeper than {MOST_LEVELS} blocks"
                raise SchemaError(msg)
            scopes.append(_opened(words, scopes[-1], number))
        elif words or len(scopes) == 1:
            raise _unclear([*words, ends])
        else:
            scopes.pop()
    if len(scopes) > 1:
        msg = "the schema ends within a block"
        raise SchemaError(msg)
    file.messages, file.enums = top.nested, top.enums
    return file


def _take(words: list[str], scope: _Scope, file: File) -> None:
    """Take in a statement that opens no block."""
    kind = words[0] if words else ""
    if scope.kind == "file":
        if kind == "package":
            file.package = "".join(words[1:])
        elif kind == "import":
            file.imports.append(words[-1][1:-1])
        elif kind == "option":
            file.group = _delimited(words[1:]) or file.group
    elif scope.kind in {"message", "oneof"} and "=" in words and kind not in {"option", "reserved", "extensions"}:
        scope.message.fields.append(_field(words, scope))


def _opened(words: list[str], scope: _Scope, number: int) -> _Scope:
    """Give the scope that a statement opens; `number` is that of the statement."""
    if words[:1] and words[0] in VISIBILITY and len(words) == 3:  # noqa: PLR2004
        words = words[1:]
    kind = words[0] if words else ""
    if scope.kind == "other":
        return _Scope("other", scope.message)
    if kind == "message" and len(words) == 2:  # noqa: PLR2004
        made = Message(words[1])
        scope.message.nested.append(made)
        return _Scope("message", made)
    if kind == "oneof":
        return _Scope("oneof", scope.message, number)
    if kind == "extend":
        return _Scope("extend", scope.message)
    if "group" in words[:2] and "=" in words:
        at = words.index("group")
        if at + 1 >= words.index("="):
            raise _unclear(words)
        made = Message(words[at + 1])
        scope.message.nested.append(made)
        if scope.kind != "extend":
            name, repeated = words[at + 1].lower(), words[0] == "repeated"
            field = Field(name, _number(words), made.name, json_name(name), repeated, scope.oneof, group=True)
            scope.message.fields.append(field)
        return _Scope("message", made)
    if kind == "enum" and len(words) == 2:  # noqa: PLR2004
        scope.message.enums.append(words[1])
    return _Scope("other", scope.message)


def _field(words: list[str], scope: _Scope) -> Field:
    """Give the field of a statement such as `repeated Author authors = 7 [json_name = "by"]`."""
    equals = words.index("=")
    if equals < 2:  # noqa: PLR2004
        raise _unclear(words)
    repeated = words[0] == "repeated"
    kind = words[1 if words[0] in LABELS and equals > 2 else 0 : equals - 1]  # noqa: PLR2004
    name = words[equals - 1]
    options = words[words.index("[") :] if "[" in words else []
    made = Field(name, _number(words), "".join(kind), json_name(name), repeated, scope.oneof, _delimited(options))
    if "json_name" in options[:-2]:
        made.json_name = options[options.index("json_name") + 2].strip("\"'")
    if kind[:1] == ["map"] and "<" in kind:
        if "," not in kind:
            raise _unclear(words)
        comma = kind.index(",")
        made.type, made.repeated = entry_name(name), True
        entry = [Field("key", 1, "".join(kind[2:comma])), Field("value", 2, "".join(kind[comma + 1 : -1]))]
        scope.message.nested.append(Message(made.type, entry, entry=True))
    if not made.type:
        raise _unclear(words)
    return made


def _number(words: list[str]) -> int:
    try:
        word = words[words.index("=") + 1]
        return int(word, 8 if OCTAL.fullmatch(word) else 0)
    except (ValueError, IndexError):
        raise _unclear(words) from None


def _delimited(options: list[str]) -> bool | None:
    """Whether options say that a message is delimited by tags; None if they say nothing of it."""
    at = next((at for at, word in enumerate(options[:-2]) if word in ENCODING), -1)
    return None if at < 0 else options[at + 2] == "DELIMITED"


def _statements(text: str) -> Iterator[tuple[list[str], str]]:
    """Cut a schema into statements, and what each ends with: a semicolon, or a brace that opens or closes a block."""
    words: list[str] = []
    open_marks: list[str] = []
    for token in TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if kind is None:
            continue
        if kind == "mark" and open_marks:
            if word in _CLOSING:
                open_marks.append(_CLOSING[word])
            elif word == open_marks[-1]:
                open_marks.pop()
        elif kind == "mark" and (word == "[" or (word == "{" and words[-1:] == ["="])):
            open_marks.append(_CLOSING[word])
        elif kind == "mark" and word in ";{}":
            yield words, word
            words = []
            continue
        words.append(word)
    if words:
        msg = f"the schema ends within {' '.join(words)[:60]!r}"
        raise SchemaError(msg)


def json_name(name: str) -> str:
    """The name of a field in JSON: a letter behind underscores in capitals, without these."""
    first, *parts = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in parts)


def entry_name(name: str) -> str:
    """The name of the type of a map's entries."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Entry"


def _unclear(words: list[str]) -> SchemaError:
    return SchemaError(f"the schema is no .proto text: {' '.join(words)[:60]!r} is not clear")
