"""Records that no client makes but brokers accept: header names that are not UTF-8, impossible timestamps."""

from __future__ import annotations

import json
import time
from collections import Counter

import orjson
import pytest
from confluent_kafka import Message

from harness.commands import article_stream
from harness.fakes import CLEAN, REPEATED
from harness.kafka.jars import version_numbers
from harness.kafka.raw import RawRecord, produce
from harness.processes import Worker, until
from stream.kafka.topic_settings import AFTER, BEFORE, BOTH
from stream.records.dead_letters import read_letter
from tests.articles import articles, numbers
from tests.brokers import Broker, Sent, headers_of
from tests.ledger import Topics

NO_TEXT = b"\xc3\x28"  # begins like UTF-8 but is not
WHEN = 1_600_000_000_000
VALUE = orjson.dumps({"text": REPEATED})
MOST = str(2**63 - 1)
PAST, FUTURE = (BOTH, BOTH) if version_numbers() < (3, 6) else (BEFORE, AFTER)
# Unlimited retention, or records as old as these would be deleted during the test.
EVERY_TIME = {PAST: MOST, FUTURE: MOST, "retention.ms": "-1"}
RECENT = {PAST: "86400000"}


def lines(topics: Topics, *arguments: object) -> list[str]:
    """Run a command that must succeed; return its lines."""
    answer = article_stream("dead-letters", *arguments, settings=topics.settings())
    assert answer.code == 0, answer
    return answer.out.splitlines()


def forever(broker: Broker) -> dict[str, dict[str, str]]:
    """The configuration of three topics that accept every timestamp and keep it."""
    return dict.fromkeys(("raw", "clean", "dead"), EVERY_TIME) if broker.real else {}


def age_s(message: Message) -> float:
    """The age of a record, by its timestamp."""
    return time.time() - message.timestamp()[1] / 1000


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_a_header_whose_name_is_no_text_makes_a_dead_letter_and_the_worker_goes_on(
    broker: Broker, delivery: str
) -> None:
    topics = broker.topics("names", **forever(broker))
    bad = [(b"trace", b"1"), (NO_TEXT, b"x"), (b"\xff", None)]
    sent = [
        RawRecord(b"a", VALUE, bad, WHEN),
        RawRecord(b"b", VALUE, [(b"trace", None), (b"", b"1"), (b"trace", b"\xff")], WHEN + 1),
        RawRecord(b"c", None, bad, WHEN + 2),
        RawRecord(b"d", b"{", bad, WHEN + 3),
        RawRecord(b"e", VALUE, (), WHEN + 4),
    ]
    produce(broker.bootstrap_servers, f"{topics.name}.raw", sent)
    with Worker(topics.settings(delivery=delivery)) as worker:
        clean, dead = broker.read(f"{topics.name}.clean", 2), broker.read(f"{topics.name}.dead", 3)
        until(lambda: worker.metric("article_stream_records_in_total") == 5, "the worker to have counted all")
        assert worker.terminate() == 0, worker.log
        assert "Traceback" not in worker.log
        assert "Starting a new session" not in worker.log
    assert sorted((it.key(), it.timestamp()) for it in clean) == [(b"b", (1, WHEN + 1)), (b"e", (1, WHEN + 4))]
    assert headers_of(next(it for it in clean if it.key() == b"b"))[:3] == [
        ("trace", None),
        ("", b"1"),
        ("trace", b"\xff"),
    ]
    whole = sorted((it.key() or b"", it.value(), it.timestamp()) for it in dead)
    assert whole == [(it.key, it.value, (1, it.timestamp_ms)) for it in (sent[0], sent[2], sent[3])]
    for message in dead:
        letter = read_letter(headers_of(message))
        assert (letter.reason, letter.topic) == ("bad_header", f"{topics.name}.raw")
        assert "not UTF-8" in letter.message
        assert len(headers_of(message)) == 6


def test_commands_show_a_letter_with_such_a_header_and_leave_it_where_it_is(broker: Broker) -> None:
    topics = broker.topics("show", **forever(broker))
    dead = f"{topics.name}.dead"
    produce(broker.bootstrap_servers, dead, [RawRecord(b"k", VALUE, [(NO_TEXT, b"x")], 2**62), RawRecord(b"k", VALUE)])
    rows = [json.loads(line) for line in lines(topics, "list", "--json")]
    assert [(row["reason"], row["when"]) for row in rows] == [("", f"{2**62} ms"), ("", "–")]
    shown = "\n".join(lines(topics, "show", "0:0"))
    assert "the name of one is not UTF-8" in shown
    assert "The ferry to the outer islands" in shown
    asked = "\n".join(lines(topics, "replay", "--dry-run"))
    assert "1  refused: its headers cannot be read, because the name of one is not UTF-8" in asked


def test_every_timestamp_goes_through_and_0_is_said(broker: Broker) -> None:
    topics = broker.topics("times", **forever(broker))
    times = [0, -1, 1, 915_148_800_000, 1_731_600_000_000_000, 2**63 - 1]
    values = {b"clean": VALUE, b"tombstone": None, b"dead": b"{"}
    sent = [RawRecord(key, value, [(b"own", b"1")], at) for key, value in values.items() for at in times]
    produce(broker.bootstrap_servers, f"{topics.name}.raw", sent)
    with Worker(topics.settings()) as worker:
        clean, dead = broker.read(f"{topics.name}.clean", 12), broker.read(f"{topics.name}.dead", 6)
        assert worker.terminate() == 0, worker.log
    want = Counter((it.key, max(it.timestamp_ms, 1) if it.timestamp_ms != -1 else -1) for it in sent)
    assert Counter((it.key(), it.timestamp()[1]) for it in [*clean, *dead]) == want
    said = [it for it in [*clean, *dead] if "article-stream.timestamp" in dict(headers_of(it))]
    assert sorted((it.key() or b"", it.timestamp()[1]) for it in said) == [(key, 1) for key in sorted(values)]
    assert {headers_of(it)[-1] for it in said} == {("article-stream.timestamp", b"0")}


def test_what_is_too_old_for_its_topics_is_a_whole_letter_of_today_that_goes_back_with_its_own_time(
    real: Broker,
) -> None:
    topics = real.topics("old", raw=EVERY_TIME, clean=RECENT, dead=RECENT)
    old, zero = articles(0, 2)
    sent = [RawRecord(old.key, old.value, [(b"own", b"1")], WHEN), RawRecord(None, zero.value, [], 0)]
    produce(real.bootstrap_servers, f"{topics.name}.raw", sent)
    real.send(f"{topics.name}.raw", articles(2, 48))
    with Worker(topics.settings()) as worker:
        dead = real.read(f"{topics.name}.dead", 2)
        assert numbers(real.read(f"{topics.name}.clean", 48)) == Counter(range(2, 50))
        assert worker.terminate() == 0, worker.log
    by_value = {it.value(): it for it in dead}
    assert by_value.keys() == {old.value, zero.value}, "whole letters, no pointers"
    for it, (raw, at) in zip((by_value[old.value], by_value[zero.value]), ((sent[0], WHEN), (sent[1], 0)), strict=True):
        assert age_s(it) < 3600
        assert it.key() == raw.key
        assert read_letter(headers_of(it)).reason == "rejected"
        assert dict(headers_of(it))["article-stream.timestamp"] == b"%d" % at
    whens = {json.loads(line)["when"] for line in lines(topics, "list", "--json")}
    assert whens == {"2020-09-13 12:26:40", "1970-01-01 00:00:00"}
    assert "2 dead letters sent back" in lines(topics, "replay")[-1]
    again = [it for it in real.read(f"{topics.name}.raw", 52) if "article-stream.redriven" in dict(headers_of(it))]
    assert sorted((it.key() or b"", it.timestamp()[1]) for it in again) == [(b"", 1), (old.key, WHEN)]
    assert {it.value(): headers_of(it) for it in again} == {
        old.value: [("own", b"1"), ("article-stream.redriven", b"1")],
        zero.value: [("article-stream.timestamp", b"0"), ("article-stream.redriven", b"1")],
    }


@pytest.mark.parametrize("large", [False, True])
def test_a_compacted_dead_letter_topic_gets_keys_where_there_are_none(real: Broker, *, large: bool) -> None:
    config = {"cleanup.policy": "compact", **({"max.message.bytes": "2000"} if large else {})}
    topics = real.topics("compacted", raw=EVERY_TIME, dead=config)
    noise = b"".join(b"\xff%d" % n for n in range(1000)) if large else b"\xff"
    good = articles(0, 50)
    real.send(f"{topics.name}.raw", [*good[:25], Sent(None, noise, [("own", b"1")], WHEN), *good[25:]])
    answer = article_stream("check", settings=topics.settings())
    assert answer.code == 0, answer
    assert f"{topics.name}.dead is compacted" in answer.out
    with Worker(topics.settings()) as worker:
        (letter,) = real.read(f"{topics.name}.dead", 1)
        assert numbers(real.read(f"{topics.name}.clean", 50)) == Counter(range(50))
        until(lambda: real.committed(topics) == 51, "all to be committed")
        until(worker.ready, "it to be well")
        assert worker.terminate() == 0, worker.log
        assert f"{topics.name}.dead is compacted" in worker.log
    why = read_letter(headers_of(letter))
    assert letter.key() == f"{why.topic}/{why.partition}/{why.offset}".encode()
    assert (letter.value(), why.reason) == ((b"" if large else noise), "not_utf8")
    assert ("article-stream.no-key", b"1") in headers_of(letter) or large
    assert "1 dead letter sent back" in lines(topics, "replay", "--failing")[-1]
    (again,) = [it for it in real.read(f"{topics.name}.raw", 52) if "article-stream.redriven" in dict(headers_of(it))]
    assert (again.key(), again.value(), again.timestamp()) == (None, noise, (1, WHEN))
    assert headers_of(again) == [("own", b"1"), ("article-stream.redriven", b"1")]


def test_a_letter_that_the_input_refuses_stays_and_the_others_go_back(real: Broker) -> None:
    """The input topic has become compacted since, and refuses records without a key."""
    topics = real.topics("refused", raw={"cleanup.policy": "compact"})
    good = articles(0, 40)
    real.send(f"{topics.name}.dead", [*good[:20], Sent(None, good[0].value), *good[20:]])
    first = lines(topics, "replay")
    assert first[-1].startswith("40 dead letters sent back")
    assert [line for line in first if f"1  refused: {topics.name}.raw does not accept" in line], first
    came = Counter(orjson.loads(it.value() or b"")["number"] for it in real.read(f"{topics.name}.raw", 40))
    assert came == Counter(range(40)), "each once"
    second = lines(topics, "replay")
    assert second[-1].startswith("0 dead letters sent back")
    assert [line for line in second if f"1  refused: {topics.name}.raw does not accept" in line], second


@pytest.mark.parametrize("removed", [False, True])
def test_at_least_once_what_is_refused_makes_nothing_come_twice_and_keeps_the_order(
    real: Broker, *, removed: bool
) -> None:
    topics = real.topics("once", clean={"cleanup.policy": "compact"}, **({"removed": {}} if removed else {}))
    sent = [it._replace(key=b"%d" % (number % 7)) for number, it in enumerate(articles(0, 1_000))]
    sent[503] = sent[503]._replace(key=None)
    real.send(f"{topics.name}.raw", sent)
    more = {"removed_topic": f"{topics.name}.removed"} if removed else {}
    with Worker(topics.settings(delivery="at_least_once", **more)) as worker:
        until(lambda: real.committed(topics) == len(sent), "all to be committed")
        clean, dead = real.read(f"{topics.name}.clean"), real.read(f"{topics.name}.dead")
        assert worker.terminate() == 0, worker.log
    assert numbers(clean) == Counter(range(1_000)) - Counter([503]), "each once"
    assert [orjson.loads(it.value() or b"")["number"] for it in dead] == [503]
    if removed:
        assert len(real.read(f"{topics.name}.removed")) == 1_000
    for key in range(7):
        order = [orjson.loads(it.value() or b"")["number"] for it in clean if it.key() == b"%d" % key]
        assert order == sorted(order)


def test_a_record_of_every_kind_comes_out_of_a_topic_that_takes_no_null_keys(real: Broker) -> None:
    topics = real.topics("keys", clean={"cleanup.policy": "compact"}, removed={"cleanup.policy": "compact"})
    sent = [Sent(b"a", VALUE), Sent(b"a", None), Sent(None, None), Sent(None, VALUE), Sent(b"z", VALUE)]
    real.send(f"{topics.name}.raw", sent)
    with Worker(topics.settings(removed_topic=f"{topics.name}.removed")) as worker:
        dead = real.read(f"{topics.name}.dead", 2)
        clean = real.read(f"{topics.name}.clean", 3)
        assert worker.terminate() == 0, worker.log
    assert Counter((it.key(), it.value()) for it in dead) == Counter([(None, None), (None, VALUE)])
    texts = Counter((it.key(), it.value() and orjson.loads(it.value() or b"")["text"]) for it in clean)
    assert texts == Counter([(b"a", CLEAN), (b"a", None), (b"z", CLEAN)])
