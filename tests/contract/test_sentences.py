"""What a real Kafka refuses, and the sentence that the user reads: it names the cause and says what to do."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.commands import article_stream
from harness.kafka.server import Listener, RealKafka
from harness.processes import PATIENCE_S, Worker, free_port, until
from tests.brokers import Broker, Sent
from tests.ledger import article, expected

OAUTH, PLAIN, ELSEWHERE = "OAUTH", "PLAINLOGIN", "ELSEWHERE"
LOGIN_MODULE = "org.apache.kafka.common.security"
LISTENERS = [
    Listener(
        OAUTH,
        "SASL_PLAINTEXT",
        {
            "sasl.enabled.mechanisms": "OAUTHBEARER",
            "oauthbearer.sasl.jaas.config": f"{LOGIN_MODULE}.oauthbearer.OAuthBearerLoginModule required;",
        },
    ),
    Listener(
        PLAIN,
        "SASL_PLAINTEXT",
        {
            "sasl.enabled.mechanisms": "PLAIN",
            "plain.sasl.jaas.config": f'{LOGIN_MODULE}.plain.PlainLoginModule required user_ann="secret";',
        },
    ),
    Listener(ELSEWHERE, "PLAINTEXT", advertised="kafka.invalid:9092"),
]
EXPIRES_S = 2
WAITS_S = 10
"""For what is refused, but might pass: on a busy machine even the answer of this machine's provider takes a while."""
PROPERTIES = {
    "transactional.id.expiration.ms": str(1000 * EXPIRES_S),
    "transaction.remove.expired.transaction.cleanup.interval.ms": "200",
    "group.max.size": "2",
    "group.consumer.max.size": "2",
}
PROTOCOLS = ["classic", "consumer"]


class Provider(BaseHTTPRequestHandler):
    """An identity provider whose answer is chosen by the path."""

    def do_POST(self) -> None:
        """Answer as the path says."""
        self.rfile.read(int(self.headers["content-length"]))
        status, body = {
            "/good": (200, {"access_token": token("none")}),
            "/signed": (200, {"access_token": token("HS256")}),  # this broker accepts unsigned tokens only
            "/refuses": (401, {"error": "invalid_client", "error_description": "No such client."}),
            "/page": (200, "<html>Log in</html>"),
            "/broken": (500, {}),
        }[self.path]
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def token(algorithm: str) -> str:
    """Make a JSON Web Token that is valid for an hour."""
    now = int(time.time())
    parts = {"alg": algorithm}, {"sub": "ann", "iat": now, "exp": now + 3600}
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return f"{'.'.join(encoded)}.{'' if algorithm == 'none' else 'c2lnbmVk'}"


@dataclass
class Site:
    """A broker that soon forgets transactional ids and allows two members per group, and an identity provider."""

    kafka: RealKafka
    provider: str

    @property
    def broker(self) -> Broker:
        """The broker, for making topics and records."""
        return Broker("real", self.kafka.bootstrap_servers)

    def oauth(self, path: str, listener: str = OAUTH) -> dict[str, object]:
        """The settings of a login with the token that the provider gives at this path."""
        return {
            "bootstrap_servers": self.kafka.address(listener),
            "security_protocol": "sasl_plaintext",
            "sasl_mechanism": "OAUTHBEARER",
            "sasl_oauth_token_url": path if "://" in path else self.provider + path,
            "sasl_oauth_client_id": "ann",
            "sasl_oauth_client_secret": "hunter2-of-the-tests",
            "startup_timeout_s": WAITS_S,
        }


@pytest.fixture(scope="module")
def site(runs_kafka: None) -> Iterator[Site]:  # noqa: ARG001 - asked for its effect
    """Start both, once for all tests."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with RealKafka(properties=PROPERTIES, listeners=LISTENERS) as kafka:
            yield Site(kafka, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


def last_words(worker: Worker, code: int = 1) -> str:
    """Wait until the worker ends; return its last line, the error, after checking that no other line says the same."""
    assert worker.process.wait(PATIENCE_S) == code, worker.log
    assert "Traceback" not in worker.log
    lines = [line for line in worker.log.splitlines() if "error" in line or "critical" in line]
    assert len(lines) == 1, worker.log
    return lines[0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_expired_transactional_id_is_named_and_nothing_is_lost(site: Site, protocol: str) -> None:
    topics = site.broker.topics("expired")
    with Worker(topics.settings(group_protocol=protocol)) as worker:
        worker.wait_ready()
        site.broker.send(f"{topics.name}.raw", [Sent(b"k", article(0))])
        until(lambda: worker.metric("article_stream_records_in_total") == 1, "the first article")
        number = 1
        deadline = time.monotonic() + 3 * PATIENCE_S
        while "Starting a new session" not in worker.log and time.monotonic() < deadline:
            # Only using the id shows whether the broker has forgotten it; used too early, it is remembered as long
            # again.
            quiet_until(worker, EXPIRES_S + 1)
            site.broker.send(f"{topics.name}.raw", [Sent(b"k", article(number))])
            number += 1
            until(lambda: worker.metric("article_stream_records_in_total") == number, "the next article")  # noqa: B023
        # On a busy machine the next session's id may have expired as well before it is used.
        for said in until(lambda: [it for it in worker.log.splitlines() if "Starting a new session" in it], "it"):
            assert "Kafka had forgotten this worker's transactional id" in said
            assert "transactional.id.expiration.ms" in said
            assert "Failed to" not in said
        assert worker.terminate() == 0, worker.log
    came = [message.value() for message in site.broker.read(f"{topics.name}.clean")]
    assert came == [expected(article(each)) for each in range(number)]


def quiet_until(worker: Worker, seconds: float) -> None:
    """Let time pass for the broker while the worker runs."""
    began = time.monotonic()
    until(lambda: time.monotonic() - began > seconds or worker.process.poll() is not None, "the id to expire")


def test_of_two_static_members_of_the_classic_protocol_the_older_one_says_so(site: Site) -> None:
    settings = site.broker.topics("static").settings(instance_id="w-0")
    with Worker(settings) as older:
        older.wait_ready()
        with Worker(settings) as younger:
            said = last_words(older)
            assert "Another worker runs with the instance id 'w-0'" in said
            assert "Give every worker its own STREAM_INSTANCE_ID." in said
            assert younger.process.poll() is None


@pytest.mark.consumer_protocol
def test_of_two_static_members_of_the_consumer_protocol_the_younger_one_says_so_and_waits(site: Site) -> None:
    settings = site.broker.topics("static").settings(instance_id="w-0", group_protocol="consumer")
    with Worker(settings) as older:
        older.wait_ready()
        with Worker(settings) as younger:
            words = "already has a member with the instance id 'w-0': another worker runs with it"
            (said,) = until(lambda: [it for it in younger.problems() if words in it], "the sentence")
            assert "group.consumer.session.timeout.ms" in said
            assert "give every worker its own STREAM_INSTANCE_ID" in said
            assert "Fatal error" not in said
            until(older.ready, "the older one to be well")
            assert not younger.ready()
            assert younger.terminate() == 0, younger.log


FULL = "has as many members as the broker allows"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_group_that_is_full_is_named(site: Site, protocol: str) -> None:
    topics = site.broker.topics("full")
    settings = topics.settings(group_protocol=protocol)
    with Worker(settings) as first, Worker(settings) as second:
        first.wait_ready()
        second.wait_ready()
        with Worker(settings) as third:
            # Usually the third. With the classic protocol, if it comes while the two share out anew, it may take the
            # place of the one that has not joined again yet.
            every = (first, second, third)
            refused = until(lambda: next((it for it in every if FULL in it.log), None), "the sentence")
            if protocol == "consumer":
                said = last_words(refused)
            else:  # it waits until there is room for it, and says so
                said = until(
                    lambda: " ".join(it for worker in every for it in worker.problems() if FULL in it),
                    "a page to say so",
                )
            assert f"The group {topics.name} {FULL}" in said
            assert "Run fewer workers, or raise that limit." in said
            assert not [worker.log for worker in every if "Broker:" in worker.log]


@pytest.mark.parametrize(
    ("path", "says", "fix"),
    [
        ("/signed", "does not accept the token of the identity provider at {url}", "STREAM_SASL_OAUTH_SCOPE"),
        ("/refuses", "{url} gives ann no token: invalid_client: No such client.", "STREAM_SASL_OAUTH_CLIENT_SECRET"),
        ("/page", "the answer of the identity provider at {url} is not a token", "STREAM_SASL_OAUTH_TOKEN_URL"),
        pytest.param(
            "/broken",
            "The identity provider at {url} gave no token within 3 s",
            "STREAM_SASL_OAUTH_TOKEN_URL",
            marks=pytest.mark.slow,
        ),
        ("http://127.0.0.1:{port}/", "no answer from the identity provider at {url}", "reached from this machine"),
    ],
)
def test_a_token_that_is_refused_or_not_given_says_by_whom(site: Site, path: str, says: str, fix: str) -> None:
    login = site.oauth(path.format(port=free_port()))
    if path == "/broken":
        login["startup_timeout_s"] = 3  # whatever happens meanwhile, it says that it waited in vain
    answer = article_stream("check", settings=login)
    assert answer.code == 1
    said = answer.out.splitlines()[-1]
    assert said.startswith("✗ broker: ")
    assert says.format(url=login["sasl_oauth_token_url"]) in said
    assert fix in said
    assert "hunter2" not in answer.out + answer.err
    with Worker({**site.broker.topics("token").settings(), **login}) as worker:
        both = last_words(worker).removeprefix("error: "), said.removeprefix("✗ broker: ")
        assert len({re.sub(r"after \d+ ms", "", each) for each in both}) == 1, both


def test_a_token_that_is_taken_is_a_login(site: Site) -> None:
    topics = site.broker.topics("token")
    with Worker({**topics.settings(), **site.oauth("/good"), "startup_timeout_s": PATIENCE_S}) as worker:
        worker.wait_ready()
        assert worker.terminate() == 0, worker.log


@pytest.mark.parametrize(
    ("listener", "mechanism", "others"),
    [(OAUTH, "PLAIN", "OAUTHBEARER"), (PLAIN, "SCRAM-SHA-256", "PLAIN"), (PLAIN, "OAUTHBEARER", "PLAIN")],
)
def test_a_mechanism_that_the_broker_has_not_is_named_with_those_that_it_has(
    site: Site, listener: str, mechanism: str, others: str
) -> None:
    login = site.oauth("/good", listener) | {"sasl_mechanism": mechanism}
    answer = article_stream("check", settings={**login, "sasl_username": "ann", "sasl_password": "secret"})
    assert (
        f"does not accept logins by {mechanism}, only by {others}. Set STREAM_SASL_MECHANISM to one of these."
        in answer.out
    )


def test_a_name_that_the_broker_gives_itself_is_named(site: Site) -> None:
    topics = site.broker.topics("elsewhere")
    servers = site.kafka.address(ELSEWHERE)
    with Worker(topics.settings(bootstrap_servers=servers)) as worker:
        assert worker.process.wait(PATIENCE_S) == 1, worker.log
        said = worker.log.splitlines()[-1]
    assert "kafka.invalid" in said
    assert "advertised.listeners" in said
    assert "Broker transport failure" not in said


def test_a_transaction_timeout_that_the_broker_does_not_allow(site: Site) -> None:
    settings = site.broker.topics("timeout").settings(transaction_timeout_ms=10_000_000)
    answer = article_stream("check", settings=settings)
    assert "The broker does not allow a transaction timeout of 10000000 ms" in answer.out
    assert "transaction.max.timeout.ms" in answer.out


def test_more_copies_than_there_are_brokers(site: Site) -> None:
    settings = {"bootstrap_servers": site.kafka.bootstrap_servers, "input_topic": "copies.raw"}
    answer = article_stream("topics", "create", "--replication", 3, settings=settings)
    assert answer.code == 1
    assert "Give --replication a value of at most the number of brokers." in answer.err
    answer = article_stream("topics", "create", "--retention-hours", 1e15, settings=settings)
    assert answer.code == 1
    assert "retention" in answer.err
