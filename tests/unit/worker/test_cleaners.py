"""Batches that are cleaned in several threads: in order, all of them, and an error comes out."""

from __future__ import annotations

import threading

import pytest

from harness.fakes import FakeRecord
from harness.twins import needs_compiled
from stream.core.rules import builtin
from stream.records.outcomes import Outcome, Outcomes
from stream.records.process import Processor
from stream.records.record import Record
from stream.worker.cleaners import FEW_RECORDS, PIECE_RECORDS, Cleaners

PROCESSOR = Processor.for_field("text", "json", builtin())


def records(count: int) -> list[FakeRecord]:
    text = b"One.\\nShare\\nTweet"
    return [FakeRecord(b'{"id": %d, "text": "%s"}' % (at, text), the_offset=at) for at in range(count)]


@needs_compiled
@pytest.mark.parametrize("count", [0, 1, FEW_RECORDS, 2 * FEW_RECORDS - 1, 2 * FEW_RECORDS, 100, 503])
async def test_the_outcomes_are_those_of_one_thread_in_their_order(count: int) -> None:
    cleaners = Cleaners(4)
    batch = records(count)
    for _ in ("open", "closed"):
        assert await cleaners.outcomes(PROCESSOR.process, batch) == Outcomes.counted(map(PROCESSOR.process, batch))
        cleaners.close()


@needs_compiled
async def test_many_records_are_shared_and_a_few_are_not() -> None:
    seen: set[str] = set()
    barrier = threading.Barrier(2, timeout=60)

    def process(record: Record) -> Outcome:
        if threading.current_thread().name not in seen:
            seen.add(threading.current_thread().name)
            if len(batch) > FEW_RECORDS:
                barrier.wait()  # which ends only if there are two at once
        return PROCESSOR.process(record)

    cleaners = Cleaners(2)
    batch = records(2 * FEW_RECORDS)
    await cleaners.outcomes(process, batch)
    assert len(seen) == 2
    assert all(name.startswith("clean") for name in seen)
    seen.clear()
    batch = records(FEW_RECORDS)
    await cleaners.outcomes(process, batch)
    assert seen == {threading.current_thread().name}
    cleaners.close()


@needs_compiled
async def test_while_one_thread_is_at_a_long_article_the_other_does_all_the_rest() -> None:
    batch = records(100)
    others = threading.Semaphore(0)

    def process(record: Record) -> Outcome:
        if record.offset() == 0:
            for _ in batch[PIECE_RECORDS:]:
                assert others.acquire(timeout=60)
        elif (record.offset() or 0) >= PIECE_RECORDS:
            others.release()
        return PROCESSOR.process(record)

    cleaners = Cleaners(2)
    assert await cleaners.outcomes(process, batch) == Outcomes.counted(map(PROCESSOR.process, batch))
    cleaners.close()


@needs_compiled
async def test_an_error_in_one_thread_is_raised() -> None:
    def process(record: Record) -> Outcome:
        if record.offset() == 70:
            msg = "no article"
            raise RuntimeError(msg)
        return PROCESSOR.process(record)

    cleaners = Cleaners(4)
    with pytest.raises(RuntimeError, match="no article"):
        await cleaners.outcomes(process, records(100))
    cleaners.close()
