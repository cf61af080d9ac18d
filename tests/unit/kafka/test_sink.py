"""The sink publishes everything once: what waits goes together, failures are retried, ended sessions are dropped."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator

import pytest
from confluent_kafka import TopicPartition

from harness.fakes import BODY, PROCESSOR, FakeRecord, at, outcome
from stream.config.loading import load
from stream.errors import KafkaUnavailable, SessionLost
from stream.kafka.committer import Aborted, Publication
from stream.records.outcomes import Outcomes
from tests.rig import PATIENCE_S, Rig, offsets, started

FENCED = SessionLost("fenced")


async def test_a_lone_article_is_committed_at_once_with_the_offset_after_it(rig: Rig) -> None:
    await rig.put([outcome(7, partition=2)])
    assert await rig.drained()
    (publication,) = rig.committer.publications
    assert publication.offsets == [TopicPartition("articles.raw", 2, 8)]
    assert publication.offsets[0].offset == 8
    assert offsets(rig.delivered) == [7]


def test_the_offsets_are_after_the_last_record_of_each_partition() -> None:
    mixed = [outcome(4, partition=1), outcome(9, partition=0), outcome(5, partition=1)]
    assert Outcomes.counted(mixed).following == {at(0): 10, at(1): 6}


async def test_a_transaction_grows_while_another_commits(rig: Rig) -> None:
    go, entered = threading.Event(), threading.Event()

    def wait(_: Publication) -> None:
        entered.set()
        assert go.wait(PATIENCE_S)

    rig.committer.act = wait
    await rig.put([outcome(0)])
    assert await asyncio.to_thread(entered.wait, PATIENCE_S)
    for number in range(1, 5):
        await rig.put([outcome(number)])
    go.set()
    assert await rig.drained()
    assert rig.committer.tries == [[0], [1, 2, 3, 4]]


async def test_a_transaction_grows_to_its_bound_and_whoever_brings_more_waits(rig: Rig) -> None:
    go, entered = threading.Event(), threading.Event()

    def wait(_: Publication) -> None:
        entered.set()
        assert go.wait(PATIENCE_S)

    rig.committer.act = wait
    await rig.put([outcome(0)])
    assert await asyncio.to_thread(entered.wait, PATIENCE_S)
    await rig.put([outcome(number) for number in range(1, 8)])
    late = asyncio.create_task(rig.put([outcome(8)]))
    done, _ = await asyncio.wait([late], timeout=0.05)
    assert not done
    go.set()
    await late
    assert await rig.drained()
    assert offsets(rig.committer.published) == list(range(9))
    assert max(map(len, rig.committer.tries)) == 5


async def test_a_transaction_is_bounded_in_bytes() -> None:
    rig = started(load({"batch_max_bytes": 20_000}, environ={}))
    await rig.put([outcome(number, text=BODY * 80) for number in range(6)])
    assert await rig.drained()
    assert rig.committer.tries == [[0, 1], [2, 3], [4, 5]]
    rig.sink.close(PATIENCE_S)


async def test_an_aborted_transaction_is_tried_again_with_the_same_records(rig: Rig) -> None:
    problems = []

    def fail_twice(_: Publication) -> None:
        problems.append(rig.sink.problem)
        if len(rig.committer.tries) < 3:
            raise Aborted(KafkaUnavailable("Kafka is away."))

    rig.committer.act = fail_twice
    await rig.put([outcome(0), outcome(1)])
    assert await rig.drained()
    assert rig.committer.tries == [[0, 1]] * 3
    assert problems == ["", "", "Kafka is away."], "readiness says so from the second time on"
    assert rig.sink.problem == ""
    assert (offsets(rig.delivered), rig.aborted) == ([0, 1], 2)


async def test_a_stale_generation_is_tried_again_a_few_times_only(rig: Rig) -> None:
    def stale(_: Publication) -> None:
        raise Aborted(SessionLost("stale"))

    rig.committer.act = stale
    await rig.put([outcome(0)])
    assert not await rig.drained()
    assert isinstance(rig.flow.error, SessionLost)
    assert 3 < len(rig.committer.tries) < 10


async def test_trying_again_ends_when_the_session_fails(rig: Rig) -> None:
    def away(_: Publication) -> None:
        raise Aborted(KafkaUnavailable("away"))

    rig.committer.act = away
    await rig.put([outcome(0)])
    rig.flow.fail(SessionLost("the partitions went"))
    await asyncio.to_thread(rig.sink.quiesce)
    tries = len(rig.committer.tries)
    assert rig.delivered == []
    rig.flow.begin_session()
    rig.committer.act = lambda _: None
    await rig.put([outcome(1)])
    assert await rig.drained()
    assert rig.committer.tries[tries:] == [[1]]


async def test_outcomes_of_an_old_session_are_dropped(rig: Rig) -> None:
    old = rig.flow.session
    rig.flow.begin_session()
    await rig.put([outcome(0)], session=old)
    await rig.put([outcome(1)])
    assert await rig.drained()
    assert rig.committer.tries == [[1]]


async def test_late_outcomes_of_an_old_session_do_not_push_out_those_of_the_new_one(rig: Rig) -> None:
    go, entered = threading.Event(), threading.Event()

    def wait(_: Publication) -> None:
        entered.set()
        assert go.wait(PATIENCE_S)

    rig.committer.act = wait
    old = rig.flow.session
    rig.flow.begin_session()
    await rig.put([outcome(1)])
    assert await asyncio.to_thread(entered.wait, PATIENCE_S)
    await rig.put([outcome(2)])
    await rig.put([outcome(0)], session=old)
    go.set()
    assert await rig.drained()
    assert rig.committer.tries == [[1], [2]]


async def test_what_waited_when_its_session_ended_is_dropped(rig: Rig) -> None:
    go, entered = threading.Event(), threading.Event()

    def wait(_: Publication) -> None:
        entered.set()
        assert go.wait(PATIENCE_S)
        rig.committer.act = lambda _: None
        raise FENCED

    rig.committer.act = wait
    await rig.put([outcome(0)])
    assert await asyncio.to_thread(entered.wait, PATIENCE_S)
    await rig.put([outcome(1), outcome(2)])
    go.set()
    assert not await rig.drained()
    await asyncio.to_thread(rig.sink.quiesce)
    rig.flow.begin_session()
    await rig.put([outcome(0)])
    assert await rig.drained()
    assert rig.committer.tries == [[0], [0]]
    assert offsets(rig.delivered) == [0]


@pytest.mark.parametrize("silent", [True, False])
async def test_a_call_that_never_comes_back_is_left_behind(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, silent: bool
) -> None:
    if not silent:
        monkeypatch.setattr("stream.kafka.sink.HUNG_CALL_S", 0.01)
    go, entered, left = threading.Event(), threading.Event(), threading.Event()

    def hang(publication: Publication) -> None:
        if offsets(publication.outcomes) == [0]:
            entered.set()
            assert go.wait(PATIENCE_S)
            left.set()

    rig.committer.act = hang
    await rig.put([outcome(0)])
    assert await asyncio.to_thread(entered.wait, PATIENCE_S)
    rig.flow.fail(KafkaUnavailable("no answer"))
    await asyncio.to_thread(rig.sink.quiesce, silent=silent)
    rig.flow.begin_session()
    await rig.put([outcome(1)])
    assert await rig.drained()
    assert offsets(rig.delivered) == [1], "the next session is published"
    go.set()
    assert await asyncio.to_thread(left.wait, PATIENCE_S)
    await rig.put([outcome(2)])
    assert await rig.drained()
    assert offsets(rig.delivered) == [1, 2], "what the old call brings at last counts for nothing"
    assert rig.flow.error is None


async def test_a_call_that_comes_back_while_its_thread_is_replaced_leaves_one_thread(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two, what one of them takes and leaves behind would be lost: the other one commits what comes next."""
    back, entered = threading.Event(), threading.Event()

    def hang(_: Publication) -> None:
        entered.set()
        assert back.wait(PATIENCE_S)
        raise KafkaUnavailable("No answer.")  # noqa: EM101

    def come_back(*_: object) -> None:
        back.set()
        assert rig.sink._idle.wait(PATIENCE_S)  # noqa: SLF001 - the thread was not replaced yet, and is done

    def fail_once(_: Publication) -> None:
        rig.committer.act = lambda _: None
        raise Aborted(KafkaUnavailable("A leader moves."))

    rig.committer.act = hang
    await rig.put([outcome(0)])
    assert await asyncio.to_thread(entered.wait, PATIENCE_S)
    rig.flow.fail(KafkaUnavailable("No answer."))
    monkeypatch.setattr("stream.kafka.sink.log.warning", come_back)
    await asyncio.to_thread(rig.sink.quiesce, silent=True)
    rig.flow.begin_session()
    rig.committer.act = fail_once
    await rig.put([outcome(0), outcome(1)])
    await rig.put([outcome(2)])
    assert await rig.drained()
    assert offsets(rig.delivered) == offsets(rig.committer.published) == [0, 1, 2]


@pytest.mark.parametrize("looks", [1, 2])
async def test_whether_it_is_full_is_asked_while_nothing_is_taken(rig: Rig, looks: int) -> None:
    """Otherwise the queue may change while it is iterated."""

    class Watched(deque[Outcomes]):
        left = looks
        taken = False

        def __iter__(self) -> Iterator[Outcomes]:
            self.left -= 1
            if not self.left:
                taking = threading.Thread(target=self.take)
                taking.start()
                taking.join()
            return super().__iter__()

        def take(self) -> None:
            if rig.sink._ready.acquire(blocking=False):  # noqa: SLF001 - as the sink's thread does
                rig.sink._ready.release()  # noqa: SLF001
                self.taken = True

    rig.sink._waiting = watched = Watched([Outcomes.counted([outcome(0)])])  # noqa: SLF001
    rig.sink._full()  # noqa: SLF001
    assert watched.left <= 0
    assert not watched.taken


async def test_an_error_nobody_thought_of_ends_the_session(rig: Rig) -> None:
    def bug(_: Publication) -> None:
        raise ZeroDivisionError

    rig.committer.act = bug
    await rig.put([outcome(0)])
    assert not await rig.drained()
    assert isinstance(rig.flow.error, ZeroDivisionError)
    assert rig.delivered == []


async def test_a_tombstone_is_published_as_null(rig: Rig) -> None:
    await rig.put([PROCESSOR.process(FakeRecord(None))])
    assert await rig.drained()
    assert [it.value for it in rig.committer.published] == [None]


async def test_a_batch_that_cannot_be_taken_for_lack_of_memory_ends_the_session(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory() -> Outcomes:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(rig.sink, "_take", no_memory)
        await rig.put([outcome(0)])
        assert not await rig.drained()
    assert isinstance(rig.flow.error, MemoryError)
    await asyncio.to_thread(rig.sink.quiesce)
    rig.flow.begin_session()
    await rig.put([outcome(0)])
    assert await rig.drained(), "the thread goes on"
    assert offsets(rig.delivered) == [0]


async def test_it_is_known_how_many_records_of_a_session_came(rig: Rig) -> None:
    session = rig.flow.session
    await rig.put([outcome(0), outcome(1)])
    await rig.put([outcome(2)])
    assert rig.sink.taken(session) == 3
    rig.flow.begin_session()
    assert rig.sink.taken(rig.flow.session) == 0
    await rig.put([outcome(3)], session=session)
    assert rig.sink.taken(rig.flow.session) == 0
