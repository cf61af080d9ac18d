"""The commands that talk to Kafka."""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from pathlib import Path

import orjson
import pytest

from harness.commands import Answer, article_stream, one_sentence, without_waiting
from harness.fakes import BODY, CLEAN, PROCESSOR, REPEATED, FakeRecord
from harness.processes import PATIENCE_S, Worker, until
from stream.demo.run import records
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import Broker, Sent, headers_of
from tests.ledger import Topics, fresh_name


def settings(broker: Broker, **more: object) -> dict[str, object]:
    """Settings whose topics do not exist yet."""
    return Topics(broker.bootstrap_servers, fresh_name("commands")).settings(**more)


def lines(answer: Answer, code: int = 0) -> list[str]:
    assert answer.code == code, answer
    assert without_waiting(answer.err) == []
    return answer.out.splitlines()


def test_topics_are_made_once_and_then_left_alone(real: Broker) -> None:
    it = settings(real)
    names = [it[role] for role in ("input_topic", "output_topic", "dead_letter_topic")]
    first = article_stream("topics", "create", "--partitions", 3, "--retention-hours", 1, settings=it)
    assert lines(first) == [f"✓ {name}: created, with 3 partitions" for name in names]
    second = article_stream("topics", "create", "--partitions", 5, settings=it)
    differ = [f"! {name}: exists already, but has 3 partitions instead of 5" for name in names]
    assert lines(second) == [*differ, "3 topics differ from what you asked for. Existing topics are never changed."]
    third = article_stream("topics", "create", "--partitions", 3, "--retention-hours", 2, settings=it)
    assert lines(third)[0] == f"! {names[0]}: exists already, but has a retention of 1 hour instead of 2 hours"
    same = article_stream("topics", "create", "--partitions", 3, "--retention-hours", 1, settings=it)
    assert lines(same) == [f"· {name}: exists already, with 3 partitions" for name in names]


def test_check_says_what_is_missing_and_how_to_mend_it(real: Broker) -> None:
    it = settings(real)
    missing = lines(article_stream("check", settings=it), code=1)
    assert (
        f"✗ output topic: The topic {it['output_topic']} does not exist. `article-stream topics create` creates it."
        in missing
    )
    assert "Traceback" not in "\n".join(missing)
    article_stream("topics", "create", settings=it)
    good = lines(article_stream("check", settings=it))
    assert {line[0] for line in good} == {"✓"}
    assert [line[2:].split(":")[0] for line in good] == [
        *("settings", "rules", "core", "traces", "broker", "input topic", "output topic", "dead letter topic"),
        *("consumer group", "transactions", "records"),
    ]
    without = lines(article_stream("check", settings={**it, "delivery": "at_least_once"}))
    assert not [line for line in without if "transactions" in line]


def test_check_on_the_embedded_broker(embedded: EmbeddedBroker) -> None:
    broker = Broker("embedded", embedded.bootstrap_servers)
    good = lines(article_stream("check", settings=broker.topics().settings()))
    assert {line[0] for line in good} == {"✓"}
    assert any("embedded broker" in line for line in good)


def test_send_publishes_every_article_with_its_key(broker: Broker, tmp_path: Path) -> None:
    topics = broker.topics("send")
    (tmp_path / "a.txt").write_text("A text.\n", "utf-8")
    (tmp_path / "b.json").write_bytes(b' {"id": "b", "n": 1.0, "text": "x"}\n')
    (tmp_path / "c.jsonl").write_bytes(b'{"id":7,"text":"x"}\n\n{"text":"y"}\nno json\n')
    answer = article_stream("send", *sorted(tmp_path.iterdir()), settings=topics.settings())
    assert lines(answer) == [f"5 articles sent to {topics.name}.raw and acknowledged."]
    came = {(it.key(), it.value()) for it in broker.read(f"{topics.name}.raw", 5)}
    assert came == {
        (b"a.txt", b'{"id":"a.txt","text":"A text.\\n"}'),
        (b"b", b'{"id": "b", "n": 1.0, "text": "x"}'),
        (b"7", b'{"id":7,"text":"x"}'),
        (None, b'{"text":"y"}'),
        (None, b"no json"),
    }


def test_send_names_what_can_not_be_sent_and_sends_the_rest(broker: Broker, tmp_path: Path) -> None:
    topics = broker.topics("send")
    bad = [tmp_path / f"a{number:02}.txt" for number in range(12)]
    for path in bad:
        path.write_bytes(b"\xff")
    (tmp_path / "b.txt").write_bytes(b"good")
    answer = article_stream("send", *sorted(tmp_path.iterdir()), settings=topics.settings())
    assert answer.code == 1
    assert answer.out == f"1 article sent to {topics.name}.raw and acknowledged.\n"
    *named, error = without_waiting(answer.err)
    assert [line.partition(": ")[0] for line in named] == list(map(str, bad))
    assert error.startswith(f"error: 12 articles did not reach {topics.name}.raw. Correct the problems listed above")


def test_a_text_file_is_sent_as_it_is_where_the_input_is_text(broker: Broker, tmp_path: Path) -> None:
    topics = broker.topics("send")
    (tmp_path / "a.txt").write_bytes(b"A text.\n")
    article_stream("send", tmp_path / "a.txt", settings=topics.settings(input_format="text"))
    (came,) = broker.read(f"{topics.name}.raw", 1)
    assert (came.key(), came.value()) == (b"a.txt", b"A text.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_sample_articles_flow_until_they_are_stopped(broker: Broker, number: signal.Signals) -> None:
    topics = broker.topics("sample")
    with Worker(topics.settings(), name="send --sample --rate 1000") as sending:
        came = broker.read(f"{topics.name}.raw", 200)
        sending.signal(number)
        assert sending.process.wait(PATIENCE_S) == 0, sending.log
        told = sending.log
    sent = len(broker.read(f"{topics.name}.raw"))
    assert without_waiting(told) == [f"{sent} articles sent to {topics.name}.raw and acknowledged."]
    keys = {it.key() for it in came}
    assert len(keys) == len(came)
    became = Counter(PROCESSOR.process(FakeRecord(it.value())).name for it in came)
    assert {"cleaned", "unchanged"} <= set(became)
    assert became["dead"] < len(came) / 20


def test_sending_what_a_pipe_gives_ends_at_the_first_ctrl_c(broker: Broker, tmp_path: Path) -> None:
    """It waits for the next article then, for as long as nobody writes one."""
    topics, pipe = broker.topics("pipe"), tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    writing = os.open(pipe, os.O_RDWR)
    try:
        os.write(writing, b"{}\n" * 3)
        with Worker(topics.settings(), name=f"send {pipe}") as sending:
            broker.read(f"{topics.name}.raw", 3)
            sending.signal(signal.SIGINT)
            assert sending.process.wait(PATIENCE_S) == 130, sending.log
            assert without_waiting(sending.log) == [f"3 articles sent to {topics.name}.raw and acknowledged."]
    finally:
        os.close(writing)


def test_files_may_be_sent_at_a_rate(broker: Broker, tmp_path: Path) -> None:
    topics = broker.topics("rate")
    (tmp_path / "a.jsonl").write_bytes(b"{}\n" * 6)
    answer = article_stream("send", "--rate", 100, tmp_path / "a.jsonl", settings=topics.settings())
    assert lines(answer) == [f"6 articles sent to {topics.name}.raw and acknowledged."]


@pytest.mark.parametrize("given", [(), ("--sample", "a.jsonl")], ids=["nothing", "both"])
def test_send_wants_files_or_sample_articles(given: tuple[str, ...]) -> None:
    answer = article_stream("send", *given, settings={})
    assert answer.code == 2
    assert answer.err.rstrip().endswith("Name files, or use --sample.")


def test_a_rate_that_is_no_number_is_said() -> None:
    answer = article_stream("send", "--sample", "--rate", "nan", settings={})
    assert answer.code == 2
    assert answer.err.splitlines()[-1].endswith("no number of articles a second. Give one from 0.1 to 1000.")


def test_send_to_a_topic_that_is_not_there(broker: Broker, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x", "utf-8")
    said = one_sentence(article_stream("send", path, settings=settings(broker)), 1)
    assert said.endswith("does not exist. `article-stream topics create` creates it.")


def test_dead_letters_are_listed_and_shown(broker: Broker) -> None:
    topics = broker.topics("letters")
    it = topics.settings()
    assert "0 dead letters" in lines(article_stream("dead-letters", "list", settings=it))[-1]
    poison = [
        Sent(b"p", b"[bold]not json[/] \xc3\xa9", [("source", b"example.org")]),
        Sent(b"p", b'{"id":1}'),
        Sent(b"p", b"\xff\x00"),
    ]
    broker.send(f"{topics.name}.raw", poison)
    with Worker(it) as worker:
        dead = broker.read(f"{topics.name}.dead", 3)
        assert worker.terminate() == 0, worker.log
    rows = [json.loads(line) for line in lines(article_stream("dead-letters", "list", "--json", settings=it))]
    assert [row["reason"] for row in rows] == ["not_json", "no_text", "not_utf8"]
    assert [row["from_offset"] for row in rows] == sorted(row["from_offset"] for row in rows)
    assert {row["from_topic"] for row in rows} == {f"{topics.name}.raw"}
    assert rows[0]["preview"] == "[bold]not json[/] é"

    listed = lines(article_stream("dead-letters", "list", settings=it))
    assert "3 dead letters: 1 no_text, 1 not_json, 1 not_utf8." in listed
    assert any("[bold]not json[/] é" in line for line in listed)
    some = lines(article_stream("dead-letters", "list", "--json", "--reason", "no_text", settings=it))
    assert [json.loads(line)["reason"] for line in some] == ["no_text"]
    for command in (("list",), ("replay", "--dry-run")):
        mistyped = article_stream("dead-letters", *command, "--reason", "not_jsno", settings=it)
        assert mistyped.code == 1
        assert "No remaining dead letter has the reason not_jsno. The reasons that the worker gives are" in mistyped.err

    place = f"{dead[0].partition()}:{dead[0].offset()}"
    shown = article_stream("dead-letters", "show", place, settings=it)
    for part in ("not_json", "[bold]not json[/] é", "source = example.org", f"{topics.name}.raw"):
        assert part in "\n".join(lines(shown))
    raw = article_stream("dead-letters", "show", "--raw", place, settings=it)
    assert raw.out == "[bold]not json[/] é"


@pytest.mark.parametrize(
    ("place", "says"), [("0:999", "has no record at 0:999"), ("99:0", "has no record"), ("x", "is not")]
)
def test_a_dead_letter_that_is_not_there_is_one_sentence(broker: Broker, place: str, says: str) -> None:
    answer = article_stream("dead-letters", "show", place, settings=broker.topics("none").settings())
    assert says in one_sentence(answer, 1)


def test_what_send_publishes_a_worker_cleans(real: Broker, tmp_path: Path) -> None:
    topics = real.topics("whole")
    path = tmp_path / "article.txt"
    path.write_text(REPEATED, "utf-8")
    article_stream("send", path, settings=topics.settings())
    with Worker(topics.settings()) as worker:
        (message,) = real.read(f"{topics.name}.clean", 1)
        assert orjson.loads(message.value() or b"") == {"id": "article.txt", "text": CLEAN}
        assert ("article-stream.repeats", b"1") in headers_of(message)
        assert worker.terminate() == 0, worker.log
    assert BODY in CLEAN


def test_the_demo_ends_by_itself_with_totals_that_add_up() -> None:
    answer = article_stream("demo", "--all", settings={"input_topic": "of-somebody-else"})
    assert answer.code == 0, answer
    total = answer.out.splitlines()[-1]
    count, rest = total.split(" in = ")
    parts = {name: int(number) for number, name in map(str.split, rest.split("  ")[0].split(" + "))}
    assert int(count) == sum(parts.values()) == len(records()) + 1  # the fourth article of the site
    assert parts["dead"] == 1
    assert "tombstone, passed on" in answer.out
    assert "[repeats line " in answer.out
    assert "[footer: " in answer.out
    assert "Traceback" not in answer.err


def test_the_demo_shows_three_articles_and_a_summary_by_reason() -> None:
    answer = article_stream("demo")
    assert answer.code == 0, answer
    *_, total, more = answer.out.splitlines()
    assert total.startswith("27 in = ")
    assert "--all" in more
    shown, summary = answer.out.split("Removed from all articles:")
    assert len(re.findall(r"^\S.* · ", shown, re.MULTILINE)) == 4
    assert "[footer: site, 3 of 3 articles]" in shown
    for reason, words in (
        ("repeats line", "repeated paragraphs"),
        ("footer: ", "footer lines"),
        ("junk: ", "junk lines"),
    ):
        assert f"[{reason}" in shown
        assert re.search(rf"^ +[1-9]\d*  {words}", summary, re.MULTILINE)


def test_a_demo_that_serves_lets_articles_flow_until_it_is_told_to_end() -> None:
    with Worker({}, python=("-m", "stream", "demo", "--serve")) as served:
        until(lambda: "The live page: http://" in served.log, "the page's address")
        assert "Ctrl-C ends both" not in served.log, "it is told at once"
        until(lambda: "Ctrl-C ends both" in served.log, "the demo to serve")
        assert "Waiting until" in served.log, "it says what it waits for"
        served.port = int(re.findall(r":(\d+)/metrics", served.log)[0])
        assert served.get("/health/live")[0] == 200
        before = served.metric("article_stream_records_in_total")
        until(lambda: served.metric("article_stream_records_in_total") > before + 1, "articles to flow")
        served.terminate()
        assert served.get("/health/live")[0] == 0, "nobody listens any more"
