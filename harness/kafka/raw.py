"""Raw Produce requests, for records that no client lets through: header names that are not UTF-8, any timestamp."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka.admin import AdminClient

from harness.kafka.errors import KafkaServerError

# The last version without variable-length fields. Kafka 4 takes it, and so does librdkafka's mock cluster.
PRODUCE, VERSION = 0, 7
PATIENCE_S = 60.0
NOT_YET = (3, 6)  # error codes: unknown topic or partition, not the leader
CASTAGNOLI = 0x82F63B78


class RawRecord(NamedTuple):
    """A record as bytes. ``timestamp_ms``: any number, -1 for none."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[bytes, bytes | None]] = ()
    timestamp_ms: int = -1


def produce(bootstrap_servers: str, topic: str, records: Sequence[RawRecord], partition: int = 0) -> int:
    """Publish each record in a batch of its own; return the offset of the first one.

    Raises:
        KafkaServerError: the broker refuses one.
    """
    admin, deadline = AdminClient({"bootstrap.servers": bootstrap_servers}), time.monotonic() + PATIENCE_S
    while True:  # a topic that was just created may have no leader yet
        known = admin.list_topics(topic, timeout=PATIENCE_S)
        found = known.topics[topic].partitions.get(partition)
        if found is not None and found.leader in known.brokers:
            break
        if time.monotonic() > deadline:
            msg = f"{topic} [{partition}] has no leader"
            raise KafkaServerError(msg)
        time.sleep(0.05)
    leader = known.brokers[found.leader]
    with socket.create_connection((leader.host, leader.port), PATIENCE_S) as connection:
        return min(_produced(connection, topic, partition, batch(record)) for record in records)


def _produced(connection: socket.socket, topic: str, partition: int, batch: bytes) -> int:
    """Send one batch, again and again until the broker knows that it leads the partition; return the batch's offset."""
    head = struct.pack(">hhi", PRODUCE, VERSION, 1) + _string(b"raw")
    body = struct.pack(">hhii", -1, -1, int(PATIENCE_S * 1000), 1) + _string(topic.encode())
    request = head + body + struct.pack(">iii", 1, partition, len(batch)) + batch
    deadline = time.monotonic() + PATIENCE_S
    while True:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = _read(connection, struct.unpack(">i", _read(connection, 4))[0])
        error, offset = struct.unpack_from(">hq", answer, 4 + 4 + 2 + len(topic) + 4 + 4)
        if not error:
            return int(offset)
        if error not in NOT_YET or time.monotonic() > deadline:
            msg = f"{topic} [{partition}] refuses the record with error {error}"
            raise KafkaServerError(msg)


def batch(record: RawRecord) -> bytes:
    """Return a batch with one record, in the record format of version 2."""
    headers = _varint(len(record.headers)) + b"".join(_bytes(name) + _bytes(value) for name, value in record.headers)
    fields = b"\0" + _varint(0) + _varint(0) + _bytes(record.key) + _bytes(record.value) + headers
    # Attributes, last offset delta, first and last timestamp, producer id, epoch and sequence (none), record count.
    rest = struct.pack(">hiqqqhii", 0, 0, record.timestamp_ms, record.timestamp_ms, -1, -1, -1, 1)
    rest += _varint(len(fields)) + fields
    return struct.pack(">qiibI", 0, len(rest) + 9, -1, 2, crc32c(rest)) + rest


def crc32c(data: bytes) -> int:
    """Return the CRC-32C checksum of the data, which a batch carries."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (CASTAGNOLI if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _string(text: bytes) -> bytes:
    return struct.pack(">h", len(text)) + text


def _bytes(value: bytes | None) -> bytes:
    return _varint(-1) if value is None else _varint(len(value)) + value


def _varint(number: int) -> bytes:
    """Encode a number as record format 2 does: zigzag, then seven bits per byte."""
    left = number << 1 if number >= 0 else ~(number << 1)
    made = bytearray()
    while left > 127:
        made.append(left & 127 | 128)
        left >>= 7
    made.append(left)
    return bytes(made)


def _read(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = connection.recv(count - len(found))
        if not piece:
            msg = "the broker closes the connection at a raw request"
            raise KafkaServerError(msg)
        found += piece
    return found
