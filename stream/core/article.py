"""What the core gives: values that cannot be changed, no behaviour. Tuples, for there is one a paragraph."""

from __future__ import annotations

from typing import Literal, NamedTuple

Reason = Literal["repeat", "footer", "junk"]


class Removal(NamedTuple):
    r"""One paragraph that went, and why.

    `line` is the 1-based line (of a list: item) of the raw text where the removal starts. `text` is
    exactly what went: the paragraph, with the blank lines before it that went with it, and at its end the CR
    of the separator that went, if there was one. `of` is, for a repeat, the line of the paragraph it repeats;
    `rule` is, for a footer or a line of junk, the id of the rule that found it.

    >>> from stream import clean
    >>> (removal,) = clean("The ferry runs all winter, the board said today.\nAdvertisement\nIt leaves at six.").removed
    >>> removal.line, removal.text, removal.reason, removal.rule
    (2, 'Advertisement', 'junk', 'en.advertisement')
    """

    line: int
    text: str
    reason: Reason
    of: int | None = None
    rule: str | None = None


class Cleaned(NamedTuple):
    """A cleaned text. `removed` and `withheld` are in the order of the raw text.

    `withheld` holds the removals that the safety budget refused: those paragraphs are still in `text`.
    `rules_version` names the rule set (a hash of its content). `separator` stands between its lines.

    >>> from stream import clean
    >>> clean("The ferry runs all winter, the board said today.").removed
    ()
    """

    text: str
    removed: tuple[Removal, ...]
    rules_version: str
    withheld: tuple[Removal, ...] = ()
    separator: str = "\n"


class CleanedList(NamedTuple):
    """The same for an article that came as a list of paragraphs: it stays a list.

    >>> from stream import clean_list
    >>> cleaned = clean_list(["The ferry runs all winter, the board said today.", "Advertisement", "It leaves at six."])
    >>> cleaned.paragraphs
    ('The ferry runs all winter, the board said today.', 'It leaves at six.')
    >>> cleaned.removed[0].line
    2
    """

    paragraphs: tuple[str, ...]
    removed: tuple[Removal, ...]
    rules_version: str
    withheld: tuple[Removal, ...] = ()
