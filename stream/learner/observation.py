"""What one article teaches about its site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from stream.core.cleaning import Story, story_of
from stream.core.footer.words import FIRST_THREE, FIRST_TWO, HEAD, LAST_TWO, TAIL, TOKEN, WHOLE, said
from stream.core.native import calls
from stream.core.paragraphs import normal
from stream.core.rules import Rules

TEXT = 200
"""Maximum characters of a line that are kept, for people to read."""
PARAGRAPHS, BEGINNING = 16, 4
"""A story is recognised by its first paragraphs, at most `PARAGRAPHS`. Teasers of other stories stand further down."""
LINES = 2000
"""Maximum lines of an article that are looked at: so many from its beginning, and so many from its end."""
STANDING = 3
"""A paragraph below so many different beginnings is the site's: no two articles are one story because they have it."""
_READ = 2 * (HEAD + TAIL)


class Seen(NamedTuple):
    """Something that stood in an article: a line, or the first or last words of one (`kind`)."""

    key: int
    kind: int
    text: str
    inside: bool  # it stood above the end of the story
    below: bool  # it stood below it


Told = tuple[int, ...]
"""Which story an article tells: the hashes of its first paragraphs, in order, each once."""


class Observation(NamedTuple):
    """What an article teaches: what stood in it, and which story it tells."""

    told: Told
    seen: tuple[Seen, ...]


class Sketch(NamedTuple):
    """What has to be known of an article to learn from it: all that the worker publishes of one.

    `lines` are its different lines, those of unusual length shortened to what their keys are made of, and a lone
    surrogate replaced; those from index `end` on stand below the end of the story.
    """

    told: Told
    end: int
    lines: tuple[str, ...]


def sketch(text: str | Sequence[str], rules: Rules) -> Sketch:
    """Look at an article.

    >>> from stream.core.rules import builtin
    >>> sketch(["The ferry runs all winter, so the board said, and nobody at the quay was surprised at that.", "©"],
    ...        builtin())[1:]
    (1, ('The ferry runs all winter, so the board said, and nobody at the quay was surprised at that.', '©'))
    """
    found = calls.sketch(text, rules)
    return sketch_in_python(text, rules) if found is None else Sketch(*found)


def sketch_in_python(text: str | Sequence[str], rules: Rules) -> Sketch:
    """Do what `sketch` does, without the compiled core."""
    story = story_of(text, rules)
    count = len(story.texts)
    read = [at for at in range(count) if at < LINES or at >= count - LINES]
    lines = tuple(_writable(shortened(story.texts[at])) for at in read)
    return Sketch(_told(story), sum(at < story.end for at in read), lines)


def shortened(line: str) -> str:
    """Give the part of a line that its keys are made of (`stream.core.footer.words`); the same keys are made of it."""
    return line if len(line) <= _READ else f"{line[:HEAD]} {line[-TAIL:]}"


def _writable(line: str) -> str:
    """Give a line without lone surrogates, which no record can hold. They are in no word, so its keys are the same."""
    return line if line.isascii() else line.encode("utf-8", "replace").decode()


def observe(text: str | Sequence[str], rules: Rules) -> Observation:
    """Look at an article, and give what it teaches."""
    return observation_of(sketch(text, rules))


def observation_of(article: Sketch) -> Observation:
    """Give what an article teaches."""
    return Observation(article.told, tuple(_seen(article)))


def _seen(article: Sketch) -> Iterable[Seen]:
    """Give what stood in the article, each key once, in the order of its first place."""
    found: dict[int, Seen] = {}
    for at, text in enumerate(article.lines):
        inside, below = at < article.end, at >= article.end
        for kind, key in enumerate(said(text).keys):
            if not key:
                continue
            before = found.get(key)
            if before is None:
                found[key] = Seen(key, kind, sample(text, kind), inside, below)
            elif inside > before.inside or below > before.below:
                found[key] = before._replace(inside=before.inside or inside, below=before.below or below)
    return found.values()


def sample(text: str, kind: int) -> str:
    """Give what people see of a key: the line, or its first or last words with an ellipsis.

    >>> sample("Source: Harbour Board of Halsey Point", FIRST_TWO)
    'Source: Harbour …'
    """
    if kind == WHOLE:
        return text[:TEXT]
    if kind in {FIRST_TWO, FIRST_THREE}:
        words = [*TOKEN.finditer(text[:_READ])][: 2 if kind == FIRST_TWO else 3]
        return f"{text[: words[-1].end()][:TEXT]} …" if words else "…"
    words = [*TOKEN.finditer(text[-_READ:])][-2 if kind == LAST_TWO else -3 :]
    return f"… {text[-_READ:][words[0].start() :][-TEXT:]}" if words else "…"


def _told(story: Story) -> Told:
    """Give by what the story is recognised: its paragraphs, or the lines of an article that has none."""
    long = [text for text, line in zip(story.texts, story.lines, strict=True) if line.prose] or story.texts
    hashes = (xxh3_64_intdigest(normal(text).encode("utf-8", "surrogatepass")) for text in long[: 2 * PARAGRAPHS])
    return tuple(dict.fromkeys(hashes))[:PARAGRAPHS]


def is_told_already(story: Told, known: Iterable[Told]) -> bool:
    """Whether an article is another edition of a known one: of the first paragraphs of either the other one has most.

    Paragraphs that stand in articles with `STANDING` different beginnings do not count, unless the story has no others:
    a notice that a site puts below each of its short reports does not make these one story.
    """
    mine = set(story)
    others = [other for other in known if not mine.isdisjoint(other)]
    beginnings: dict[int, set[int]] = {}
    for other in others:
        for each in mine.intersection(other):
            beginnings.setdefault(each, set()).add(other[0])
    standing = {each for each, firsts in beginnings.items() if len(firsts) >= STANDING}
    if standing == mine:
        standing = set()
    return any(_begins_in(story, other, standing) or _begins_in(other, story, standing) for other in others)


def _begins_in(one: Told, other: Told, standing: set[int]) -> bool:
    """Whether most of the first paragraphs of one story stand in another one."""
    first = set(one[:BEGINNING]) - standing
    return 2 * len(first.intersection(other)) > len(first)
