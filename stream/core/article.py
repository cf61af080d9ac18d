"""The results of cleaning: immutable values without behaviour.

They are tuples, because there is one for every removed paragraph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Reason = Literal["repeat", "footer", "junk", "site"]


class Removal(NamedTuple):
    r"""One removed paragraph, and why it was removed.

    `line` is the 1-based line of the raw text (or item of the raw list) where the removal starts. `text` is exactly
    what was removed: the paragraph, the blank lines before it that went with it and, where a CR LF separator went, the
    CR at its end. `of` is set for a repeat only: the 1-based line of the paragraph that it repeats. `rule` is set for
    all others: the id of the rule that found it. For a line that is known from the site's other articles (`site`) it
    tells where the line stood and how many of them have it: `footer:214/220`, or `junk:214/220` within the body.

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
    `rules_version` identifies the rule set (a hash of its content). `separator` is what joins the lines of `text`.
    `site_version` identifies the profile of the site that the text was cleaned with; "" if there was none.

    >>> from stream import clean
    >>> clean("The ferry runs all winter, the board said today.").removed
    ()
    """

    text: str
    removed: tuple[Removal, ...]
    rules_version: str
    withheld: tuple[Removal, ...] = ()
    separator: str = "\n"
    site_version: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether anything was removed."""
        return bool(self.removed)


def _made(removals: Any) -> tuple[Removal, ...]:
    made: tuple[Removal, ...] = removals.made() if removals else ()
    return made


class CleanedByCompiled(Cleaned):
    """What the compiled core gives: a `Cleaned` in which something goes or is withheld, each removal made on demand.

    Making them takes a tenth of the cleaning, and the worker only counts them. In place of a tuple of removals it holds
    the compiled core's `Removals`, which compares and hashes as that tuple; every other way to them makes it. If there
    are none, the tuple is empty.
    """

    __slots__ = ()

    @property
    def removed(self) -> tuple[Removal, ...]:
        """The removals, which are made when they are first asked for."""
        return _made(tuple.__getitem__(self, 1))

    @property
    def withheld(self) -> tuple[Removal, ...]:
        """The removals that were refused, likewise."""
        return _made(tuple.__getitem__(self, 3))

    @property
    def withheld_count(self) -> int:
        """How many were refused."""
        return len(tuple.__getitem__(self, 3))

    @property
    def is_changed(self) -> bool:
        """Whether anything was removed."""
        return bool(tuple.__getitem__(self, 1))

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """How many went for each `Reason`, in their order; and how many known from the site stood within the story."""
        packed: Any = tuple.__getitem__(self, 1)
        counts: tuple[int, int, int, int, int] = packed.counts() if packed else (0, 0, 0, 0, 0)
        return counts

    def _whole(self) -> Cleaned:
        return Cleaned(self.text, self.removed, self.rules_version, self.withheld, self.separator, self.site_version)

    def __iter__(self) -> Iterator[Any]:
        """Give the fields in turn."""
        return iter(self._whole())

    def __getitem__(self, at: Any) -> Any:
        """Give a field, or several."""
        return self._whole()[at]

    def __repr__(self) -> str:
        """Say what a `Cleaned` says."""
        return repr(self._whole())

    def _replace(self, **fields: Any) -> Any:
        """Give a `Cleaned` with some fields of it replaced."""
        return self._whole()._replace(**fields)

    def __reduce__(self) -> tuple[object, ...]:
        """Go to another process as a `Cleaned`."""
        return Cleaned, (*self,)


class CleanedList(NamedTuple):
    """The same for an article that came as a list of paragraphs; it stays a list.

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
    site_version: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether anything was removed."""
        return bool(self.removed)
