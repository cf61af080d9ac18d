"""How good the cleaning is, on pages whose lines are labelled.

A page is one JSON object: `raw` (text, one block a line), `keep` (whether each line is body), and, if
there are any, `neutral` (lines that count neither way), `footer_start`, `id`, `source`, `lang`, `genre`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import xxhash

from stream.core.article import Cleaned
from stream.core.cleaning import clean
from stream.core.rules import Rules
from stream.core.sites import Profile

_ONE_LINE = re.compile("[\r\u2028\u2029]")
LONG = 40
"""Characters of a line whose loss is none while the same line stands elsewhere."""
PARAGRAPH = 100
"""Characters of a body line from which on it is a paragraph of the story; to lose one is what users fear most."""
WORST = 10
MOST_OF_SHORT = 10
"""Lines of a footer of which a scraper took only the beginning."""


class LabelledPage(NamedTuple):
    """A labelled page."""

    id: str
    source: str
    lang: str
    genre: str
    lines: tuple[str, ...]
    body: tuple[bool, ...]
    neutral: tuple[bool, ...]
    footer_start: int


def labelled_page(data: Mapping[str, Any]) -> LabelledPage:
    """Read a page. Raises `ValueError` that says what is missing.

    A line feed ends a line, as it does for the labels; what may end one elsewhere is a space.
    """
    raw, keep = data.get("raw"), data.get("keep")
    if not isinstance(raw, str) or not isinstance(keep, list):
        msg = "a page needs raw (text) and keep (a boolean for each of its lines)"
        raise ValueError(msg)  # noqa: TRY004 - to the reader of a file both are one kind of error
    lines = tuple(_ONE_LINE.sub(" ", raw).split("\n"))
    neutral = data.get("neutral") or [False] * len(lines)
    if not isinstance(neutral, list):
        msg = "neutral is a list, a boolean for each line"
        raise ValueError(msg)  # noqa: TRY004
    if len(keep) != len(lines) or len(neutral) != len(lines):
        msg = f"raw has {len(lines)} lines, keep {len(keep)}, neutral {len(neutral)}"
        raise ValueError(msg)
    after = max((at + 1 for at, body in enumerate(keep) if body), default=0)
    page_id, source, lang, genre = (str(data.get(name) or "") for name in ("id", "source", "lang", "genre"))
    start = data.get("footer_start")
    if start is None:
        start = after
    elif not isinstance(start, int) or not 0 <= start <= len(lines):
        msg = f"footer_start is {start!r}; it is the number of a line, 0 to {len(lines)}"
        raise ValueError(msg)
    return LabelledPage(page_id, source, lang, genre, lines, tuple(keep), tuple(neutral), start)


def shortened(page: LabelledPage, footer_lines: int) -> LabelledPage:
    """The page's body alone, or with the first lines of its footer: an article that comes nearly clean already."""
    body = [at for at, belongs in enumerate(page.body) if belongs]
    places = [*body, *range(page.footer_start, min(page.footer_start + footer_lines, len(page.lines)))]
    return page._replace(
        lines=tuple(page.lines[at] for at in places),
        body=tuple(page.body[at] for at in places),
        neutral=tuple(page.neutral[at] for at in places),
        footer_start=len(body),
    )


def flags_of(page: LabelledPage, cleaned: str) -> list[bool]:
    """Whether each line of the page is still there: the cleaned lines in order, each at the first place it fits."""
    kept = [False] * len(page.lines)
    wanted = iter([line for line in (" ".join(line.split()) for line in cleaned.split("\n")) if line])
    line = next(wanted, None)
    for at, other in enumerate(page.lines):
        if line is not None and " ".join(other.split()) == line:
            kept[at] = True
            line = next(wanted, None)
    return kept


def lost_of(page: LabelledPage, kept: Sequence[bool]) -> list[int]:
    """The body's lines that went and of which no long copy stays: 0-based, in order."""
    there = {line for line, stays in zip(page.lines, kept, strict=True) if stays and len(line) >= LONG}
    each = enumerate(zip(page.lines, page.body, kept, strict=True))
    return [at for at, (line, body, stays) in each if body and not stays and line not in there]


@dataclass(slots=True)
class Tally:
    """Counts over pages; the properties are percentages."""

    pages: int = 0
    footer: int = 0
    footer_gone: int = 0
    body: int = 0
    body_gone: int = 0
    chars: int = 0
    chars_gone: int = 0
    junk: int = 0
    junk_gone: int = 0
    hurt: int = 0
    hurt_badly: int = 0
    perfect: int = 0
    changed: int = 0
    disasters: int = 0
    flagged: int = 0

    def add(self, page: LabelledPage, kept: Sequence[bool]) -> float:
        """Count a page; give the share of its body's characters that went."""
        lost = lost_of(page, kept)
        gone = sum(len(page.lines[at]) for at in lost)
        chars = footer = footer_gone = 0
        for at, (line, body, neutral, stays) in enumerate(zip(page.lines, page.body, page.neutral, kept, strict=True)):
            if body:
                self.body += 1
                chars += len(line)
            elif neutral:
                continue
            elif at >= page.footer_start:
                footer += 1
                footer_gone += not stays
            else:
                self.junk += 1
                self.junk_gone += not stays
        self.pages += 1
        self.footer += footer
        self.footer_gone += footer_gone
        self.body_gone += len(lost)
        self.chars += chars
        self.chars_gone += gone
        self.hurt += bool(lost)
        self.hurt_badly += any(len(page.lines[at]) >= PARAGRAPH for at in lost)
        self.perfect += not lost and footer == footer_gone
        self.changed += not all(kept)
        self.disasters += 3 * gone > chars
        return gone / chars if chars else 0.0

    def recall(self) -> float:
        """Of the footer's lines those removed, in percent."""
        return self.percent(self.footer_gone, self.footer)

    def precision(self) -> float:
        """Of the removed lines those that are no body, in percent."""
        right = self.footer_gone + self.junk_gone
        return self.percent(right, right + self.body_gone)

    @staticmethod
    def percent(part: int, whole: int) -> float:
        """A percentage; that of nothing is not a number."""
        return 100 * part / whole if whole else float("nan")

    def row(self) -> dict[str, float]:
        """The figures by their names."""
        return {
            "pages": self.pages,
            "footer lines removed %": self.recall(),
            "body lines lost %": self.percent(self.body_gone, self.body),
            "body chars lost %": self.percent(self.chars_gone, self.chars),
            "pages losing body %": self.percent(self.hurt, self.pages),
            "pages losing a paragraph %": self.percent(self.hurt_badly, self.pages),
            "pages cut perfectly %": self.percent(self.perfect, self.pages),
            "junk lines removed %": self.percent(self.junk_gone, self.junk),
            "pages losing over a third": self.disasters,
            "flagged %": self.percent(self.flagged, self.pages),
        }


@dataclass(slots=True)
class Report:
    """All counts of one run: in all, by language, by source; removed lines by reason; the worst pages.

    `bodies` and `short` are of the same pages with no footer, and with one to ten lines of it; `changed` are the
    bodies changed, by all reasons for it. `junk`: of the lines before the footer that went as junk, no body and body.
    """

    total: Tally = field(default_factory=Tally)
    bodies: Tally = field(default_factory=Tally)
    short: Tally = field(default_factory=Tally)
    by_lang: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_source: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_reason: dict[str, tuple[int, int]] = field(default_factory=dict)
    junk: tuple[int, int] = (0, 0)
    changed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    worst: list[tuple[float, str, str]] = field(default_factory=list)

    def measure(self, page: LabelledPage, rules: Rules, profile: Profile | None = None) -> list[bool]:
        """Clean and count one page, whole and shortened; tell which lines of the whole one are still there.

        `profile` is what is known of its site.
        """
        rules = rules.for_site(page.source)
        kept = self.add(page, clean("\n".join(page.lines), rules, profile))
        few = 1 + xxhash.xxh3_64_intdigest(page.id.encode()) % MOST_OF_SHORT
        for tally, lines in ((self.bodies, 0), (self.short, few)):
            short = shortened(page, lines)
            cleaned = clean("\n".join(short.lines), rules, profile)
            tally.add(short, flags_of(short, cleaned.text))
            if not lines and cleaned.removed:
                self.changed[" and ".join(sorted({removal.reason for removal in cleaned.removed}))] += 1
        return kept

    def row(self) -> dict[str, float]:
        """The figures of all pages by their names."""
        bodies, short = self.bodies, self.short
        no_body, body = self.junk
        falsely = sum(pages for reasons, pages in self.changed.items() if reasons != "repeat")
        return {
            **self.total.row(),
            "gone as junk: no body %": Tally.percent(no_body, no_body + body),
            "bodies alone changed %": Tally.percent(bodies.changed, bodies.pages),
            "bodies alone changed falsely %": Tally.percent(falsely, bodies.pages),
            "short footers: lines removed %": Tally.percent(short.footer_gone, short.footer),
            "short footers: body chars lost %": Tally.percent(short.chars_gone, short.chars),
        }

    def add(self, page: LabelledPage, cleaned: Cleaned) -> list[bool]:
        """Count one page that was cleaned; tell which of its lines are still there."""
        kept = flags_of(page, cleaned.text)
        share = 0.0
        for tally in (self.total, self.by_lang[page.lang], self.by_source[page.source]):
            share = tally.add(page, kept)
            tally.flagged += bool(cleaned.withheld)
        for removal in cleaned.removed:
            at = removal.line - 1 + removal.text.count("\n")
            if page.neutral[at]:
                continue
            right, wrong = self.by_reason.get(removal.reason, (0, 0))
            # The later copy of a body line is body by its label, and goes rightly.
            bad = page.body[at] and removal.reason != "repeat"
            self.by_reason[removal.reason] = (right + (not bad), wrong + bad)
            if removal.reason == "junk" and at < page.footer_start:
                self.junk = (self.junk[0] + (not bad), self.junk[1] + bad)
        if share:
            first = page.lines[lost_of(page, kept)[0]]
            self.worst = sorted([*self.worst, (share, page.id, first)], reverse=True)[:WORST]
        return kept
