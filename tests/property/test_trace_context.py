"""A trace context in any headers: only it is changed, and only where it is valid; sizes stay right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import orjson
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.trace import SpanContext, TraceFlags, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from harness.fakes import CLEAN, PROCESSOR, REPEATED, FakeRecord
from stream.observe.telemetry.propagation import as_context, with_children
from stream.records.headers import Headers
from stream.records.outcomes import Outcomes
from stream.records.record import HEADER_OVERHEAD_BYTES, Record
from stream.records.trace_context import (
    MOST_LINKS,
    PARENT_HEADER,
    STATE_HEADER,
    TraceContext,
    context_in,
    evenly,
    to_link,
    with_context,
)  # fmt: skip

Test = TypeVar("Test", bound=Callable[..., Any])
SPAN_IDS, TRACE_IDS = st.integers(1, 2**64 - 1), st.integers(1, 2**128 - 1)
CONTEXTS = st.builds(TraceContext, TRACE_IDS, SPAN_IDS, st.integers(0, 255), st.just(b""))
NEARLY = st.from_regex(rb"\A[0-9a-fF]{1,3}-[0-9a-fA-F]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{2}(-[a-z]*)?\Z")
WRONG = [
    b"00-%032x-%016x-01" % (0, 1), b"00-%032x-%016x-01" % (1, 0), b"ff-%032x-%016x-01" % (1, 1),
    b"01-%032x-%016x-01-more" % (1, 1), b"00-%032x-%016x-01-more" % (1, 1), b"00-%032x-%016x-01\n" % (1, 1),
]  # fmt: skip
VALUES = st.one_of(st.none(), st.binary(max_size=60), CONTEXTS.map(TraceContext.parent), NEARLY, st.sampled_from(WRONG))
NAMES = st.one_of(st.sampled_from([PARENT_HEADER, STATE_HEADER, "Traceparent"]), st.text(max_size=9))
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
OURS = SpanContext(0xFEED, 0xBEEF, is_remote=False, trace_flags=TraceFlags(1))


def each_of(values: Sequence[bytes]) -> Callable[[Test], Test]:
    """Try each of these values, too."""

    def decorated(test: Test) -> Test:
        for value in values:
            test = example(value)(test)
        return test

    return decorated


@given(CONTEXTS)
def test_what_is_written_is_read(context: TraceContext) -> None:
    assert context_in([(PARENT_HEADER, context.parent())]) == context


@given(VALUES)
@each_of(WRONG)
def test_a_header_is_read_as_opentelemetry_reads_it(value: bytes | None) -> None:
    text = None if value is None else value.decode("latin-1")
    # W3C allows white space around what HTTP carries; in a record of Kafka it is a part of the value.
    carrier = {PARENT_HEADER: text} if text is not None and text == text.strip() else {}
    theirs = get_current_span(TraceContextTextMapPropagator().extract(carrier)).get_span_context()
    ours = context_in([(PARENT_HEADER, value)])
    assert (ours is not None) == theirs.is_valid
    if ours is not None:
        assert ours == (theirs.trace_id, theirs.span_id, theirs.trace_flags, b"")


@given(HEADERS, CONTEXTS)
def test_only_the_context_changes(headers: Headers, context: TraceContext) -> None:
    changed = with_context(headers, context)
    places = [place for place, (name, _) in enumerate(headers) if name == PARENT_HEADER]
    if places:
        assert changed[: places[-1]] == headers[: places[-1]]
        assert changed[places[-1]] == (PARENT_HEADER, context.parent())
        assert changed[places[-1] + 1 :] == headers[places[-1] + 1 :]
    else:
        assert changed == [(PARENT_HEADER, context.parent()), *headers]


def size_of(headers: Headers) -> int:
    """As a record counts them."""
    return sum(HEADER_OVERHEAD_BYTES + 4 * len(name) + len(value or b"") for name, value in headers)


@given(st.lists(HEADERS, min_size=1, max_size=4), st.booleans(), st.booleans())
def test_children_replace_sampled_contexts_and_sizes_follow(
    all_headers: list[Headers],
    recorded: bool,  # noqa: FBT001 - Hypothesis gives them
    batch_recorded: bool,  # noqa: FBT001
) -> None:
    texts = [orjson.dumps({"text": REPEATED if number % 2 else CLEAN}) for number in range(len(all_headers))]
    texts[0] = b"[]"
    made = [
        PROCESSOR.process(FakeRecord(text, the_headers=headers, the_offset=number))
        for number, (text, headers) in enumerate(zip(texts, all_headers, strict=True))
    ]
    outcomes, batch = Outcomes.counted(made), SpanContext(7, 7, is_remote=False, trace_flags=TraceFlags(1))

    def child(_record: Record, parent: TraceContext, _failure: object) -> SpanContext | None:
        assert parent.sampled
        return OURS if recorded else None

    with_children(outcomes, batch if batch_recorded else None, child)
    for before, after in zip(made, outcomes.made, strict=True):
        own = context_in(before.headers)
        wanted = before.headers
        if own is not None and own.sampled:
            wanted = with_context(before.headers, as_context(OURS)) if recorded else before.headers
        elif batch_recorded and all(name != PARENT_HEADER for name, _ in before.headers):
            wanted = with_context(before.headers, as_context(batch))
        assert after.headers == wanted
        assert after._replace(headers=[], size_bytes=0) == before._replace(headers=[], size_bytes=0)
        assert after.size_bytes - before.size_bytes == size_of(after.headers) - size_of(before.headers)
    again = Outcomes.counted(outcomes.made)
    assert outcomes.size_bytes == again.size_bytes
    assert outcomes.largest_bytes >= again.largest_bytes


@given(st.integers(0, 2000), st.integers(0, 200))
def test_a_choice_is_even_and_bounded(count: int, most: int) -> None:
    chosen = evenly(range(count), most)
    assert len(chosen) == min(count, most)
    assert list(chosen) == sorted(set(chosen))
    gaps = [after - before for before, after in pairwise(chosen)]
    assert not gaps or max(gaps) - min(gaps) <= 1


@given(st.integers(0, 600), st.integers(0, 600), st.booleans())
@example(100, 400, False)  # noqa: FBT003 - Hypothesis takes all of them in one way
def test_sampled_contexts_are_linked_to_first(recorded: int, others: int, first: bool) -> None:  # noqa: FBT001
    sampled = [first] * recorded + [not first] * others
    contexts = [(TraceContext(1, number + 1, int(each)), number) for number, each in enumerate(sampled)]
    linked = [number for _, number in to_link(contexts)]
    assert len(linked) == len(set(linked)) == min(len(contexts), MOST_LINKS)
    assert sum(sampled[number] for number in linked) == min(sum(sampled), MOST_LINKS)
