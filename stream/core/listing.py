"""Which lines are source code, judged by indentation, brackets and operators; for any programming language.

Cleaning must leave code alone: a line of a program that occurs twice is meant twice, and a word in it ("tags:",
"print") says nothing about the page.

A line is code on its own if enough of its words carry signs of code. A line that is indented, is a key with a value,
or opens or closes a bracket is code if the next line above or below that is not blank is code on its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from stream.core.patterns import pattern

# A quick test: a line without any of these cannot be code, unless it is indented. They are a call, an index, one of
# the signs, an option, a key, or a shell prompt.
_MAY_BE = pattern(r"[\w.]\(|\w\[|[{}<>=_|\\`]|&&|\$[A-Za-z_({]|--|^[ \t]|^(?:- )?[^ ]*:|^\$ ")
_INDENTED = pattern(r"(?:\t|  )[ \t]*\S")
_CODE = pattern(
    r"""
    [\w.]\((?!\w{1,3}\)$)                   # a call, but not an optional plural: "article(s)"
    | [A-Za-z0-9]_[A-Za-z0-9]               # a name in snake case
    | ^[-+*/:!<>=&|]?=+>?$ | ^->$ | ^(?:&&|\|\||\*\*|<<|:=)$  # an operator
    | \w=["'\w{\[($/] | [{}\\] | \w\[ | ::\w | \w->\w | => | [!=]= | && | \|\|
    | </ | /> | ^<[a-z!]                    # a tag
    | %[sdf] | \$[A-Za-z_({]                # a placeholder or variable
    | ^--?[a-z][\w=-]*$                  # an option
    | ^["'(]?(?:~|\.{1,2})?/\w[\w.-]*/      # a path
    | ^\#(?:include|define|!)
    """,
    re.VERBOSE | re.ASCII,
)
_BETWEEN = pattern(r"[-+*/%<>|&]")
_CLOSES = ("{", "}", "};", "});", ");", "):", "},", "],", "];")
_ENDS = (*_CLOSES, ";", ",", ")", "[", "]", "(", ":")
_CALL = pattern(r"""\w\(f?["']""")
_STATEMENT = pattern(r"(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|WITH) .*\b(?:FROM|VALUES|SET|TABLE|INDEX|VIEW|AS)\b")
_STYLE = pattern(r"(?:[\w-]+: [^;]+;\s*){2,}")
_VALUE = pattern(r"""[A-Za-z_][\w.-]* = (?:["'\[{].*|\S+)""", re.ASCII)
_KEY = pattern(r"""(?:- )?["']?[A-Za-z_][\w.-]*["']?: ?(?:[\x21-\x7e]+|[\[{"'].*|[^;]*;)?""")
_WORD = pattern(r"""[a-z_][\w.]* ?["'].*["'][;,]?""")
_TOKEN = pattern(r"[\x21-\x7e]{16,}")
_COMMENT = ("//", "/*", "# ", '"""', "'''", "<!--")
_BEGIN = pattern(r"\$ [a-z./]|>>> [a-z_]|```")
_ADDRESS = ("http://", "https://", "www.")
_PART, _PART_INDENTED = 4, 7
"""Maximum number of words for each sign of code in a line that is code: if it is not indented, and if it is."""


def is_code(lines: Sequence[str], at: int) -> bool:
    """Whether the line at index `at` is code, on its own or because of the lines beside it."""
    return may_be_code(lines[at]) and (is_code_alone(lines[at]) or hangs(lines, at))


def code_among(lines: Sequence[str], places: Sequence[int]) -> Callable[[int], bool]:
    """Give `is_code` for a page that consists of the lines at `places` only.

    The function that is returned takes an index in `places`. Lines beside it are those of the page.
    """
    there: list[str] = []

    def code(at: int) -> bool:
        if not may_be_code(lines[places[at]]):
            return False
        if not there:
            there.extend([lines[place] for place in places])
        return is_code(there, at)

    return code


def may_be_code(line: str) -> bool:
    """Whether a line has anything that code always has; a fast test that rules out most lines."""
    return _MAY_BE.search(line) is not None


def is_code_alone(line: str) -> bool:
    """Whether a line is code regardless of the lines beside it; an item of several rows if half of its rows are."""
    if not may_be_code(line):
        return False
    return _is_block(line) if "\n" in line.strip() else _alone(line)


def hangs(lines: Sequence[str], at: int) -> bool:
    """Whether a line is code because it continues the code in the line above or below it."""
    line = lines[at]
    return may_be_code(line) and "\n" not in line.strip() and _hangs(line) and _beside(lines, at)


def _is_block(item: str) -> bool:
    """Whether at least half of the rows of an item that has several are code."""
    rows = [row for row in item.split("\n") if row and not row.isspace()]
    return 2 * sum(map(_alone, rows)) >= len(rows)


def _alone(line: str) -> bool:
    """Whether a single row is code regardless of the rows beside it."""
    text = line.strip()
    if not text:
        return False
    if _BEGIN.match(text) or _VALUE.fullmatch(text) or (text.endswith(_ENDS) and _CALL.search(text)):
        return True
    if text[0] == text[-1] == "|" and text.count("|") > 2:  # noqa: PLR2004 - a row of a table
        return True
    if not _INDENTED.match(line):
        found, words = _signs(text)
        return _STATEMENT.match(text) is not None or _STYLE.fullmatch(text) is not None or 1 < found >= words / _PART
    if text.startswith(_COMMENT) or any(each.fullmatch(text) for each in (_KEY, _WORD, _TOKEN)):
        return not text.startswith(_ADDRESS)
    found, words = _signs(text)
    return 0 < found >= words / _PART_INDENTED


def _signs(text: str) -> tuple[int, int]:
    """Count the signs of code in a line, and its words."""
    if text.startswith("{ ") and text.endswith(" }"):  # these braces may enclose a sentence, and are no sign of code
        text = text[2:-2]
    words = text.split()
    found = sum(len(_CODE.findall(word)) for word in words if not word.startswith(_ADDRESS))
    if text.endswith(_ENDS):
        found += sum(1 for word in words if _BETWEEN.fullmatch(word))
    if text.endswith(_CLOSES) and (found or len(words) == 1):
        found += 2
    elif text.endswith(";") and found:
        found += 1
    return found, len(words)


def _hangs(line: str) -> bool:
    """Whether a row has a form that continues code: indented, a key, or ending with a bracket."""
    text = line.strip()
    return _INDENTED.match(line) is not None or _KEY.fullmatch(text) is not None or text.endswith(_CLOSES)


def _beside(lines: Sequence[str], at: int) -> bool:
    """Whether the nearest line above or below that is not blank is code on its own."""
    return _first_is_code(lines, range(at - 1, -1, -1)) or _first_is_code(lines, range(at + 1, len(lines)))


def _first_is_code(lines: Sequence[str], places: range) -> bool:
    """Whether the first line among `places` that is not blank is code on its own."""
    for place in places:
        if lines[place] and not lines[place].isspace():
            return _alone(lines[place])
    return False
