"""Whether the brokers know the consumer protocol (KIP-848).

Where they do not, the client joins no group, reports no error and tries again for ever. It has no call that says which
requests a broker knows, but its log lists them with `debug=feature`. Where that cannot be read, nothing is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from confluent_kafka.admin import AdminClient

from stream.config.settings import Settings
from stream.errors import SettingsError
from stream.kafka import client
from stream.kafka.cluster import ANSWER_S

# Such as `APIVERSION […]: sasl_ssl://kafka:9093/1:   ApiKey ConsumerGroupHeartbeat (68) Versions 0..1`.
_BEGINS = re.compile(r" (?:\w+://)?(?P<broker>[^\s/]+)/\w+: Broker API support:$")
_HEARTBEAT = re.compile(
    r" (?:\w+://)?(?P<broker>[^\s/]+)/\w+: +ApiKey ConsumerGroupHeartbeat \(68\) .*\.\.(?P<last>\d+)$"
)
WANTED = 1
"""The version of that request which the client sends; Kafka 3.7 to 3.9 know version 0, a preview."""


class _Lines:
    """Takes the place of a logger, and keeps its lines."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def log(self, _level: int, line: str, *parts: object) -> None:
        """One line more."""
        self.kept.append(line % parts)


def require_consumer_protocol(settings: Settings) -> None:
    """Raises `SettingsError` if the settings ask for the consumer protocol and a broker does not know it."""
    if settings.group_protocol != "consumer":
        return
    lines = _Lines()
    admin = AdminClient(client.common(settings) | {"debug": "feature", "logger": lines})
    with client.explained(settings, doing="asking which requests it knows"):
        admin.list_topics(timeout=ANSWER_S)
    admin.poll(0)  # hands over what was logged
    if broker := broker_without_it(lines.kept):
        msg = f"STREAM_GROUP_PROTOCOL=consumer needs Kafka 4.0 or later, but the broker {broker} is older."
        raise SettingsError(msg, fix="Use STREAM_GROUP_PROTOCOL=classic.")


def broker_without_it(lines: Iterable[str]) -> str:
    """The address of a broker that lists the requests it knows, without this one; empty if there is none."""
    known: dict[str, int] = {}
    for line in lines:
        if begins := _BEGINS.search(line):
            known.setdefault(begins["broker"], -1)
        elif heartbeat := _HEARTBEAT.search(line):
            known[heartbeat["broker"]] = int(heartbeat["last"])
    return next((broker for broker, last in known.items() if last < WANTED), "")
