"""The worker in a container: the runtime's variables, a read-only file system, a user without a name or home, IPv6."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from harness.commands import article_stream, one_sentence
from harness.fakes import BODY
from harness.processes import PATIENCE_S, Worker, free_port, until
from stream.config.loading import load
from stream.core.rules import builtin
from stream.kafka.embedded import EmbeddedBroker
from stream.worker.app import create_app
from tests.brokers import Broker, Sent

# As with `docker run --user 12345 --read-only --tmpfs /tmp`: nothing outside /tmp and /dev can be written, the user id
# has no name, and there is no home.
IN_A_CONTAINER = """
import os, pwd, sys, tempfile

def nobody(*_):
    raise KeyError("uid not found: 12345")

pwd.getpwuid = pwd.getpwnam = nobody
os.environ.pop("HOME", None)
ALLOWED = (tempfile.gettempdir() + "/", "/dev/")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC

def read_only(event, arguments):
    if event == "open":
        path, _, flags = arguments
        if not isinstance(path, int) and flags & WRITES and not os.fsdecode(path).startswith(ALLOWED):
            raise OSError(30, "Read-only file system", path)
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"):
        if not os.fsdecode(arguments[0]).startswith(ALLOWED):
            raise OSError(30, "Read-only file system", arguments[0])

sys.dont_write_bytecode = True
sys.addaudithook(read_only)
sys.argv = ["article-stream", "worker"]
from stream.cli import main
main()
"""
LINKS = {
    "http_port": "tcp://10.0.35.2:6066",
    "service_host": "10.0.35.2",
    "service_port": "6066",
    "port_6066_tcp": "tcp://10.0.35.2:6066",
}


def has_ipv6() -> bool:
    """Whether this machine can connect to itself by IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_a_worker_needs_no_disk_no_home_and_no_user_of_a_name(broker: Broker) -> None:
    topics = broker.topics("container")
    delivery = "exactly_once" if broker.real else "at_least_once"
    with Worker(topics.settings(delivery=delivery, instance_id=""), python=("-c", IN_A_CONTAINER)) as worker:
        worker.wait_ready()
        broker.send(f"{topics.name}.raw", [Sent(b"k", b'{"text":"%b"}' % BODY.encode())])
        until(lambda: worker.metric("article_stream_records_in_total") == 1, "the article")
        assert worker.terminate() == 0, worker.log
        assert "Traceback" not in worker.log


def test_links_of_a_service_named_stream_are_passed_over_in_kubernetes(
    embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    settings = Broker("embedded", embedded.bootstrap_servers).topics("links").settings(delivery="at_least_once")
    port = free_port()
    python = ("-m", "stream", "worker", "--http-port", str(port))
    with Worker({**settings, **LINKS}, python=python) as worker:
        worker.port = port
        worker.wait_ready()
        assert worker.terminate() == 0, worker.log


@pytest.mark.parametrize("link", LINKS)
def test_without_kubernetes_the_variable_is_named(link: str) -> None:
    said = one_sentence(article_stream("worker", settings={link: LINKS[link]}), 2)
    assert f"STREAM_{link.upper()}" in said
    assert "unset it, or rename the service" in said


def test_ipv6_addresses_are_shown_whole_and_asked_for() -> None:
    servers = "[fd00::5]:9092,[::1]:9093"
    answer = article_stream("settings", settings={"bootstrap_servers": servers})
    (shown,) = [text for text in answer.out.splitlines() if text.startswith("STREAM_BOOTSTRAP_SERVERS")]
    assert servers in shown
    address = f"[::1]:{free_port()}"
    answer = article_stream("check", settings={"bootstrap_servers": address, "startup_timeout_s": 0.5})
    assert answer.code == 1
    assert f"✗ broker: No answer from Kafka at {address} while connecting" in answer.out


@pytest.mark.parametrize("servers", ["[fd00::5]:9092,[::1]:9093", "[fe80::1%eth0]:9092", "kafka", "my_kafka:9092"])
async def test_the_app_takes_every_address_that_is_one(servers: str) -> None:
    settings = load({"bootstrap_servers": servers, "http_host": "::1"}, environ={})
    app = create_app(settings, rules=builtin(), largest_bytes=1_000_000)
    said = app.engine.describe()
    assert f"on {servers} as" in said
    assert "http://[::1]:6066" in said


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_the_pages_may_be_on_an_ipv6_address(embedded: EmbeddedBroker) -> None:
    topics = Broker("embedded", embedded.bootstrap_servers).topics("six")
    with Worker(topics.settings(delivery="at_least_once", http_host="::1")) as worker:
        until(lambda: "Partitions assigned" in worker.log or worker.process.poll() is not None, "the worker")
        with urllib.request.urlopen(f"http://[::1]:{worker.port}/health/live", timeout=PATIENCE_S) as answer:
            assert answer.status == 200
        assert worker.terminate() == 0, worker.log
