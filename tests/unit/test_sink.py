"""The sink publishes everything once: as much as waits, again after a failure, a refused record as a dead letter."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest
from confluent_kafka import Consumer, TopicPartition

from stream.dead_letters import read_letter
from stream.errors import KafkaUnavailable, SessionLost, StreamError
from stream.flow import Flow
from stream.kafka.sink import Sink, offsets_after
from stream.kafka.transaction import Aborted, Chunk, Refused
from stream.records import Outcome
from stream.settings import Settings, load
from tests.fakes import BODY, PROCESSOR, FakeRecord, outcome

Act = Callable[[Chunk], None]
PATIENCE_S = 60.0
TOO_LARGE = "too_large"
FENCED = SessionLost("fenced")


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.kafka.sink.FIRST_RETRY_S", 0.001)
    monkeypatch.setattr("stream.kafka.sink.LAST_RETRY_S", 0.002)


class FakeCommitter:
    """Keeps what it is given, after asking `act`, which may raise or wait."""

    def __init__(self) -> None:
        self.tries: list[list[int]] = []
        self.chunks: list[Chunk] = []
        self.act: Act = lambda _: None

    def own(self, partitions: Sequence[int], gained: Sequence[int]) -> None:
        """Not used by the sink."""

    def commit(self, chunk: Chunk) -> None:
        """Try, and keep."""
        self.tries.append(offsets(chunk.outcomes))
        self.act(chunk)
        self.chunks.append(chunk)

    def silent_s(self) -> float:
        """Not used by the sink."""
        return 0.0

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """Not used by the sink."""

    def close(self) -> None:
        """Not used by the sink."""

    @property
    def published(self) -> list[Outcome]:
        """All that was published, in order."""
        return [outcome for chunk in self.chunks for outcome in chunk.outcomes]


@dataclass
class Rig:
    """A running sink with what is around it."""

    sink: Sink
    flow: Flow
    committer: FakeCommitter
    delivered: list[Outcome] = field(default_factory=list)
    aborted: int = 0

    async def put(self, outcomes: Sequence[Outcome], *, session: int | None = None) -> None:
        """Give it outcomes as the agent does."""
        if session is None or session == self.flow.session:
            self.flow.enter(len(outcomes))
        await asyncio.wait_for(self.sink.put(session or self.flow.session, outcomes), PATIENCE_S)

    async def drained(self) -> bool:
        """Wait until all is published or the session has failed."""
        return await asyncio.to_thread(self.flow.drained, PATIENCE_S)


def started(settings: Settings, *, largest_bytes: int = 1_000_000) -> Rig:
    flow, committer = Flow(), FakeCommitter()
    flow.begin_session()

    def on_aborted() -> None:
        made.aborted += 1

    sink = Sink(
        settings,
        flow,
        committer,
        on_delivered=lambda outcomes, _: made.delivered.extend(outcomes),
        on_aborted=on_aborted,
        largest_bytes=largest_bytes,
    )
    made = Rig(sink, flow, committer)
    sink.start()
    return made


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    running = started(load({"batch_max_records": 5}, environ={}))
    yield running
    running.sink.close(PATIENCE_S)


def offsets(outcomes: Sequence[Outcome]) -> list[int]:
    return [outcome.source.offset() or 0 for outcome in outcomes]


def refuse(*bad: int, reason: str = "too_large") -> Act:
    """Refuse chunks that hold any of these offsets as an article."""

    def act(chunk: Chunk) -> None:
        if any(it.source.offset() in bad and it.name != "dead" for it in chunk.outcomes):
            raise Refused(reason, "the broker says so")

    return act


async def test_a_lone_article_is_committed_at_once_with_the_offset_after_it(rig: Rig) -> None:
    await rig.put([outcome(7, partition=2)])
    assert await rig.drained()
    (chunk,) = rig.committer.chunks
    assert chunk.offsets == [TopicPartition("articles.raw", 2, 8)]
    assert chunk.offsets[0].offset == 8
    assert offsets(rig.delivered) == [7]


def test_the_offsets_are_after_the_last_record_of_each_partition() -> None:
    mixed = [outcome(4, partition=1), outcome(9, partition=0), outcome(5, partition=1)]
    assert {it.partition: it.offset for it in offsets_after(mixed)} == {0: 10, 1: 6}


async def test_a_transaction_grows_while_another_commits(rig: Rig) -> None:
    go, entered = threading.Event(), threading.Event()

    def wait(_: Chunk) -> None:
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

    def wait(_: Chunk) -> None:
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

    def fail_twice(_: Chunk) -> None:
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
    def stale(_: Chunk) -> None:
        raise Aborted(SessionLost("stale"))

    rig.committer.act = stale
    await rig.put([outcome(0)])
    assert not await rig.drained()
    assert isinstance(rig.flow.error, SessionLost)
    assert 3 < len(rig.committer.tries) < 10


async def test_trying_again_ends_when_the_session_fails(rig: Rig) -> None:
    def away(_: Chunk) -> None:
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


@pytest.mark.parametrize("reason", ["too_large", "rejected"])
async def test_a_refused_record_alone_becomes_a_dead_letter_and_its_neighbours_come_out(rig: Rig, reason: str) -> None:
    rig.committer.act = refuse(2, reason=reason)
    await rig.put([outcome(number) for number in range(4)])
    assert await rig.drained()
    assert offsets(rig.committer.published) == [0, 1, 2, 3], "in order, each once"
    letters = [it for it in rig.committer.published if it.name == "dead"]
    assert offsets(letters) == [2]
    assert letters[0].reason == reason
    assert letters[0].value == letters[0].source.value()
    letter = read_letter(letters[0].headers)
    assert (letter.reason, letter.offset) == (reason, 2)
    assert "the broker says so" in letter.message
    assert "articles.clean" in letter.message
    assert letters == [it for it in rig.delivered if it.name == "dead"], "it is counted as dead"


async def test_after_a_refused_record_transactions_grow_again(rig: Rig) -> None:
    rig.committer.act = refuse(1)
    await rig.put([outcome(number) for number in range(3)])
    assert await rig.drained()
    await rig.put([outcome(number) for number in range(3, 7)])
    assert await rig.drained()
    assert rig.committer.tries[-1] == [3, 4, 5, 6]


async def test_removals_that_are_refused_stay_away_and_their_article_goes(rig: Rig) -> None:
    def no_removals(chunk: Chunk) -> None:
        if any(it.removed for it in chunk.outcomes):
            raise Refused(TOO_LARGE, "no")

    rig.committer.act = no_removals
    await rig.put([outcome(0), outcome(1)._replace(removed=b"{}")])
    assert await rig.drained()
    assert offsets(rig.committer.published) == [0, 1]
    assert not any(it.name == "dead" for it in rig.committer.published)
    first, second = (dict(it.headers).get("article-stream.removed") for it in rig.committer.published)
    assert (first, second) == (None, TOO_LARGE.encode())


async def test_where_the_dead_letter_is_refused_too_a_pointer_goes(rig: Rig) -> None:
    def only_small(chunk: Chunk) -> None:
        if any(it.value for it in chunk.outcomes):
            raise Refused(TOO_LARGE, "no")

    rig.committer.act = only_small
    await rig.put([outcome(0)])
    assert await rig.drained()
    (pointer,) = rig.committer.published
    assert (pointer.name, pointer.value, pointer.key) == ("dead", b"", None)
    assert pointer.headers[-1] == ("article-stream.pointer", b"1")
    assert read_letter(pointer.headers).offset == 0


@pytest.mark.parametrize("value", [None, b""])
async def test_a_record_without_value_that_is_large_by_its_headers_becomes_a_pointer(
    rig: Rig, value: bytes | None
) -> None:
    def only_few_headers(chunk: Chunk) -> None:
        if any(name == "large" for it in chunk.outcomes for name, _ in it.headers):
            raise Refused(TOO_LARGE, "no")

    rig.committer.act = only_few_headers
    await rig.put([PROCESSOR.process(FakeRecord(value, the_headers=[("large", b"x" * 1000)]))])
    assert await rig.drained()
    assert [it.headers[-1] for it in rig.committer.published] == [("article-stream.pointer", b"1")]


async def test_where_even_the_pointer_is_refused_nothing_is_skipped(rig: Rig) -> None:
    def refuse_all(_: Chunk) -> None:
        raise Refused(TOO_LARGE, "no")

    rig.committer.act = refuse_all
    await rig.put([outcome(0)])
    assert not await rig.drained()
    assert isinstance(rig.flow.error, StreamError)
    assert "refuses even a pointer" in str(rig.flow.error)
    assert rig.committer.published == []
    assert rig.delivered == []


async def test_a_record_that_may_be_too_large_travels_alone() -> None:
    rig = started(load(environ={}), largest_bytes=2000)
    await rig.put([outcome(0), outcome(1), outcome(2, text=BODY * 20), outcome(3), outcome(4)])
    assert await rig.drained()
    assert rig.committer.tries == [[0, 1], [2], [3, 4]]
    rig.sink.close(PATIENCE_S)


async def test_outcomes_of_an_old_session_are_dropped(rig: Rig) -> None:
    old = rig.flow.session
    rig.flow.begin_session()
    await rig.put([outcome(0)], session=old)
    await rig.put([outcome(1)])
    assert await rig.drained()
    assert rig.committer.tries == [[1]]


async def test_late_outcomes_of_an_old_session_do_not_push_out_those_of_the_new_one(rig: Rig) -> None:
    go, entered = threading.Event(), threading.Event()

    def wait(_: Chunk) -> None:
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

    def wait(_: Chunk) -> None:
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
        monkeypatch.setattr("stream.kafka.sink.QUIET_S", 0.01)
    go, entered, left = threading.Event(), threading.Event(), threading.Event()

    def hang(chunk: Chunk) -> None:
        if offsets(chunk.outcomes) == [0]:
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


@pytest.mark.parametrize("looks", [1, 2, 3])
async def test_whether_it_is_full_is_asked_while_nothing_is_taken(rig: Rig, looks: int) -> None:
    """Else the queue may be empty between a look at its length and the look at its first."""

    class Watched(deque[Outcome]):
        left = looks

        def __len__(self) -> int:
            length = super().__len__()
            self.left -= 1
            if not self.left:
                taking = threading.Thread(target=self.take)
                taking.start()
                taking.join()
            return length

        def take(self) -> None:
            if rig.sink._ready.acquire(blocking=False):  # noqa: SLF001 - as the sink's thread does
                rig.sink._ready.release()  # noqa: SLF001
                self.clear()

    rig.sink._waiting = Watched([outcome(0)])  # noqa: SLF001
    rig.sink._full()  # noqa: SLF001


async def test_an_error_nobody_thought_of_ends_the_session(rig: Rig) -> None:
    def bug(_: Chunk) -> None:
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
