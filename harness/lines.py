"""Lines of any length in one language, with invented words among those of its lists, for `harness/news.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from unicodedata import normalize

from harness.invented import words
from harness.prose import Language, Writer, languages
from harness.shape import PROSE, Shape, drawn

OWN_WORDS, OWN = 400, 0.6
"""The number of words that a page has invented for itself, and the share of words that it takes from them."""
SHORT = 0.6
"""The share of lines below an article that are short: buttons, names, menus."""
MIDDLE = 0.9
"""The share that is no longer than a headline."""
BOX = (3, 12)
"""Lines of a box."""
HEADED, TOPICAL = 0.8, 1.35
"""How often a box has a heading, and a short line says what it is: so many times the share of lines that do."""
KINDS = {"nav": 14, "share": 2, "legal": 2, "comments": 1, "reply": 1, "tags": 1, "related": 1, "advert": 1, "also": 1}
"""What lines say, and how often; of most of what stands in menus no rule is sure."""
MARKS = "|•·/-›»"
_WORD = re.compile(r"\S+")
_PLAIN = str.maketrans({"“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "©": "(c)"})
_SELDOM = "Ά", "Α"
"""A letter that makes lines harder to compare: frequent in our few Greek words, rare on Greek pages."""
_EDGES = " ,;:.、，；：。-–—"


class Lines:
    """Writes lines; the same `pick` gives the same ones."""

    def __init__(self, language: Language, pick: Random, shape: Shape) -> None:
        """Begin a page."""
        self.language = language
        self.pick = pick
        self.shape = shape
        self._writer = Writer(language, pick)
        self._own = words(language, pick, OWN_WORDS)
        self._english = words(languages()["en"], pick, 40)
        self._units = self._told()

    def of_body(self) -> str:
        """A line of the article."""
        chars = self._drawn(self.shape.body_chars)
        return self.text(chars, ends=self.pick.random() < (self.shape.body_prose if chars >= PROSE else 0.5))

    def below(self, low: float = 0.0, high: float = 1.0) -> str:
        """A line that stands below articles, as long as such lines are between these places of the distribution."""
        place = self.pick.uniform(low, high)
        chars = drawn(self.shape.footer_chars, place, self.pick.random())
        if place < SHORT and self.pick.random() < TOPICAL * self.shape.topics:
            return self.topical(chars)
        return self.text(chars, ends=chars >= PROSE and self.pick.random() < self.shape.footer_prose)

    def junk(self) -> str:
        """A line that stands within articles and is none of theirs."""
        return self.below(high=0.8)

    def box(self) -> Iterator[str]:
        """A heading, perhaps, and lines of about one length."""
        if self.pick.random() < HEADED * self.shape.topics:
            yield self.topical(self._drawn(self.shape.footer_chars[:16]))
        low, high = self.pick.choices(
            ((0.0, SHORT), (SHORT, MIDDLE), (MIDDLE, 1.0)), (SHORT, MIDDLE - SHORT, 1 - MIDDLE)
        )[0]
        for _ in range(self.pick.randint(*BOX)):
            yield self.below(low, high)

    def legal(self) -> list[str]:
        """The legal notes of a site."""
        return [*map(self._writer.fill, self.language.page["legal"])]

    def topical(self, chars: int) -> str:
        """A line that says what it is, such as a button: of some, the one that is nearest to this length."""
        some = [self._writer.page(kind) for kind in self.pick.choices([*KINDS], [*KINDS.values()], k=3)]
        return min(some, key=lambda line: abs(len(line) - chars))

    def text(self, chars: int, *, ends: bool) -> str:
        """So many characters, or a few more or less; `ends`: as a sentence does."""
        if chars < 4:
            return self._few(max(1, chars))
        found, size, space = [], 0, self.language.space
        while size < chars:
            found.append(next(self._units))
            size += len(found[-1]) + len(space)
        if len(found) > 1 and 2 * (size - len(space) - chars) > len(found[-1]):
            found.pop()
        text = space.join(found).strip(_EDGES) or self._own[0]
        first = text[0].upper()
        text = (first if len(first) == 1 else text[0]) + text[1:]
        text = text.replace(*_SELDOM)
        return text + ("。" if not space else ".") if ends else text

    def plain(self, text: str) -> str:
        """The line in ASCII: without its accents, or in English."""
        found = normalize("NFKD", text.translate(_PLAIN)).encode("ascii", "ignore").decode()
        if 2 * len(found) < len(text):
            found = " ".join(self._english[: 1 + len(text) // 8]).capitalize()
        return found or "-"

    def marked(self, text: str) -> str:
        """The line with a typographic mark, where it is long enough for one."""
        at = text.rfind(" ")
        return f"{text[:at]}’s{text[at:]}" if at > 0 and text[at - 1].isalpha() else text

    def _few(self, chars: int) -> str:
        """A number or a mark, as stand between buttons."""
        if self.pick.random() < 0.3:
            return self.pick.choice(MARKS)
        return str(self.pick.randrange(10 ** (chars - 1), 10**chars))

    def _told(self) -> Iterator[str]:
        """The words of sentences without end; those of a language without spaces are its characters."""
        while True:
            sentence = self._writer.body("sentence")
            for word in _WORD.findall(sentence) if self.language.space else sentence:
                chance = self.pick.random()
                if self.language.space:
                    yield self._word() if word.islower() and word.isalpha() and chance < OWN else word
                else:
                    yield self._word() if chance < OWN / 4 else word

    def _word(self) -> str:
        """One of the page's own words; the first ones come often and most of them seldom, as in any text."""
        return self._own[int(OWN_WORDS * self.pick.random() ** 3)]

    def _drawn(self, means: tuple[float, ...]) -> int:
        return drawn(means, self.pick.random() * len(means) / 22, self.pick.random())
