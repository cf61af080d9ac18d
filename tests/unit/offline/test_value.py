"""A value that comes from a file: what is counted of it, without looking at each removal."""

from __future__ import annotations

import orjson
import pytest

from harness.twins import needs_compiled
from stream.core.article import CleanedByCompiled
from stream.core.rules import builtin
from stream.offline.value import UNCHANGED, Counts, clean_value
from stream.records.process import Processor

P = [f"Paragraph {i} tells what the harbour master said. He had seen it all, and he said so to anybody." for i in "abc"]
REPEATS = [*P, P[1]]
JUNK = [P[0], "Advertisement", *P[1:], "Advertisement"]


def counted(fields: str, value: dict[str, object]) -> Counts:
    return clean_value(Processor.for_field(fields, "auto", builtin()), orjson.dumps(value), "jsonl").counts


@pytest.mark.parametrize("kind", ["text", "list"])
def test_the_removals_of_all_texts_are_counted(kind: str) -> None:
    a, b, c = ("\n".join(lines) if kind == "text" else lines for lines in (REPEATS, JUNK, P))
    one, other = counted("a", {"a": a}), counted("a", {"a": b})
    assert one == Counts(articles=1, cleaned=1, repeats=1)
    assert other.junk + other.footer + other.repeats == 2
    both = counted("a,b,c", {"a": a, "b": b, "c": c})
    assert both == one.plus(other)._replace(articles=1, cleaned=1)
    assert counted("a", {"a": c}) == UNCHANGED


@needs_compiled
def test_counting_makes_no_removal(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(_: CleanedByCompiled) -> None:
        pytest.fail("A removal was made, though nobody looks at it.")

    monkeypatch.setattr(CleanedByCompiled, "removed", property(made))
    assert counted("a", {"a": "\n".join(REPEATS)}) == Counts(articles=1, cleaned=1, repeats=1)
