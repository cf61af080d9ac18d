"""What cleaning an article costs: counted, not timed, so that the numbers do not depend on how busy the machine is.

A count above its bound means that work was added. One far below means that the bound no longer guards anything.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import Any

import pytest

from bench import load as bench_load
from harness.fakes import FakeRecord, NotingProducer, ProducerSupply, outcome
from harness.twins import in_python, needs_compiled, slow
from stream.config.settings import Settings, load
from stream.core.footer.model import shipped
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
ABOVE, BELOW = 1.05, 0.85
INLINED = sys.version_info >= (3, 12)  # these inline comprehensions, which then take fewer lines
# For all articles together: lines of Python executed, from 3.12 on and before; calls of C functions; characters of
# the strings whose methods are called; the sum of each article's peak of allocated bytes. The keys are values of
# STREAM_FOOTERS, `page` where the model has to weigh the whole page, and each of them without the compiled parts.
COSTS = {
    "model": ((611, 611), 69, 0, 1_334_000),
    "page": ((11_200, 12_123), 1_758, 235_142, 1_432_000),
    "markers": ((700, 700), 110, 856, 1_334_000),
    "model, in Python": ((13_550, 13_643), 4_557, 335_119, 1_334_000),
    "page, in Python": ((25_800, 26_764), 7_176, 492_464, 1_432_000),
    "markers, in Python": ((16_120, 16_238), 4_815, 396_047, 1_334_000),
}
# A number of outcomes, and the lines of Python executed to count them, and to hand them to the client.
AROUND, COUNTING_LINES, PRODUCING_LINES = 1000, 17_045, 11_004
EACH = pytest.mark.parametrize(
    "what", [case if case.endswith("Python") else pytest.param(case, marks=needs_compiled) for case in COSTS]
)
PATIENCE_S = 60.0


def within(**counts: tuple[int, int]) -> None:
    """Fail where a count is above its bound, or so far below that the bound says nothing."""
    far = {what: pair for what, pair in counts.items() if not BELOW * pair[1] <= pair[0] <= ABOVE * pair[1]}
    if far:
        said = (f"{what}: {found:,}, {found / bound - 1:+.0%} of {bound:,}" for what, (found, bound) in far.items())
        pytest.fail("; ".join(said) + ". If that is meant, write the new counts here.", pytrace=False)


@contextmanager
def prepared(what: str) -> Iterator[tuple[Processor, list[FakeRecord]]]:
    """Give articles of the benchmark, and a processor that has processed one more, so that its caches are filled."""
    footers, _, how = what.partition(", ")
    rules = load_rules(whole_page=footers != "markers")
    texts = enumerate(islice(bench_load.texts(teaser=footers == "page"), ARTICLES + 1))
    first, *rest = [FakeRecord(bench_load.value(number, text)) for number, text in texts]
    _ours.cache_clear()  # other tests may have filled it, and then it would seem to cost nothing
    if not how:
        shipped.cache_clear()
        shipped()
    with in_python() if how else nullcontext():
        processor = Processor.for_field("text", "auto", slow(rules) if how else rules)
        processor.process(first)
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


@EACH
def test_the_memory_for_an_article_stays(what: str) -> None:
    with prepared(what) as (processor, records):
        within(peak_bytes=(sum(peak(processor, record) for record in records), COSTS[what][3]))


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


def peak(processor: Processor, record: FakeRecord) -> int:
    """The peak of bytes allocated while a record is processed."""
    gc.collect()
    tracemalloc.start()
    try:
        processor.process(record)
        return tracemalloc.get_traced_memory()[1]
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
    producer = NotingProducer()
    committer = make(settings, producer)
    committer.own([0], [])
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
