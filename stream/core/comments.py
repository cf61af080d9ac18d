"""Finds readers' comments. They are whole sentences, as an article is, so their surroundings tell them apart.

They begin at a comment head, a line such as "Comments (4)" below the article's own prose. Of what follows, these are
certainly comments, up to the last of them:

- what stands between lines with a name and a date, and below the last of these lines;
- what stands below lines with a name, one name after the other;
- at most as many paragraphs as the head counts, down to another line about comments ("Write a comment").

The article goes on where more paragraphs follow each other than a comment has. A counter at the top of a page
("Comments (12)", and then the article) is not a comment head: too little prose stands before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stream.core.markers import named
from stream.core.patterns import pattern
from stream.core.rules import Rule, fold
from stream.core.sentence_ends import ends_sentence
from stream.core.spelling import spell

BEFORE = 3
"""Minimum number of paragraphs of prose before a comment head; a title, a caption and a summary are fewer."""
SOON = 4
"""The first name stands among the first four lines below the head."""
NAME, BYLINE = 40, 70
"""Maximum characters of a name (`NAME`), and of a line with a name, a date and what else stands there (`BYLINE`)."""
WORDS = 4
"""Maximum words of a name."""
MANY = 4
"""Four adjacent paragraphs of prose belong to the article, not to a comment."""
TRIES = 20
"""Maximum number of heads that are examined, because each may require a look at the rest of the page."""
_DATE = pattern(  # in the lookup spelling (`spell`)
    "[0-9][:./\u5e74\u6708-][0-9]|(?:19|20)[0-9][0-9]|[0-9] ?(?:"
    "(?:[hm]|ago|hrs?|mins?|minut\\w*|hours?|days?|weeks?|months?|years?|std|stunden?|tagen?|wochen?|monaten?|heures?|jours?"
    "|semaines?|mois|horas?|dias?|semanas?|mes|meses|ora|ore|giorn[oi]|settiman[ae]|uur|uren|dag|dagen|dagar|timmar|timer"
    "|godz\\w*|dni|dzien|tyg\\w*|saat|gun|dakika|dk|\u0447\u0430\u0441\\w*|\u043c\u0438\u043d\\w*|\u0434\u043d\\w*|\u043d\u0435\u0434\\w*|\u03c9\u03c1\\w*|\u03bb\u03b5\u03c0\u03c4\\w*"
    "|\u03b7\u03bc\u03b5\u03c1\\w*)\\b|\u5206|\u5c0f\u65f6|\u5c0f\u6642|\u6642\u9593|\u65e5|\u5929|\uc2dc\uac04|\ubd84|\uc77c)"
)
_NUMBER = pattern("[0-9]{1,6}")


def comments_of(texts: Sequence[str], marks: Mapping[int, Rule], wide: Sequence[int]) -> list[int]:
    """Give the indices of the lines that are certainly comments, with their heads, in order.

    `texts` are the page's lines, none blank; `marks` holds the rule of each line that one matches, `wide` the width of
    each line that is prose (0 for others), both by index in `texts`.
    """
    page = _Page(texts, marks, wide)
    found: list[int] = []
    since = before = tries = 0  # `before`: paragraphs of prose above `since` that are not in comments
    for head in [at for at, rule in marks.items() if rule.about == "comments" and rule.kind != "inline"]:
        if head < since or tries == TRIES:
            continue
        before += page.proses(since, head)
        since = head
        if before >= BEFORE:
            tries += 1
            since = page.end_of(head) or head
            found += range(head, since)
    return found


def comments_at(
    lines: Sequence[str], places: Sequence[int], marks: Mapping[int, Rule], weights: Sequence[int]
) -> dict[int, str]:
    """Do what `comments_of` does for the lines at `places`; give index in `lines` -> id of the rule above it."""
    if all(rule.about != "comments" for rule in marks.values()):
        return {}
    marked = {at: marks[place] for at, place in enumerate(places) if place in marks}
    found = comments_of([lines[place].strip() for place in places], marked, [weights[place] for place in places])
    return named(found, places, marked)


class _Page(NamedTuple):
    """The arguments of `comments_of`. Lines are named by their index; "the end" of something is the index after it."""

    texts: Sequence[str]
    marks: Mapping[int, Rule]
    wide: Sequence[int]

    def proses(self, begin: int, end: int) -> int:
        """Count the paragraphs of prose from `begin` up to `end`."""
        return end - begin - self.wide[begin:end].count(0)

    def says(self, at: int) -> bool:
        """Whether a line may be part of a comment: it is prose or ends a sentence, and no rule matches it."""
        return at < len(self.texts) and at not in self.marks and (self.wide[at] > 0 or ends_sentence(self.texts[at]))

    def end_of(self, head: int) -> int:
        """The end of the comments below a head; 0 if none are certain."""
        count = _count(self.texts[head])
        return (
            self.behind(self.dated(head), 1 if count else 2)
            or self.behind(self.named(head), 2)
            or (self.enclosed(head, count) if count else 0)
        )

    def dated(self, head: int) -> list[int]:
        """The lines below a head that have a date each, as far as the comments may go."""
        found: list[int] = []
        for at in range(head + 1, len(self.texts)):
            text, rule = self.texts[at], self.marks.get(at)
            if not found and at > head + SOON:
                break
            if self.wide[at]:
                if at + MANY <= len(self.wide) and all(self.wide[at : at + MANY]):
                    break
            elif rule is None:
                if len(text) <= BYLINE and _DATE.search(spell(text)):
                    found.append(at)
            elif rule.kind == "section" and rule.about != "comments":
                break  # a list of other articles, which have dates as well
            elif found and _count(text) and fold(text) == fold(self.texts[head]):
                break  # the head of the comments on another article
        return found

    def named(self, head: int) -> list[int]:
        """The lines below a head that are a name with a comment below it, up to the first line that is neither."""
        found: list[int] = []
        at = head + 1
        while at < len(self.texts) and (at in self.marks or _is_name(self.texts[at])):
            if at not in self.marks:
                after = self.run(at)[1]
                if not 0 < after - at - 1 < MANY:
                    break
                found.append(at)
                at = after - 1
            at += 1
        return found

    def enclosed(self, head: int, count: int) -> int:
        """The end of comments between a head and another line about comments; 0 if they are not certain.

        There must be at most as many paragraphs as the head counts, and no more prose than the article has.
        """
        at = head + 1
        while at < len(self.wide) and self.wide[at]:
            at += 1
        follows = at > head + 1 and at in self.marks and self.marks[at].about == "comments"
        few = at - head - 1 <= count and sum(self.wide[head:at]) <= sum(self.wide[:head])
        return at if follows and few else 0

    def behind(self, names: Sequence[int], least: int) -> int:
        """The end of the last comment below one of `names`; 0 if fewer than `least` names have a comment.

        The comment below the last name counts only if it has no more paragraphs than the longest of the others. If it
        has more, the article may go on in it, and all of it stays.
        """
        longest, end, several = 1, 0, 0
        for at in names:
            begin, after = self.run(at)
            if at == names[-1] and after - begin > longest:
                break
            longest = max(longest, after - begin)
            if after == begin:
                continue
            several += 1
            end = after
            while end in self.marks and self.marks[end].about == "comments":
                end += 1
        return end if several >= least else 0

    def run(self, at: int) -> tuple[int, int]:
        """The comment below a name: (begin, end) of the first paragraphs, at most two other lines below the name.

        If there are none both are the index after the name.
        """
        begin = next((line for line in range(at + 1, at + 4) if self.says(line)), at + 1)
        after = begin
        while self.says(after):
            after += 1
        return begin, after


def _count(text: str) -> int:
    """The first number in a line; 0 if it has none."""
    found = _NUMBER.search(spell(text))
    return int(found[0]) if found else 0


def _is_name(text: str) -> bool:
    """Whether a line may be a name: one word or a few with capitals, and no punctuation but that of an initial."""
    words = text.split()
    if not words or len(text) > NAME or len(words) > WORDS:
        return False
    if not text[-1].isalnum() and not (text[-1] == "." and len(words[-1]) <= len("B.")):
        return False
    first = [word[0] for word in words if word[0].isalpha()]
    return bool(first) and (len(words) == 1 or not any(map(str.islower, first)))
