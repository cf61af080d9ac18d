"""A record that the broker refuses becomes a dead letter or a pointer; the others come out, and none is skipped."""

from __future__ import annotations

import pytest

from harness.fakes import BODY, PROCESSOR, FakeRecord, outcome
from stream.config.loading import load
from stream.errors import StreamError
from stream.kafka.committer import Publication
from stream.kafka.refused import Refused
from stream.records.dead_letters import read_letter
from tests.rig import PATIENCE_S, Act, Rig, offsets, started

TOO_LARGE = "too_large"


def refuse(*bad: int, reason: str = "too_large") -> Act:
    """Refuse publications in which a record with one of these offsets is an article."""

    def act(publication: Publication) -> None:
        if any(it.source.offset() in bad and it.name != "dead" for it in publication.outcomes):
            raise Refused(reason, "the broker says so")

    return act


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


async def test_a_refused_record_among_many_is_found_in_a_few_tries() -> None:
    rig = started(load(environ={}))
    rig.committer.act = refuse(300)
    await rig.put([outcome(number) for number in range(1000)])
    assert await rig.drained()
    assert offsets(rig.committer.published) == list(range(1000))
    assert len(rig.committer.tries) < 40
    rig.sink.close(PATIENCE_S)


async def test_after_a_refused_record_transactions_grow_again(rig: Rig) -> None:
    rig.committer.act = refuse(1)
    await rig.put([outcome(number) for number in range(3)])
    assert await rig.drained()
    await rig.put([outcome(number) for number in range(3, 7)])
    assert await rig.drained()
    assert rig.committer.tries[-1] == [3, 4, 5, 6]


async def test_removals_that_are_refused_stay_away_and_their_article_goes(rig: Rig) -> None:
    def no_removals(publication: Publication) -> None:
        if any(it.removed for it in publication.outcomes):
            raise Refused(TOO_LARGE, "no")

    rig.committer.act = no_removals
    await rig.put([outcome(0), outcome(1)._replace(removed=b"{}")])
    assert await rig.drained()
    assert offsets(rig.committer.published) == [0, 1]
    assert not any(it.name == "dead" for it in rig.committer.published)
    first, second = (dict(it.headers).get("article-stream.removed") for it in rig.committer.published)
    assert (first, second) == (None, TOO_LARGE.encode())


async def test_where_the_dead_letter_is_refused_too_a_pointer_goes(rig: Rig) -> None:
    def only_small(publication: Publication) -> None:
        if any(it.value for it in publication.outcomes):
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
    def only_few_headers(publication: Publication) -> None:
        if any(name == "large" for it in publication.outcomes for name, _ in it.headers):
            raise Refused(TOO_LARGE, "no")

    rig.committer.act = only_few_headers
    await rig.put([PROCESSOR.process(FakeRecord(value, the_headers=[("large", b"x" * 1000)]))])
    assert await rig.drained()
    assert [it.headers[-1] for it in rig.committer.published] == [("article-stream.pointer", b"1")]


async def test_where_even_the_pointer_is_refused_nothing_is_skipped(rig: Rig) -> None:
    def refuse_all(_: Publication) -> None:
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
