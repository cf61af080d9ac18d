"""Sentences, headlines and buttons in several languages, put together at random from lists that a person can read.

Each file in `harness/data/pages/` holds a language. To add one, copy a file and translate every list:

- `sites`: host names under `.example`. `space` and `comma`: what separates two sentences and two names, unless it is
  a space, and a comma with a space.
- `[slots]`: phrases that templates name in braces. They fit together in any choice: `who` is always plural and
  `did` agrees with it; `claim` is a whole main clause; `person` stands only where its ending need not change. A
  language may have slots of its own (Greek has `speaker`, a person with the article). A phrase may name slots, too.
- `[body]`: templates of what belongs to an article. `sentence` makes up paragraphs; the others are lines of their own.
- `[page]`: templates of what a page puts around an article.

A template may also name `{n}` and `{n2}` (a small and a larger number, after which a noun takes one and the same form
in all these languages), `{d}`, `{mo}`, `{year}`, `{h}` and `{m}` (parts of a date and a time), `{nick}` (what a reader
signs with) and `{names}` (several people).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import tomli

FOLDER = Path(__file__).parent / "data" / "pages"
TRIES = 50
_SLOT = re.compile(r"(?P<opens>[.!?] )?\{(?P<name>\w+)\}")
_FIRST_LETTER = re.compile(r"(\W*)(\w)")
# Russian and Polish have one form of the noun after numbers that end in 5 to 9 or 0, Arabic one after 11 to 99.
_COUNTS = [number for number in range(15, 1000) if number % 100 >= 15 and number % 10 in {0, 5, 6, 7, 8, 9}]
_NUMBERS = {
    "n": [number for number in _COUNTS if number < 70], "n2": [number for number in _COUNTS if number > 70],
    "d": range(1, 29), "mo": range(1, 13), "year": range(2011, 2025), "h": range(11, 24), "m": range(10, 60),
}  # fmt: skip
_NICKS = ("seagull", "harbour_cat", "nonna", "oldsalt", "k_w", "bridge", "tom", "mika", "lighthouse", "anna.b")


class Language(NamedTuple):
    """What a language's file holds; `slots`, `body` and `page` are lists of phrases or templates by name."""

    code: str
    space: str
    comma: str
    sites: tuple[str, ...]
    slots: Mapping[str, Sequence[str]]
    body: Mapping[str, Sequence[str]]
    page: Mapping[str, Sequence[str]]


@cache
def languages() -> Mapping[str, Language]:
    """All languages by their codes, such as `en`. Raises `KeyError` for a file that lacks a section."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        data = tomli.loads(path.read_text("utf-8"))
        found[path.stem] = Language(
            path.stem, data.get("space", " "), data.get("comma", ", "), tuple(data["sites"]),
            data["slots"], data["body"], data["page"],
        )  # fmt: skip
    return found


class Writer:
    """Writes in one language; the same `pick` gives the same lines."""

    def __init__(self, language: Language, pick: Random) -> None:
        """Begin a page: nothing was written yet."""
        self.language = language
        self.pick = pick
        self._written: set[str] = set()

    def body(self, kind: str) -> str:
        """A line of the article, from the templates of this kind. Raises `KeyError` if there are none."""
        return self.new(lambda: self._line(self.language.body[kind]))

    def page(self, kind: str) -> str:
        """A line of what stands around the article; unlike those of the article it may come again."""
        return self._line(self.language.page[kind])

    def person(self) -> str:
        """A name."""
        return self.pick.choice(self.language.slots["person"])

    def nick(self) -> str:
        """The name that a reader signs a comment with."""
        return f"{self.pick.choice(_NICKS)}{self.pick.randint(1, 99)}"

    def paragraph(self, sentences: int) -> str:
        """So many sentences as one line."""
        return self.language.space.join(self.body("sentence") for _ in range(sentences))

    def new(self, write: Callable[[], str]) -> str:
        """What `write` gives, asked again while the page has it already. It may repeat itself where it knows little."""
        line = write()
        for _ in range(TRIES):
            if line not in self._written:
                break
            line = write()
        self._written.add(line)
        return line

    def fill(self, template: str) -> str:
        """One line from this template. Raises `KeyError` for a slot that the language has not."""
        return _capital(self._fill(template, set()))

    def _line(self, templates: Sequence[str]) -> str:
        return self.fill(self.pick.choice(templates))

    def _fill(self, template: str, used: set[str]) -> str:
        """Fill all slots, none of them with a phrase that the line has already, if there is another one."""

        def slot(found: re.Match[str]) -> str:
            name, opens = found["name"], found["opens"] or ""
            if name in _NUMBERS:
                filled = str(self.pick.choice(_NUMBERS[name]))
            elif name == "nick":
                filled = self.nick()
            elif name == "names":
                people = self.language.slots["person"]
                filled = self.language.comma.join(self.pick.sample(people, len(people)))
            else:
                phrases = self.language.slots[name]
                phrase = self.pick.choice([phrase for phrase in phrases if phrase not in used] or phrases)
                used.add(phrase)
                filled = self._fill(phrase, used)
            return opens + (_capital(filled) if opens else filled)

        return _SLOT.sub(slot, template)


def _capital(line: str) -> str:
    """The line with its first letter in upper case, whatever marks stand before it."""
    return _FIRST_LETTER.sub(lambda found: found[1] + found[2].upper(), line, count=1)
