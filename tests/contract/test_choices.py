"""What comes out with settings other than the defaults: formats, fields, rules, the topic of removals, topic limits."""

from __future__ import annotations

import random
import signal
from base64 import b64encode
from collections import Counter
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Message

from harness.fakes import CLEAN, REPEATED
from harness.processes import Worker, until
from stream.core.removals import original
from stream.kafka.embedded import EmbeddedBroker
from tests.articles import articles, numbers, once
from tests.brokers import Broker, Sent, headers_of


def test_plain_text_input(broker: Broker) -> None:
    topics = broker.topics("text")
    broker.send(f"{topics.name}.raw", [Sent(b"good", REPEATED.encode()), Sent(b"bad", b"\xff")])
    with Worker(topics.settings(input_format="text")) as worker:
        (message,) = broker.read(f"{topics.name}.clean", 1)
        assert (message.key(), message.value()) == (b"good", CLEAN.encode())
        (letter,) = broker.read(f"{topics.name}.dead", 1)
        assert (letter.key(), letter.value()) == (b"bad", b"\xff")
        assert worker.terminate() == 0, worker.log


def test_another_field_and_rules_of_ones_own(real: Broker, tmp_path_factory: pytest.TempPathFactory) -> None:
    rules = tmp_path_factory.mktemp("rules") / "mine.toml"
    rules.write_text(
        '[[rule]]\nid = "mine.end"\nkind = "end"\nmatch = "start"\nphrases = ["that was the news of"]\n'
        'example = "That was the news of Monday"\n',
        "utf-8",
    )
    topics = real.topics("rules")
    text = f"{CLEAN}\nThat was the news of Friday"
    real.send(f"{topics.name}.raw", [Sent(b"k", orjson.dumps({"text": text, "body": text}))])
    with Worker(topics.settings(text_field="body", rules=rules)) as worker:
        worker.wait_ready()
        (message,) = real.read(f"{topics.name}.clean", 1)
        assert orjson.loads(message.value() or b"") == {"text": text, "body": CLEAN}


def test_what_was_removed_goes_to_a_topic_of_its_own_and_undoes_the_cleaning(broker: Broker) -> None:
    topics = broker.topics("removed", removed={})
    raw, clean, removed = (f"{topics.name}.{role}" for role in ("raw", "clean", "removed"))
    texts: dict[bytes, str | list[str]] = {b"text": REPEATED, b"list": REPEATED.split("\n"), b"clean": CLEAN}
    broker.send(raw, [Sent(key, orjson.dumps({"text": text})) for key, text in texts.items()])
    with Worker(topics.settings(removed_topic=removed)) as worker:
        cleaned = {it.key(): orjson.loads(it.value() or b"")["text"] for it in broker.read(clean, 3)}
        records = {it.key(): it.value() or b"" for it in broker.read(removed, 2)}
        assert records.keys() == {b"text", b"list"}
        for key, value in records.items():
            assert original(value, cleaned[key]) == texts[key or b""]
            assert orjson.loads(value)["topic"] == raw
        assert worker.terminate() == 0, worker.log


def test_a_killed_worker_leaves_each_article_with_its_removals_once(real: Broker) -> None:
    topics = real.topics("removed", removed={})
    settings = topics.settings(removed_topic=f"{topics.name}.removed", instance_id="w")
    for first in (0, 4_500):  # so that the second one has something to do, however far the first one came
        real.send(f"{topics.name}.raw", articles(first, 4_500))
        with Worker(settings) as worker:
            until(lambda: worker.metric("article_stream_records_in_total") > 0, "the first records")
            worker.signal(signal.SIGKILL)
            worker.process.wait()
    with Worker(settings) as worker:
        until(lambda: real.committed(topics) == 9_000, "the rest")
        assert worker.terminate() == 0, worker.log
    clean = real.read(f"{topics.name}.clean")
    assert numbers(clean) == once(9_000)
    places = Counter(dict(headers_of(it))["article-stream.raw"] for it in clean)
    assert places_of(real.read(f"{topics.name}.removed")) == places


def places_of(removals: list[Message]) -> Counter[bytes]:
    """The places of the raw articles to which these removals belong, as the cleaned articles' headers give them."""
    values = [orjson.loads(it.value() or b"") for it in removals]
    return Counter(f"{it['topic']}/{it['partition']}/{it['offset']}".encode() for it in values)


def test_removals_too_large_for_their_topic_stay_away_and_the_article_does_not(real: Broker) -> None:
    topics = real.topics("removed", removed={"max.message.bytes": "200"})
    real.send(f"{topics.name}.raw", articles(0, 10))
    with Worker(topics.settings(removed_topic=f"{topics.name}.removed")) as worker:
        came = real.read(f"{topics.name}.clean", 10)
        assert numbers(came) == once(10)
        assert {dict(headers_of(it)).get("article-stream.removed") for it in came} == {b"too_large"}
        assert worker.terminate() == 0, worker.log
    assert real.read(f"{topics.name}.removed") == []
    assert real.read(f"{topics.name}.dead") == []


def test_rules_that_change_count_from_then_on_and_bad_ones_never(embedded: EmbeddedBroker, tmp_path: Path) -> None:
    rule = '[[rule]]\nid = "mine.end"\nkind = "end"\nmatch = "start"\nphrases = ["{0}"]\nexample = "{0}"\n'
    rules = tmp_path / "mine.toml"
    rules.write_text(rule.format("that was monday"), "utf-8")
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("reload")
    raw, clean = f"{topics.name}.raw", f"{topics.name}.clean"
    monday, tuesday = (Sent(b"k", orjson.dumps({"text": f"{CLEAN}\nThat was {day}"})) for day in ("Monday", "Tuesday"))

    def texts(count: int) -> list[str]:
        return [orjson.loads(message.value() or b"")["text"] for message in broker.read(clean, count)]

    with Worker(topics.settings(rules=rules)) as worker:
        broker.send(raw, [monday])
        assert texts(1) == [CLEAN]
        rules.write_text(rule.format("that was tuesday") + "kind = ", "utf-8")
        until(lambda: worker.metric('article_stream_rules_reloads_total{result="refused"}') == 1, "it to be refused")
        assert f"The changed rule files of STREAM_RULES are refused: {rules}: not a TOML file" in worker.log
        broker.send(raw, [monday])
        assert texts(2) == [CLEAN, CLEAN]
        rules.write_text(rule.format("that was tuesday"), "utf-8")
        until(lambda: worker.metric('article_stream_rules_reloads_total{result="loaded"}') == 1, "it to be loaded")
        broker.send(raw, [tuesday])
        assert texts(3) == [CLEAN, CLEAN, CLEAN]
        before, after = (dict(headers_of(broker.read(clean, 3)[at]))["article-stream.rules"] for at in (0, 2))
        assert before != after
        assert f'rules="{(after or b"").decode()}"' in worker.get("/metrics")[1].decode()
        assert "Traceback" not in worker.log
        assert worker.terminate() == 0, worker.log


@pytest.mark.parametrize("which", ["small", "tiny"])
def test_a_record_too_large_for_its_topic_is_a_dead_letter_and_its_neighbours_come_out(
    real: Broker, which: str
) -> None:
    small = {"max.message.bytes": "20000"}
    topics = real.topics("large", removed={}, clean=small, **({"dead": small} if which == "tiny" else {}))
    sent = articles(0, 30)
    noise = "".join(chr(0x4E00 + (n * n * 7919) % 20_000) for n in range(20_000))  # does not compress to a third
    for place in (7, 8, 20):
        sent[place] = Sent(b"large", orjson.dumps({"number": place, "text": noise}))
    real.send(f"{topics.name}.raw", sent)
    with Worker(topics.settings(removed_topic=f"{topics.name}.removed")) as worker:
        until(lambda: real.committed(topics) == 30, "all to be committed")
        clean, dead = real.read(f"{topics.name}.clean"), real.read(f"{topics.name}.dead")
        assert numbers(clean) == once(30) - Counter([7, 8, 20])
        places = Counter(dict(headers_of(it))["article-stream.raw"] for it in clean)
        assert places_of(real.read(f"{topics.name}.removed")) == places
        for message in dead:
            headers = dict(headers_of(message))
            assert headers["__streams.errors.exception"] == b"too_large"
            assert headers.get("article-stream.pointer") == (b"1" if which == "tiny" else None)
        if which == "small":
            assert [it.value() for it in dead] == [sent[place].value for place in (7, 8, 20)], "in order per key"
        else:
            assert [(it.key(), it.value()) for it in dead] == [(None, b"")] * 3
        until(lambda: worker.metric('article_stream_dead_letters_total{reason="too_large"}') == 3, "the count")
        assert worker.terminate() == 0, worker.log


def test_articles_that_do_not_compress_come_out_each_once_in_smaller_batches(real: Broker) -> None:
    topics = real.topics("noise", clean={"max.message.bytes": "200000"})
    pick = random.Random(7)  # noqa: S311 - the same noise each time
    noise = [b64encode(pick.randbytes(9000)).decode() for _ in range(100)]
    sent = [Sent(b"one", orjson.dumps({"number": number, "text": text})) for number, text in enumerate(noise)]
    real.send(f"{topics.name}.raw", sent)
    with Worker(topics.settings()) as worker:
        came = real.read(f"{topics.name}.clean", len(sent))
        assert [it.value() for it in came] == [it.value for it in sent]
        assert worker.metric('article_stream_commits_total{outcome="aborted"}') == 1, "a larger batch is tried once"
        assert worker.terminate() == 0, worker.log
    assert real.read(f"{topics.name}.dead") == []


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_records_that_their_topic_refuses_are_dead_letters_however_many_travel_together(
    real: Broker, delivery: str
) -> None:
    topics = real.topics("refused", clean={"cleanup.policy": "compact"})  # which refuses records without a key
    sent = [it._replace(key=b"%d" % number) for number, it in enumerate(articles(0, 1_500))]
    keyless = (3, 4)
    for place in keyless:
        sent[place] = sent[place]._replace(key=None)
    real.send(f"{topics.name}.raw", sent)
    with Worker(topics.settings(delivery=delivery, batch_max_records=1_500)) as worker:
        until(lambda: real.committed(topics) == len(sent), "all to be committed")
        clean, dead = numbers(real.read(f"{topics.name}.clean")), real.read(f"{topics.name}.dead")
        assert clean == once(len(sent)) - Counter(keyless)
        assert sorted(orjson.loads(it.value() or b"")["number"] for it in dead) == [*keyless]
        assert {dict(headers_of(it))["__streams.errors.exception"] for it in dead} == {b"rejected"}
        assert worker.terminate() == 0, worker.log
