"""Records in the shapes of other programs pass through a worker: only their text changes."""

from __future__ import annotations

import orjson
import pytest

from harness.commands import article_stream
from harness.fakes import BODY, REPEATED
from harness.processes import Worker
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import Broker, Sent, headers_of
from tests.ledger import Topics
from tests.shapes import SHAPES, Shape


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_only_the_text_changes(real: Broker, shape: Shape) -> None:
    topics = real.topics("shape")
    sent = [Sent(b"%d" % at, record.value, record.headers, 1 + at) for at, record in enumerate(shape.records)]
    real.send(f"{topics.name}.raw", sent)
    dead = sum(record.outcome == "dead" for record in shape.records)
    with Worker(topics.settings(**shape.settings)) as worker:
        came = real.read(f"{topics.name}.clean", len(sent) - dead) + real.read(f"{topics.name}.dead", dead)
        assert worker.terminate() == 0
        log = worker.log
    assert len(came) == len(sent)
    for message in came:
        record = shape.records[int(message.key() or b"")]
        assert message.value() == record.want
        assert headers_of(message)[: len(record.headers)] == record.headers
    counts = {name: sum(record.outcome == name for record in shape.records) for name in ("cleaned", "passed")}
    assert f"{counts['cleaned']} cleaned + " in log
    assert (f"{counts['passed']} passed + " in log) == (shape.settings.get("no_text") == "pass")


def checked(topics: Topics, **settings: str) -> str:
    answer = article_stream("check", settings=topics.settings(**settings))
    assert answer.code == 0, answer
    return next(line for line in answer.out.splitlines() if " records: " in line)


def test_check_says_whether_the_last_records_have_their_text_where_the_settings_say(broker: Broker) -> None:
    topics = broker.topics("check")
    assert checked(topics).endswith("holds no records to look at yet")
    whole = orjson.dumps({"payload": {"after": {"id": "7", "body": REPEATED}}})
    broker.send(f"{topics.name}.raw", [Sent(b"a", whole), Sent(b"b", whole), Sent(b"c", None)])
    assert "✓ records: the last 2 records can be cleaned" in checked(topics, text_field="/payload/after/body")
    wrong = checked(topics, text_field="/payload/after/bdy")
    assert "! records: of the last 2 records none can be cleaned: /payload/after has no field 'bdy'" in wrong
    assert wrong.endswith("a text is at /payload/after/body")
    broker.send(f"{topics.name}.raw", [Sent(b"d", orjson.dumps({"text": BODY}))])
    assert "! records: of the last 3 records 1 would become dead" in checked(topics, text_field="/payload/after/body")
    assert "2 of them without one go on" in checked(topics, text_field="text", no_text="pass")


def test_check_warns_where_no_record_has_the_text_although_all_may_go_on(embedded: EmbeddedBroker) -> None:
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("quiet")
    whole = orjson.dumps({"payload": {"body": REPEATED, "title": BODY}})
    broker.send(f"{topics.name}.raw", [Sent(b"a", whole), Sent(b"b", whole)])
    wrong = checked(topics, text_field="/payload/bdy", no_text="pass")
    assert wrong.endswith(
        "! records: of the last 2 records none has a text at /payload/bdy; a text is at /payload/body"
    )
    second = checked(topics, text_field="/payload/body,/payload/titel")
    assert "of the last 2 records none has a text at /payload/titel; a text is at /payload/title" in second
