"""The clusters on which the scenarios are played."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue

from harness.kafka.server import Listener, RealKafka
from tests.chaos.proxy import Proxy

# Tests use a session timeout that is shorter than brokers allow by default. With the consumer protocol it is a setting
# of the broker.
PROPERTIES = {
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "6000",
    "group.consumer.min.heartbeat.interval.ms": "500",
    "group.consumer.heartbeat.interval.ms": "1000",
    "log.cleaner.backoff.ms": "500",  # how often it is looked for something to compact
}
PROXIES = 7  # the first one is for scenarios that play alone; the others are lent out


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster that may be harmed; if it has one broker, with proxies in front of it."""

    kafka: RealKafka
    proxies: tuple[Proxy, ...]
    _spare: SimpleQueue[Proxy] = field(default_factory=SimpleQueue)

    def __post_init__(self) -> None:
        """Prepare to lend all proxies but the first."""
        for proxy in self.proxies[1:]:
            self._spare.put(proxy)

    @property
    def proxy(self) -> Proxy:
        """The first proxy, which only one scenario at a time may use."""
        return self.proxies[0]

    @contextmanager
    def spare_proxy(self) -> Iterator[Proxy]:
        """Borrow a proxy that nobody else uses; waits until one is free."""
        proxy = self._spare.get()
        try:
            yield proxy
        finally:
            self._spare.put(proxy)

    @property
    def servers(self) -> str:
        """Its bootstrap servers, without a proxy."""
        return self.kafka.bootstrap_servers


@contextmanager
def site(brokers: int) -> Iterator[Site]:
    """Start a cluster; it ends with the block."""
    proxies = {f"PROXIED{number}": Proxy() for number in range(PROXIES if brokers == 1 else 0)}
    listeners = [Listener(name, "PLAINTEXT", advertised=proxy.address) for name, proxy in proxies.items()]
    try:
        with RealKafka(brokers, PROPERTIES, listeners=listeners) as kafka:
            for name, proxy in proxies.items():
                proxy.target = kafka.address(name)
            yield Site(kafka, tuple(proxies.values()))
    finally:
        for proxy in proxies.values():
            proxy.close()
