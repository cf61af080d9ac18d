"""Sending dead letters back: what another run does meanwhile, and how much one holds at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer

from harness.processes import until
from stream.cli.rule_files import load_rules
from stream.config.loading import load
from stream.errors import KafkaUnavailable
from stream.kafka import redriving
from stream.kafka.newest import QUEUE_KB
from stream.kafka.redriving import Candidate, Redrive
from stream.observe.letters import summary
from stream.records.dead_letters import letter_headers
from stream.records.process import Processor
from stream.records.redrive import Selection
from tests.articles import articles
from tests.brokers import Broker, Sent, headers_of
from tests.ledger import Topics

MANY_DIGITS = b"9" * 4301  # more than `int()` takes


@contextmanager
def redrive(topics: Topics, **more: object) -> Iterator[Redrive]:
    """Give a run over all letters."""
    settings = load(topics.settings(**more), environ={})
    processor = Processor.for_settings(settings, settings.input_format, load_rules(settings))
    found: list[Redrive] = []

    def connected() -> bool:
        with suppress(KafkaUnavailable):  # a Kafka that has just started has no coordinators yet
            found.append(Redrive(settings, processor, Selection(), most_rounds=3, failing=False))
        return bool(found)

    until(connected, "the coordinator of the group")
    (made,) = found
    try:
        yield made
    finally:
        made.close()


def doing_before(monkeypatch: pytest.MonkeyPatch, run: Redrive, name: str, first: Callable[..., None]) -> None:
    """Have `first` called before each call of a method of the run, with the same arguments."""
    method = getattr(run, name)

    def called(*arguments: Any) -> None:
        first(*arguments)
        method(*arguments)

    monkeypatch.setattr(run, name, called)


def came(broker: Broker, topics: Topics, at_least: int) -> Counter[int]:
    """Count the numbers of the articles that are in the input topic."""
    return Counter(orjson.loads(it.value() or b"")["number"] for it in broker.read(f"{topics.name}.raw", at_least))


def test_what_another_run_sends_back_before_this_one_begins_does_not_go_twice(real: Broker) -> None:
    topics = real.topics("two")
    real.send(f"{topics.name}.dead", articles(0, 20))
    with redrive(topics) as late, redrive(topics) as early:
        early.run()
        assert early.tally.sent == 20
        late.run()
        assert (late.tally.sent, late.tally.verdicts, late.some_before) == (0, Counter(), True)
    assert came(real, topics, 20) == Counter(range(20))


def test_what_another_run_sends_back_while_this_one_begins_anew_does_not_go_twice(
    real: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins anew after a refusal: the input topic takes no record without a key."""
    topics = real.topics("anew", raw={"cleanup.policy": "compact"})
    good = articles(0, 4)
    real.send(f"{topics.name}.dead", [*good[:2], Sent(None, good[0].value), *good[2:]])
    with redrive(topics) as this, redrive(topics) as other:
        begun = []

        def meanwhile() -> None:
            begun.append(1)
            if len(begun) == 2:
                other.run()

        doing_before(monkeypatch, this, "_begin", meanwhile)
        this.run()
        assert (other.tally.sent, this.tally.sent, this.some_before) == (4, 0, True)
        ((verdict, count),) = this.tally.verdicts.items()
        assert verdict.startswith(f"refused: {topics.name}.raw does not accept")
        assert count == 1
    assert came(real, topics, 4) == Counter(range(4))


def test_a_run_holds_no_more_bytes_than_a_transaction_takes(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    topics = broker.topics("large")
    large = orjson.dumps({"text": "The ferry runs all winter. " * 4_000})  # 108 kB
    broker.send(f"{topics.name}.dead", [Sent(b"%d" % number, large) for number in range(24)])
    until(lambda: len(broker.read(f"{topics.name}.dead")) == 24, "the letters")
    configs: list[dict[str, Any]] = []

    def consumer(config: dict[str, Any]) -> Consumer:
        configs.append(config)
        return Consumer(config)

    monkeypatch.setattr(redriving, "Consumer", consumer)
    batches: list[int] = []

    def note(batch: list[Candidate]) -> None:
        batches.append(len(batch))

    with redrive(topics, batch_max_bytes=500_000, fetch_buffer_bytes=100_000_000) as run:
        doing_before(monkeypatch, run, "_commit", note)
        run.run()
        assert run.tally.sent == 24
    assert batches == [5, 5, 5, 5, 4]
    assert [config["queued.max.messages.kbytes"] for config in configs] == [QUEUE_KB]
    assert len(broker.read(f"{topics.name}.raw", 24)) == 24


def test_a_header_that_says_no_number_does_not_keep_letters_from_going_back(broker: Broker) -> None:
    topics = broker.topics("digits")
    (good,) = articles(0, 1)
    name = f"{topics.name}.raw"
    foreign = {"__streams.errors.partition": MANY_DIGITS, "__streams.errors.offset": b"9" * 20}
    why = [(header, foreign.get(header, value)) for header, value in letter_headers("no_text", "", name, 0, 0)]
    own = [("article-stream.redriven", MANY_DIGITS)]
    broker.send(
        f"{topics.name}.dead", [Sent(b"k", good.value, [*own, *why, ("article-stream.timestamp", MANY_DIGITS)])]
    )
    until(lambda: len(broker.read(f"{topics.name}.dead")) == 1, "the letter")
    (letter,) = broker.read(f"{topics.name}.dead")
    row = orjson.loads(orjson.dumps(summary(letter, headers_of(letter))))
    assert (row["from_partition"], row["from_offset"]) == (-1, -1)
    with redrive(topics) as dry:
        assert [it.verdict for it in dry.candidates()] == ["succeeds"]
    with redrive(topics) as run:
        run.run()
        assert run.tally.sent == 1
    (again,) = broker.read(name, 1)
    assert again.headers() == [("article-stream.redriven", b"1")]
