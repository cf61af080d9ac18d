"""A right that is taken away while the worker runs: it says so, loses nothing, and goes on when the right is back."""

from __future__ import annotations

import orjson
import pytest

from tests.brokers import Broker, Sent
from tests.ledger import article, expected
from tests.processes import Worker, until
from tests.security.acls import READ_GROUP, READ_INPUT, WRITE_DEAD, WRITE_OUTPUT, Right
from tests.security.guarded import GuardedKafka

RECORDS_IN = "article_stream_records_in_total"


def articles(first: int, count: int) -> list[Sent]:
    """Give articles, and a record that is none."""
    return [Sent(b"k", article(number)) for number in range(first, first + count)] + [Sent(b"k", b"{%d" % first)]


@pytest.mark.parametrize(
    "right", [WRITE_OUTPUT, WRITE_DEAD, READ_GROUP, READ_INPUT], ids=["output", "dead-letters", "group", "input"]
)
def test_a_right_taken_away_is_named_and_nothing_is_lost(guarded: GuardedKafka, right: Right) -> None:
    topics = guarded.topics()
    guarded.grant(topics)
    settings = guarded.login(topics)
    admin = Broker("real", guarded.plain)

    def says() -> bool:
        status, body = worker.get("/health/ready")
        problems = orjson.loads(body)["problems"] if status == 503 else []
        return any(right.name(settings) in problem and "forbids" in problem for problem in problems)

    with Worker(settings) as worker:
        worker.wait_ready()
        admin.send(f"{topics.name}.raw", articles(0, 5))
        until(lambda: worker.metric(RECORDS_IN) == 6, "the first records")
        guarded.take(topics, right)
        admin.send(f"{topics.name}.raw", articles(5, 5))
        until(says, "the health page to name what is forbidden")
        assert worker.process.poll() is None, worker.log
        guarded.grant(topics, [right])
        until(lambda: worker.metric(RECORDS_IN) == 12, "the records that waited")
        until(worker.ready, "the worker to be ready again")
        assert worker.terminate() == 0, worker.log
        assert "Traceback" not in worker.log
    came = [message.value() for message in admin.read(f"{topics.name}.clean")]
    assert came == [expected(article(number)) for number in range(10)], "each once, in order"
    assert [message.value() for message in admin.read(f"{topics.name}.dead")] == [b"{0", b"{5"]
