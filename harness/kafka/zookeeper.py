"""ZooKeeper, which keeps the cluster's state for a Kafka of before 3.3."""

from __future__ import annotations

from pathlib import Path

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
            "admin.enableServer": "false",  # it would listen on a port of its own
            "maxClientCnxns": "0",
        }
        text = "".join(f"{key}={value}\n" for key, value in properties.items())
        super().__init__(jars, folder, text, JVM_OPTIONS, main=MAIN)
