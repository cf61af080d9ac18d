"""ZooKeeper, which keeps the cluster's state for a Kafka of before 3.3."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from harness.kafka.errors import KafkaServerError
from harness.kafka.process import BrokerProcess
from harness.kafka.properties import HOST, free_ports

JVM_OPTIONS = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:-UsePerfData")
MAIN = ("org.apache.zookeeper.server.ZooKeeperServerMain", "server.properties")


class ZooKeeper(BrokerProcess):
    """One server, to be started before the brokers, which wait for it themselves."""

    def __init__(self, jars: Path, folder: Path) -> None:
        """Choose its port and prepare its folder; nothing runs yet."""
        port = free_ports(1)[0]
        self.address = f"{HOST}:{port}"
        properties = {
            "clientPort": str(port),
            "clientPortAddress": HOST,
            "dataDir": str(folder / "data"),
            "4lw.commands.whitelist": "dump",
            "admin.enableServer": "false",  # it would listen on a port of its own
            "maxClientCnxns": "0",
        }
        text = "".join(f"{key}={value}\n" for key, value in properties.items())
        super().__init__(jars, folder, text, JVM_OPTIONS, main=MAIN)

    def forget(self, broker: int, deadline: float) -> None:
        """Wait until the session of a broker that was killed is over: one that starts before it ends at once.

        Raises:
            KafkaServerError: ``deadline`` (monotonic seconds) passed.
        """
        while f"/brokers/ids/{broker}\n" in self._dump():
            if time.monotonic() > deadline:
                msg = f"ZooKeeper at {self.address} did not forget broker {broker} in time"
                raise KafkaServerError(msg)
            time.sleep(0.1)

    def _dump(self) -> str:
        """The sessions, and the nodes that end with them."""
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port)), 10) as connection:
            connection.sendall(b"dump")
            return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()
