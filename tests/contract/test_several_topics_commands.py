"""The commands with several input topics."""

from __future__ import annotations

from pathlib import Path

import orjson

from harness.commands import article_stream, one_sentence
from harness.fakes import CLEAN, REPEATED
from harness.processes import Worker, until
from tests.brokers import Broker, Sent, headers_of
from tests.contract.test_commands import lines
from tests.contract.test_several_topics import make, settings
from tests.ledger import fresh_name


def test_create_makes_the_outputs_and_check_looks_at_all(real: Broker) -> None:
    name = fresh_name("several")
    it = settings(real, name, f"{name}.en,{name}.de", f"{name}.clean.{{topic}}")
    outputs = [f"{name}.clean.{name}.en", f"{name}.clean.{name}.de"]
    none = lines(article_stream("check", settings=it), code=1)
    assert f"✗ input topic: None of the input topics {name}.en and {name}.de exists." in "\n".join(none)
    made = lines(article_stream("topics", "create", "--partitions", 2, settings=it))
    assert made == [
        f"✓ {topic}: created, with 2 partitions" for topic in (f"{name}.en", f"{name}.de", *outputs, f"{name}.dead")
    ]
    good = lines(article_stream("check", settings=it))
    assert {line[0] for line in good} == {"✓"}
    assert [line[2:].split(":")[0] for line in good].count("input topic") == 2
    more = it | {"input_topic": f"{name}.en,{name}.de,{name}.fr"}
    warned = lines(article_stream("check", settings=more))
    assert f"! input topic: {name}.fr does not exist; it will be read once it does." in warned


def test_with_a_pattern_the_outputs_of_what_there_is_are_made(real: Broker) -> None:
    name = fresh_name("several")
    it = settings(real, name, rf"^{name}\.(..)$", "clean.{topic}")
    none = lines(article_stream("check", settings=it), code=1)
    assert f"No topic matches ^{name}" in "\n".join(none)
    make(real, f"{name}.en")
    made = lines(article_stream("topics", "create", "--partitions", 4, settings=it))
    assert made == [
        f"· {name}.en: exists already, with 4 partitions",
        f"✓ clean.{name}.en: created, with 4 partitions",
        f"✓ {name}.dead: created, with 4 partitions",
    ]
    assert {line[0] for line in lines(article_stream("check", settings=it))} == {"✓"}


def test_what_would_feed_itself_by_what_is_on_the_cluster_is_refused_at_the_start(real: Broker) -> None:
    name = fresh_name("several")
    make(real, f"{name}.x", f"{name}.x.y", f"{name}.dead")
    it = settings(real, name, rf"^{name}\.x.*$", "{topic}.y") | {"http_port": 0}
    answer = article_stream("worker", settings=it)
    assert answer.code == 2, answer
    assert f"{name}.x cannot be read: its output topic {name}.x.y is an input topic, too" in answer.err
    assert f"✗ input topic: {name}.x cannot be read" in article_stream("check", settings=it).out


def test_letters_go_back_to_the_topic_they_came_from(real: Broker, tmp_path: Path) -> None:
    name = fresh_name("several")
    en, de, fr = f"{name}.en", f"{name}.de", f"{name}.fr"
    make(real, en, de, fr, f"{name}.clean", f"{name}.dead")
    it = settings(real, name, f"{en},{de},{fr}", f"{name}.clean")
    for topic in (en, de, fr):
        real.send(topic, [Sent(topic.encode(), orjson.dumps({"body": REPEATED}))])
    with Worker(it) as worker:
        real.read(f"{name}.dead", 3)
        until(lambda: worker.metric("article_stream_records_in_total") == 3, "the letters to be counted")
        assert worker.terminate() == 0, worker.log
    repaired = it | {"input_topic": f"{en},{de}", "text_field": "body"}
    dry = lines(article_stream("dead-letters", "replay", "--dry-run", settings=repaired))
    assert dry[-1] == f"2 dead letters would be sent back from {name}.dead to the topics they came from."
    assert any(f"refused: its topic {fr} is not an input topic" in line for line in dry)
    assert "2 dead letters sent back" in lines(article_stream("dead-letters", "replay", settings=repaired))[-1]
    for topic, count in ((en, 2), (de, 2), (fr, 1)):
        assert [it.key() for it in real.read(topic, count)] == [topic.encode()] * count
    with Worker(repaired) as worker:
        came = real.read(f"{name}.clean", 2)
        assert worker.terminate() == 0, worker.log
    assert {dict(headers_of(it))["article-stream.topic"] for it in came} == {en.encode(), de.encode()}
    assert {orjson.loads(it.value() or b"")["body"] for it in came} == {CLEAN}
    file = tmp_path / "a.txt"
    file.write_text(REPEATED, "utf-8")
    sent = lines(article_stream("send", file, "--topic", de, settings=repaired))
    assert sent == [f"1 article sent to {de} and acknowledged."]
    assert "Name one with --topic." in one_sentence(article_stream("send", file, settings=repaired), 1)
    assert "which is not an input topic" in one_sentence(
        article_stream("send", file, "--topic", fr, settings=repaired), 1
    )
