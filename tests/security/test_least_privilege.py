"""A worker with only the documented rights does all its work, however it authenticates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.processes import Worker, until
from tests.brokers import Broker, Sent
from tests.ledger import article, expected
from tests.security.acls import LEAST_PRIVILEGE
from tests.security.certificates import KEY_PASSWORD, lock
from tests.security.guarded import PASSWORD, USER, GuardedKafka

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
DEAD = b"{"


def test_the_documented_rights_are_those_that_the_tests_grant() -> None:
    if not OPERATIONS.exists():
        pytest.skip("the documentation is not beside this checkout")
    (block,) = re.findall(r"^acls\(\).*?^```", OPERATIONS.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for line in block.splitlines() if line.startswith("acls -")]
    assert lines == [right.line() for right in LEAST_PRIVILEGE]


@pytest.mark.parametrize("how", ["SCRAM-SHA-512", "PLAIN", "mutual TLS", "mutual TLS, key with a password"])
def test_a_worker_with_least_privilege_cleans_and_writes_dead_letters(guarded: GuardedKafka, how: str) -> None:
    topics = guarded.topics()
    if how.startswith("mutual"):
        guarded.grant(topics, principal=f"User:CN={USER}")
        settings = guarded.mutual(topics)
        if how.endswith("password"):
            settings |= {"ssl_key": lock(guarded.client), "ssl_key_password": KEY_PASSWORD}
    else:
        guarded.grant(topics)
        settings = guarded.login(topics, how)
    admin = Broker("real", guarded.plain)
    admin.send(f"{topics.name}.raw", [Sent(b"k", article(number)) for number in range(20)] + [Sent(b"k", DEAD)])
    with Worker(settings) as worker:
        until(
            lambda: worker.metric("article_stream_records_in_total") == 21 or worker.process.poll() is not None,
            "all records",
        )
        assert worker.terminate() == 0, worker.log
        assert PASSWORD not in worker.log
        assert KEY_PASSWORD not in worker.log
    cleaned = [message.value() for message in admin.read(f"{topics.name}.clean")]
    assert cleaned == [expected(article(number)) for number in range(20)]
    assert [message.value() for message in admin.read(f"{topics.name}.dead")] == [DEAD]
