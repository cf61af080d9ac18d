"""The ports and properties of a cluster's brokers."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
CONTROLLER, PLAIN = "CONTROLLER", "PLAINTEXT"
# Below the ports that the system hands out for outgoing connections (from 32768 on Linux): otherwise, while a broker is
# down, a client's own connection could take its port, or even connect to itself.
LOWEST_PORT, HIGHEST_PORT = 20_000, 32_000
# A broker takes seconds to bind its ports. Until then only this tells another thread that starts a cluster.
_given: set[int] = set()
# The other processes of a test run are not told, so each has ports of its own: those with its remainder.
PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")) + 1
REMAINDER = (int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1) % PROCESSES
# Hypothesis gives every process the same seed.
_pick = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Listener:
    """An additional listener of every broker, beside the plain one, for tests of TLS and SASL.

    ``properties`` are written as ``listener.name.<name>.<property>``, such as ``sasl.enabled.mechanisms``.
    ``advertised`` is the ``host:port`` that clients are told instead of the broker's own, for a proxy in front of it.
    """

    name: str
    protocol: str
    properties: Mapping[str, str] = field(default_factory=dict)
    advertised: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One broker, which is a controller as well: its id, and its ports by listener name."""

    node_id: int
    ports: Mapping[str, int]

    def address(self, listener: str) -> str:
        """Return ``host:port`` of a listener."""
        return f"{HOST}:{self.ports[listener]}"


def free_ports(count: int, lowest: int = LOWEST_PORT, highest: int = HIGHEST_PORT) -> list[int]:
    """Return that many ports on which nothing listens now, none of which this process was given before."""
    ports: set[int] = set()
    while len(ports) < count:
        port = _pick.randint(lowest, highest)
        if port in _given or port % PROCESSES != REMAINDER:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        ports.add(port)
    _given.update(ports)
    return list(ports)


def plan(brokers: int, listeners: Sequence[Listener]) -> list[Node]:
    """Choose free ports for a cluster of that many brokers."""
    names = [CONTROLLER, PLAIN, *(listener.name for listener in listeners)]
    ports = iter(free_ports(brokers * len(names)))
    return [Node(node_id, {name: next(ports) for name in names}) for node_id in range(1, brokers + 1)]


def server_properties(  # noqa: PLR0913 - what a broker is made of
    node: Node,
    cluster: Sequence[Node],
    data: Path | str,
    listeners: Sequence[Listener],
    overrides: Mapping[str, str],
    *,
    zookeeper: str = "",
) -> str:
    """Return the text of one broker's ``server.properties``; ``overrides`` win.

    ``zookeeper`` is the ``host:port`` of the ZooKeeper of a Kafka that needs one; otherwise every broker is a
    controller as well.
    """
    # Every broker is a controller as well: that saves a process, and three of them survive the loss of any one.
    copies = str(len(cluster))
    in_sync = str(min(2, len(cluster)))
    own = [name for name in node.ports if not (zookeeper and name == CONTROLLER)]
    public = [name for name in node.ports if name != CONTROLLER]
    told = {name: node.address(name) for name in public}
    told |= {each.name: each.advertised for each in listeners if each.advertised}
    protocols = {CONTROLLER: "PLAINTEXT", PLAIN: "PLAINTEXT"} | {each.name: each.protocol for each in listeners}
    properties = {
        "listeners": ",".join(f"{name}://{node.address(name)}" for name in own),
        "advertised.listeners": ",".join(f"{name}://{address}" for name, address in told.items()),
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "inter.broker.listener.name": PLAIN,
        "log.dirs": str(data),
        "log.retention.ms": "-1",  # tests send records with old timestamps, which must not be deleted meanwhile
        "auto.create.topics.enable": "false",
        "num.partitions": "4",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        "group.initial.rebalance.delay.ms": "0",
        # A killed broker can only register again when its old session has ended, after 9 s by default.
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "3000",
    }
    if zookeeper:
        properties |= {
            "broker.id": str(node.node_id),
            "zookeeper.connect": zookeeper,
            "zookeeper.session.timeout.ms": "9000",  # half of the default: one that was killed is forgotten sooner
        }
    else:
        properties |= {
            "process.roles": "broker,controller",
            "node.id": str(node.node_id),
            "controller.quorum.voters": ",".join(f"{each.node_id}@{each.address(CONTROLLER)}" for each in cluster),
            "controller.listener.names": CONTROLLER,
        }
    for listener in listeners:
        prefix = f"listener.name.{listener.name.lower()}"
        properties |= {f"{prefix}.{key}": value for key, value in listener.properties.items()}
    return "".join(f"{key}={value}\n" for key, value in (properties | dict(overrides)).items())
