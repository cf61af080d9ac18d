"""Whatever Kafka refuses at the start, the worker ends with one sentence that says what to change, as `check` does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from harness.commands import without_waiting
from harness.processes import Worker
from tests.security.acls import (
    LEAST_PRIVILEGE,
    READ_GROUP,
    READ_INPUT,
    USE_TRANSACTIONS,
    WRITE_DEAD,
    WRITE_OUTPUT,
    Right,
)
from tests.security.guarded import PASSWORD, GuardedKafka

IN_TIME_S = 120.0
A_WHILE = 10  # seconds to wait where Kafka might still be starting
Settings = dict[str, Any]


def refused(settings: Settings, *commands: str) -> list[str]:
    """Run commands side by side that must fail at once and in plain words; return what each one said."""
    settings = {"startup_timeout_s": IN_TIME_S} | settings
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(settings, name=name)) for name in commands]
        for worker in workers:
            assert worker.process.wait(IN_TIME_S) == 1, worker.log
        said = [worker.log for worker in workers]
    for each in said:
        assert "Traceback" not in each
        assert PASSWORD not in each
    return said


def sentence(said: str) -> str:
    """Return the only line but for the one which says that it waits."""
    (line,) = without_waiting(said)
    return line


@pytest.mark.parametrize(
    ("missing", "operation"),
    [(READ_INPUT, "READ"), (READ_GROUP, "READ"), (WRITE_OUTPUT, "WRITE"), (WRITE_DEAD, "WRITE")],
    ids=["input", "group", "output", "dead-letters"],
)
def test_each_missing_right_is_named_with_its_resource(guarded: GuardedKafka, missing: Right, operation: str) -> None:
    topics = guarded.topics()
    guarded.grant(topics, [right for right in LEAST_PRIVILEGE if right is not missing])
    settings = guarded.login(topics)
    resource = f"the {missing.resource} {missing.name(settings)}"
    wanted = f"Kafka forbids {operation} on {resource}. Grant it."
    worker, check = refused(settings, "worker", "check")
    assert sentence(worker) == f"error: {wanted}"
    said = check.splitlines()
    assert any(line.startswith("✗ ") and line.endswith(wanted) for line in said), said
    assert "✓ transactions" in said[-1], "it goes on asking"


def test_a_missing_right_to_transactions_is_named(guarded: GuardedKafka) -> None:
    topics = guarded.topics()
    guarded.grant(topics, [right for right in LEAST_PRIVILEGE if right is not USE_TRANSACTIONS])
    settings = guarded.login(topics)
    fix = f"Grant WRITE and DESCRIBE on the transactional ids that begin with {topics.name}."
    worker, check = refused(settings, "worker", "check")
    assert sentence(worker).endswith(fix)
    said = without_waiting(check)
    assert [line[0] for line in said] == [*"✓✓✓✓✓✓✓✓✓✗"]
    assert said[-1].startswith("✗ transactions: ")
    assert said[-1].endswith(fix)


def wrong_password(kafka: GuardedKafka) -> Settings:
    return kafka.login(kafka.topics(), sasl_password="wrong")  # noqa: S106 - it is


def wrong_password_plain(kafka: GuardedKafka) -> Settings:
    return kafka.login(kafka.topics(), "PLAIN", sasl_password="wrong")  # noqa: S106 - it is


def untrusted(kafka: GuardedKafka) -> Settings:
    return kafka.login(kafka.topics(), ssl_ca=kafka.stranger.certificate)


def no_certificate(kafka: GuardedKafka) -> Settings:
    settings = kafka.mutual(kafka.topics())
    return {name: value for name, value in settings.items() if name not in ("ssl_certificate", "ssl_key")}


def certificate_of_a_stranger(kafka: GuardedKafka) -> Settings:
    strange = kafka.stranger.client("cleaner")
    return kafka.mutual(kafka.topics(), ssl_certificate=strange.certificate, ssl_key=strange.key)


def tls_to_a_plain_port(kafka: GuardedKafka) -> Settings:
    return kafka.mutual(kafka.topics(), bootstrap_servers=kafka.plain, startup_timeout_s=A_WHILE)


def plain_to_a_tls_port(kafka: GuardedKafka) -> Settings:
    topics = kafka.topics()
    servers = kafka.mutual(topics)["bootstrap_servers"]
    return topics.settings(bootstrap_servers=servers, startup_timeout_s=A_WHILE)


def no_login(kafka: GuardedKafka) -> Settings:
    topics = kafka.topics()
    servers = kafka.login(topics)["bootstrap_servers"]
    return kafka.mutual(topics, bootstrap_servers=servers, startup_timeout_s=A_WHILE)


@pytest.mark.parametrize(
    ("how", "says", "fix"),
    [
        (wrong_password, "does not accept the user name or the password", "STREAM_SASL_PASSWORD"),
        (wrong_password_plain, "does not accept the user name or the password", "STREAM_SASL_PASSWORD"),
        (untrusted, "is not trusted", "STREAM_SSL_CA"),
        (no_certificate, "does not accept the worker's certificate, or requires one", "STREAM_SSL_CERTIFICATE"),
        (certificate_of_a_stranger, "does not accept the worker's certificate", "STREAM_SSL_CERTIFICATE"),
        (tls_to_a_plain_port, "does not speak TLS", "STREAM_SECURITY_PROTOCOL"),
        (plain_to_a_tls_port, "closes the connection", "STREAM_SECURITY_PROTOCOL=plaintext"),
        (no_login, "closes the connection", "STREAM_SECURITY_PROTOCOL=ssl"),
    ],
)
def test_a_refused_connection_says_what_to_set(
    guarded: GuardedKafka, how: Callable[[GuardedKafka], Settings], says: str, fix: str
) -> None:
    settings = how(guarded)
    worker, check = refused(settings, "worker", "check")
    line = sentence(worker)
    assert line.startswith("error: ")
    assert str(settings["bootstrap_servers"]) in line
    assert says in line
    assert fix in line
    last = check.splitlines()[-1]
    assert last == line.replace("error:", "✗ broker:"), "check says the same, and asks no further"
