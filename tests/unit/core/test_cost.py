"""What cleaning an article costs: counted, not timed, so that the numbers do not depend on how busy the machine is.

A count above its bound means that work was added. One far below means that the bound no longer guards anything.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import Any

import pytest

from bench import load as bench_load
from bench.texts import plain
from harness import news
from harness import pages as composed
from harness.fakes import AcknowledgingProducer, FakeRecord, NotingProducer, ProducerSupply, at, outcome
from harness.twins import in_python, needs_compiled, slow
from stream.config.loading import load
from stream.config.settings import Settings
from stream.core.rules import load as load_rules
from stream.kafka.at_least_once import AtLeastOnce
from stream.kafka.committer import Committer
from stream.kafka.flow import Flow
from stream.kafka.producing import produce_all
from stream.kafka.sink import Sink
from stream.kafka.transaction import Transactions
from stream.records.outcomes import Outcome, Outcomes
from stream.records.process import Processor, _ours
from tests.work import Work

ARTICLES = 12
PAGES = {"pages": 8, "news": 16}
ABOVE, BELOW = 1.05, 0.85
INLINED = sys.version_info >= (3, 12)  # these inline comprehensions, which then take fewer lines
# For all articles together: lines of Python executed, from 3.12 on and before; calls of C functions; characters of
# the strings whose methods are called; the sum of each article's peak of allocated bytes. The keys are values of
# STREAM_FOOTERS, and each of them without the compiled core, to which
# all but the record around the text is one call.
COSTS = {
    "model": ((1_562, 1_562), 374, 0, 1_227_000),
    "markers": ((1_562, 1_562), 374, 0, 1_227_000),
    "model, in Python": ((147_468, 149_779), 36_975, 898_058, 1_657_000),
    "markers, in Python": ((16_253, 16_387), 4_970, 396_178, 1_227_000),
}
# A number of outcomes, and the lines of Python executed to count them, and to hand them to the client.
AROUND, COUNTING_LINES, PRODUCING_LINES = 1000, 20_070, 12_005
# For one page, in the mean of `PAGES`: the same counts. `pages` are of harness/pages.py, `news` of harness/news.py,
# whose proportions are those of real ones. A page has three times the lines of an article of the benchmark or more,
# most of them in its footer.
PAGE_COSTS = {
    "pages, model": ((130, 130), 31, 0, 138_000),
    "pages, markers": ((130, 130), 31, 0, 138_000),
    "pages, model, in Python": ((55_024, 55_663), 14_505, 211_398, 659_000),
    "pages, markers, in Python": ((12_115, 12_152), 4_801, 86_775, 138_000),
    "news, model": ((130, 130), 31, 0, 133_000),
    "news, markers": ((125, 125), 27, 0, 133_000),
    "news, model, in Python": ((51_878, 52_479), 12_423, 137_324, 735_000),
    "news, markers, in Python": ((9_762, 9_586), 3_395, 51_688, 134_000),
}
MADE = {"pages": composed.pages, "news": news.pages}


def each_of(costs: Iterable[str]) -> pytest.MarkDecorator:
    """Run a test for each way to clean, those with the compiled core only where they are."""
    ways = [way if way.endswith("Python") else pytest.param(way, marks=needs_compiled) for way in costs]
    return pytest.mark.parametrize("what", ways)


EACH, EACH_OF_PAGES = each_of(COSTS), each_of(PAGE_COSTS)
PATIENCE_S = 60.0


def within(**counts: tuple[int, int]) -> None:
    """Fail where a count is above its bound, or so far below that the bound says nothing."""
    far = {what: pair for what, pair in counts.items() if not BELOW * pair[1] <= pair[0] <= ABOVE * pair[1]}
    if far:
        said = (f"{what}: {found:,}, {found / bound - 1:+.0%} of {bound:,}" for what, (found, bound) in far.items())
        pytest.fail("; ".join(said) + ". If that is meant, write the new counts here.", pytrace=False)


@contextmanager
def prepared(what: str, texts: Iterable[str] | None = None) -> Iterator[tuple[Processor, list[FakeRecord]]]:
    """Records of these texts, or of the benchmark's, and a processor that has seen them; the first is not given."""
    footers, _, how = what.partition(", ")
    rules = load_rules(whole_page=footers != "markers")
    if texts is None:
        texts = islice(plain(), ARTICLES + 1)
    first, *rest = [FakeRecord(bench_load.value(number, text)) for number, text in enumerate(texts)]
    _ours.cache_clear()  # what was made for other tests would cost nothing here
    with in_python() if how else nullcontext():
        processor = Processor.for_field("text", "auto", slow(rules) if how else rules)
        # What is made once for all articles is made now: regular expressions, the spelling of letters.
        for record in (first, *rest):
            processor.process(record)
        yield processor, rest


@EACH
def test_the_work_for_an_article_stays(what: str) -> None:
    lines, calls, characters, _ = COSTS[what]
    work = Work()
    with prepared(what) as (processor, records):
        work.of(lambda: [processor.process(record) for record in records])
    within(
        lines=(work.lines, lines[not INLINED]),
        calls=(work.calls, calls),
        characters=(work.characters, characters),
    )


@EACH_OF_PAGES
def test_the_work_for_a_whole_page_stays(what: str) -> None:
    lines, calls, characters, peak_bytes = PAGE_COSTS[what]
    kind, _, how = what.partition(", ")
    count = PAGES[kind]
    work = Work()
    with prepared(how, ("\n".join(page.lines) for page in MADE[kind](count + 1))) as (processor, records):
        work.of(lambda: [processor.process(record) for record in records])
        memory = sum(peaks(processor, records))
    within(
        lines=(work.lines // count, lines[not INLINED]),
        calls=(work.calls // count, calls),
        characters=(work.characters // count, characters),
        peak_bytes=(memory // count, peak_bytes),
    )


@EACH
def test_the_memory_for_an_article_stays(what: str) -> None:
    with prepared(what) as (processor, records):
        within(peak_bytes=(sum(peaks(processor, records)), COSTS[what][3]))


def test_the_work_around_an_article_stays() -> None:
    """The work of counting its outcome, and of handing it to the client."""
    made = [outcome(number, partition=number % 4) for number in range(AROUND)]
    settings, counting, producing = load(environ={}), Work(), Work()
    producer: Any = NotingProducer()
    counting.of(lambda: Outcomes.counted(made))
    producing.of(lambda: produce_all(producer, settings, made))
    within(
        counting=(counting.lines, COUNTING_LINES),
        producing=(producing.lines, PRODUCING_LINES),
    )


@EACH
def test_an_article_leaves_no_cycles_behind(what: str) -> None:
    """The worker collects them only seldom (`stream.worker.app.COLLECT_AFTER`)."""
    more = [FakeRecord(value) for value in (b"{", b"\xff", b"[1]", b'{"text": 7}', b"", None)]
    with prepared(what) as (processor, records):
        gc.collect()
        gc.disable()
        try:
            for record in [*records, *more]:
                processor.process(record)
            assert gc.collect() == 0
        finally:
            gc.enable()


def peaks(processor: Processor, records: Iterable[FakeRecord]) -> Iterator[int]:
    """The most bytes that were allocated at once for each record."""
    gc.collect()  # once is enough, as an article leaves no cycles behind
    for record in records:
        tracemalloc.start()
        try:
            processor.process(record)
            yield tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def exactly_once(settings: Settings, producer: Any) -> Committer:
    """The committer that uses transactions."""
    return Transactions(
        settings, object, lambda *_: None, batch_bytes=1_000_000, make_producer=ProducerSupply(producer)
    )


def at_least_once(settings: Settings, producer: Any) -> Committer:
    """The committer without transactions."""
    return AtLeastOnce(settings, lambda *_: None, batch_bytes=1_000_000, make_producer=ProducerSupply(producer))


async def published(
    settings: Settings, make: Callable[[Settings, Any], Committer], outcomes: Sequence[Outcome]
) -> Counter[str]:
    """Put outcomes through the sink; give the calls to the client."""
    producer = AcknowledgingProducer()
    committer = make(settings, producer)
    committer.own([at(0)], [])
    flow = Flow()
    session = flow.begin_session()
    wiring: dict[str, Any] = {"on_delivered": lambda *_: None, "on_aborted": lambda: None}
    sink = Sink(settings, flow, committer, largest_bytes=1_000_000, **wiring)
    flow.enter(len(outcomes))
    sink.start()
    await asyncio.wait_for(sink.put(session, Outcomes.counted(outcomes)), PATIENCE_S)
    assert await asyncio.to_thread(flow.wait_drained, PATIENCE_S)
    sink.close(PATIENCE_S)
    return Counter(producer.called)


BEGIN, PRODUCE, OFFSETS, COMMIT = "begin_transaction", "produce", "send_offsets_to_transaction", "commit_transaction"


@pytest.mark.parametrize("partitions", [1, 64])
@pytest.mark.parametrize(("records", "batches"), [(1, 1), (1000, 1), (2500, 3)])
async def test_a_batch_is_one_transaction_and_one_call_a_record(records: int, batches: int, partitions: int) -> None:
    outcomes = [outcome(number, partition=number % partitions) for number in range(records)]
    settings = load(environ={})
    calls = await published(settings, exactly_once, outcomes)
    assert calls == {PRODUCE: records, BEGIN: batches, OFFSETS: batches, COMMIT: batches}
    calls = await published(settings, at_least_once, outcomes)
    assert calls == {PRODUCE: records, "flush": batches}
