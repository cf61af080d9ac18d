"""The clusters that the scenarios play on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.proxy import Proxy
from tests.kafka_server import Listener, RealKafka

# Tests use a session timeout that is shorter than what a broker allows unasked.
PROPERTIES = {"group.min.session.timeout.ms": "1000"}


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster that may be harmed, and, where it is one broker, a proxy before it."""

    kafka: RealKafka
    proxy: Proxy

    @property
    def servers(self) -> str:
        """Where it answers, past the proxy."""
        return self.kafka.bootstrap_servers


@contextmanager
def site(brokers: int) -> Iterator[Site]:
    """Start a cluster; it ends with the block."""
    proxy = Proxy()
    listeners = [Listener("PROXIED", "PLAINTEXT", advertised=proxy.address)] if brokers == 1 else []
    try:
        with RealKafka(brokers, PROPERTIES, listeners=listeners) as kafka:
            if listeners:
                proxy.target = kafka.address("PROXIED")
            yield Site(kafka, proxy)
    finally:
        proxy.close()
