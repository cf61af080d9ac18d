"""A right is revoked while the worker runs: it says so, loses nothing, and continues when it has the right again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import orjson
import pytest

from harness.processes import Worker, until
from tests.brokers import Broker, Sent
from tests.ledger import Topics, article, expected
from tests.security.acls import READ_GROUP, READ_INPUT, SEE_INPUT, USE_TRANSACTIONS, WRITE_OUTPUT, Right
from tests.security.guarded import GuardedKafka

# "reading": the topic may still be described, so the missing right shows only when it is read.
RIGHTS = {
    "output": WRITE_OUTPUT,
    "group": READ_GROUP,
    "input": READ_INPUT,
    "reading": READ_INPUT,
    "transactions": USE_TRANSACTIONS,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A worker for each right, side by side, because most of the time is spent waiting."""

    right: Right
    topics: Topics
    worker: Worker

    def took(self, records: int) -> bool:
        """Whether this many records are committed."""
        return self.worker.metric("article_stream_records_in_total") == records

    def says(self) -> bool:
        """Whether the worker is not ready and names what is forbidden."""
        status, body = self.worker.get("/health/ready")
        problems = orjson.loads(body)["problems"] if status == 503 else []
        resource = self.right.name(self.topics.settings())
        return any(resource in problem and "forbids" in problem for problem in problems)


def articles(first: int) -> list[Sent]:
    """Five articles, and a record that is none."""
    return [Sent(b"k", article(number)) for number in range(first, first + 5)] + [Sent(b"k", b"{%d" % first)]


@pytest.fixture(scope="module")
def cases(guarded: GuardedKafka) -> Iterator[dict[str, Case]]:
    """Revoke a right of each worker, send, wait until each says so, grant it again, wait until all is done."""
    admin = Broker("real", guarded.plain)
    with ExitStack() as stack:
        found: dict[str, Case] = {}
        for name, right in RIGHTS.items():
            topics = guarded.topics()
            guarded.grant(topics)
            found[name] = Case(right, topics, stack.enter_context(Worker(guarded.login(topics))))
            admin.send(f"{topics.name}.raw", articles(0))
        for name, case in found.items():
            until(partial(case.took, 6), "the first records")
            guarded.take(case.topics, case.right)
            if name == "reading":
                guarded.grant(case.topics, [SEE_INPUT])
            admin.send(f"{case.topics.name}.raw", articles(5))
        yield found


@pytest.mark.parametrize("name", RIGHTS)
def test_a_right_taken_away_is_named_and_nothing_is_lost(
    guarded: GuardedKafka, cases: dict[str, Case], name: str
) -> None:
    case = cases[name]
    until(case.says, "the health page to name what is forbidden")
    assert case.worker.process.poll() is None, case.worker.log
    guarded.grant(case.topics, [case.right])
    until(lambda: case.took(12), "the records that waited")
    until(case.worker.ready, "the worker to be ready again")
    assert case.worker.terminate() == 0, case.worker.log
    assert "Traceback" not in case.worker.log
    admin = Broker("real", guarded.plain)
    came = [message.value() for message in admin.read(f"{case.topics.name}.clean")]
    assert came == [expected(article(number)) for number in range(10)], "each once, in order"
    assert [message.value() for message in admin.read(f"{case.topics.name}.dead")] == [b"{0", b"{5"]
