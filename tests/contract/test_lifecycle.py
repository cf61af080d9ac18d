"""A worker's life: stops, restarts, company, other formats, Faust's own command."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from stream.kafka.embedded import EmbeddedBroker
from stream.provenance import original
from tests.brokers import Broker, Sent, headers_of
from tests.fakes import CLEAN, REPEATED
from tests.ledger import article, expected, fresh_name
from tests.processes import PATIENCE_S, Worker, free_port, until

RECORDS_IN = "article_stream_records_in_total"


def articles(first: int, count: int) -> list[Sent]:
    return [Sent(b"a%d" % number, article(number)) for number in range(first, first + count)]


def numbers(messages: list[Message]) -> Counter[int]:
    for message in messages:
        number = orjson.loads(message.value() or b"")["number"]
        assert message.value() == expected(article(number))
    return Counter(orjson.loads(message.value() or b"")["number"] for message in messages)


def once(count: int) -> Counter[int]:
    return Counter(range(count))


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_a_restarted_worker_goes_on_where_it_stopped(broker: Broker, delivery: str) -> None:
    if not broker.real and delivery == "exactly_once":
        pytest.skip("the embedded broker forgets offsets that were committed in a transaction")
    topics = broker.topics("restart")
    settings = topics.settings(delivery=delivery)
    broker.send(f"{topics.name}.raw", articles(0, 100))
    with Worker(settings) as worker:
        until(lambda: worker.metric(RECORDS_IN) == 100, "the first 100")
        assert worker.terminate() == 0, worker.log
        assert "100 records in = 100 cleaned" in worker.log
    assert broker.committed(topics) == 100
    broker.send(f"{topics.name}.raw", articles(100, 50))
    with Worker(settings) as worker:
        until(lambda: worker.metric(RECORDS_IN) >= 50, "the next 50")
        assert worker.terminate() == 0, worker.log
        assert "50 records in = 50 cleaned" in worker.log
    assert numbers(broker.read(f"{topics.name}.clean")) == once(150)


@pytest.mark.parametrize("ends", ["aborted", "committed"])
def test_offsets_in_a_transaction_that_nobody_ends_are_waited_for_and_said(real: Broker, ends: str) -> None:
    topics = real.topics("open")
    raw, servers = f"{topics.name}.raw", {"bootstrap.servers": real.bootstrap_servers}
    real.send(raw, articles(0, 20))
    group = Consumer(servers | {"group.id": topics.name})
    other = Producer(servers | {"transactional.id": fresh_name("other")})
    other.init_transactions(PATIENCE_S)
    other.begin_transaction()
    offsets = [TopicPartition(raw, number, 1) for number in range(4)]
    other.send_offsets_to_transaction(offsets, group.consumer_group_metadata(), PATIENCE_S)
    group.close()
    with Worker(topics.settings()) as worker:
        said = f"Kafka has not ended a transaction that holds committed offsets of the group {topics.name}."
        until(lambda: said in worker.get("/health/ready")[1].decode(), "it to be said")
        assert not worker.ready()
        if ends == "aborted":
            other.abort_transaction(PATIENCE_S)
        else:
            other.commit_transaction(PATIENCE_S)
        worker.wait_ready()
        skipped = 0 if ends == "aborted" else 4
        until(lambda: worker.metric(RECORDS_IN) == 20 - skipped, "the rest")
        assert real.committed(topics) == 20
        assert len(numbers(real.read(f"{topics.name}.clean"))) == 20 - skipped
        assert worker.terminate() == 0, worker.log


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_a_stop_under_load_commits_what_is_under_way_and_no_more(real: Broker, delivery: str) -> None:
    topics = real.topics("drain")
    settings = topics.settings(delivery=delivery)
    real.send(f"{topics.name}.raw", articles(0, 12_000))
    with Worker(settings) as worker:
        until(lambda: worker.metric(RECORDS_IN) > 0, "the first records")
        assert worker.terminate() == 0, worker.log
    published = real.read(f"{topics.name}.clean")
    assert real.committed(topics) == len(published), "what is published is committed, and the other way about"
    with Worker(settings) as worker:
        until(lambda: real.committed(topics) == 12_000, "the rest")
        assert worker.terminate() == 0, worker.log
    assert numbers(real.read(f"{topics.name}.clean")) == once(12_000)


def test_a_second_worker_takes_its_share_and_gives_it_back_and_nothing_comes_twice(real: Broker) -> None:
    topics = real.topics("company")
    with Worker(topics.settings()) as first:
        first.wait_ready()
        real.send(f"{topics.name}.raw", articles(0, 2000))
        with Worker(topics.settings()) as second:
            until(lambda: len(second.partitions()) == 2 and len(first.partitions()) == 2, "two partitions each")
            assert not set(first.partitions()) & set(second.partitions())
            real.send(f"{topics.name}.raw", articles(2000, 2000))
            until(lambda: real.committed(topics) == 4000, "all of the 4,000 committed")
            assert second.metric(RECORDS_IN) > 0
            assert second.terminate() == 0, second.log
        until(lambda: len(first.partitions()) == 4, "the first worker to have all again")
        real.send(f"{topics.name}.raw", articles(4000, 500))
        until(lambda: real.committed(topics) == 4500, "the last 500")
        assert first.terminate() == 0, first.log
    assert numbers(real.read(f"{topics.name}.clean")) == once(4500)


def test_two_workers_share_the_embedded_broker(embedded: EmbeddedBroker) -> None:
    """No promise of each once here: the embedded broker does not fence."""
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("company")
    with Worker(topics.settings()) as first, Worker(topics.settings()) as second:
        until(lambda: len(second.partitions()) == 2 and len(first.partitions()) == 2, "two partitions each")
        broker.send(f"{topics.name}.raw", articles(0, 200))
        assert set(numbers(broker.read(f"{topics.name}.clean", 200))) == set(range(200))


def test_two_workers_with_the_same_name_do_not_fight_for_ever(real: Broker) -> None:
    topics = real.topics("namesake")
    with Worker(topics.settings(instance_id="w")) as first:
        first.wait_ready()
        with Worker(topics.settings(instance_id="w")) as second:
            until(lambda: first.process.poll() is not None, "the first to be fenced")
            assert first.process.returncode == 1
            assert "Give every worker its own STREAM_INSTANCE_ID" in first.log
            assert "Traceback" not in first.log
            second.wait_ready()


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
        assert f"STREAM_RULES changed, and is refused: {rules}: not a TOML file" in worker.log
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


def test_fausts_own_command_runs_the_same_worker(broker: Broker) -> None:
    topics = broker.topics("faust")
    broker.send(f"{topics.name}.raw", articles(0, 20))
    command = ("-m", "faust", "-A", "stream.app", "worker", "--without-web")
    with Worker(topics.settings(http_port=0), command=command) as worker:
        assert numbers(broker.read(f"{topics.name}.clean", 20)) == once(20)
        assert worker.terminate() == 0, worker.log
        assert "20 records in = 20 cleaned" in worker.log


def test_ctrl_c_is_as_good_as_sigterm(real: Broker) -> None:
    topics = real.topics("ctrl-c")
    real.send(f"{topics.name}.raw", articles(0, 5))
    with Worker(topics.settings()) as worker:
        until(lambda: worker.metric(RECORDS_IN) == 5, "the records")
        worker.signal(signal.SIGINT)
        assert worker.process.wait(60) == 0, worker.log
        assert "5 records in = 5 cleaned" in worker.log
        assert "Traceback" not in worker.log


def test_a_worker_without_a_broker_ends_with_one_sentence() -> None:
    settings = {"bootstrap_servers": f"127.0.0.1:{free_port()}", "startup_timeout_s": 1}
    with Worker(settings) as worker:
        assert worker.process.wait(60) == 1
        (line,) = [line for line in worker.log.splitlines() if line.startswith("error: ")]
        assert line.startswith("error: No answer from Kafka at 127.0.0.1:")
        assert "Traceback" not in worker.log
        assert line.endswith("Is it running, and is STREAM_BOOTSTRAP_SERVERS right?")


def test_a_worker_without_its_topic_ends_with_one_sentence(real: Broker) -> None:
    topics = real.topics("missing")
    with Worker({**topics.settings(), "output_topic": f"{topics.name}.none"}) as worker:
        assert worker.process.wait(60) == 1
        want = f"error: The topic {topics.name}.none does not exist. `article-stream topics create` makes it."
        assert worker.log.splitlines() == [want]


def test_a_port_that_is_taken_is_said_before_anything_starts(embedded: EmbeddedBroker) -> None:
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("port")
    with Worker(topics.settings()) as worker:
        worker.wait_ready()
        with Worker(topics.settings(http_port=worker.port)) as second:
            assert second.process.wait(60) == 2
            assert "STREAM_HTTP_PORT" in second.log
            assert len(second.log.splitlines()) == 1


@pytest.mark.parametrize("which", ["small", "tiny"])
def test_a_record_too_large_for_its_topic_is_a_dead_letter_and_its_neighbours_come_out(
    real: Broker, which: str
) -> None:
    small = {"max.message.bytes": "20000"}
    topics = real.topics("large", clean=small, **({"dead": small} if which == "tiny" else {}))
    sent = articles(0, 30)
    noise = "".join(chr(0x4E00 + (n * n * 7919) % 20_000) for n in range(20_000))  # does not compress to a third
    for place in (7, 8, 20):
        sent[place] = Sent(b"large", orjson.dumps({"number": place, "text": noise}))
    real.send(f"{topics.name}.raw", sent)
    with Worker(topics.settings()) as worker:
        until(lambda: real.committed(topics) == 30, "all to be committed")
        clean, dead = real.read(f"{topics.name}.clean"), real.read(f"{topics.name}.dead")
        assert numbers(clean) == once(30) - Counter([7, 8, 20])
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
