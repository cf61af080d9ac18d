"""`python -m tests.fuzz_frames --seconds 600`: hostile Avro and Protobuf values, for as long as one likes.

Values of a few schemas are mutated at random: bytes are changed, cut out, doubled, and made into numbers that are
large, negative or never end. Nothing may raise, take long, or come out as something else than a refusal or a text that
can be replaced and read again. The same seed gives the same values.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter

from stream.config.paths import path_of, paths_of
from stream.records.schemas import SchemaFormat, format_of
from stream.records.shape import Shape, Undecodable
from tests.schema_values import unharmed

AVRO = {
    "type": "record", "name": "Article", "fields": [
        {"name": "id", "type": "long"},
        {"name": "nulls", "type": {"type": "array", "items": "null"}},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 4}},
        {"name": "text", "type": ["null", "string"]},
        {"name": "parts", "type": {"type": "array", "items": {"type": "record", "name": "Part", "fields": [
            {"name": "text", "type": ["null", "string", "int"]}, {"name": "score", "type": "double"},
        ]}}},
        {"name": "more", "type": {"type": "map", "values": ["string", {"type": "array", "items": "string"}]}},
        {"name": "next", "type": ["null", "Article"]},
    ],
}  # fmt: skip
ALONE = b"\2" + b"\x06\0" + b"hash" + b"\2\4ab" + b"\2\2\2a" + b"8bytesof" + b"\1\x16\0" + b"8bytesof" + b"\0\0"
AVRO_VALUES = [
    ALONE + b"\2\2k\0\2v\0" + b"\0",
    ALONE + b"\1\x12\2k\2\3\4\2a\0\0" + b"\2" + ALONE + b"\0\0",
    ALONE + b"\0" + b"\2" + ALONE + b"\0" + b"\2" + ALONE + b"\0\0",
]
PROTOBUF = """
syntax = "proto2";
message Article {
  optional int64 id = 1; optional string text = 2; repeated Part parts = 3; map<string, Part> more = 4;
  oneof body { string plain = 5; Part rich = 6; } optional Article next = 7;
  repeated fixed32 packed = 8 [packed = true];
  optional group Meta = 9 { optional string text = 1; }
  message Part { optional string text = 1; optional double score = 2; repeated string lines = 3; }
}
"""
PART = b"\x0a\1a\x11" + b"8bytesof" + b"\x1a\1l"
BODY = b"\x08\1\x12\2ab" + b"\x1a" + bytes([len(PART)]) + PART + b"\x1a\2\x1a\0" + b"\x22\x07\x0a\1k\x12\2\x0a\0"
PROTOBUF_VALUES = [
    b"\0" + BODY + b"\x2a\1p\x32\3\x0a\1r" + b"\x42\x04four" + b"\x4b\x0a\1m\x4c",
    b"\0" + b"\x3a" + bytes([len(BODY)]) + BODY + b"\x4b\x53\x54\x4c",
    b"\2\0" + BODY + BODY + b"\xfa\xff\xff\xff\x07\0",
    b"\4\0\0" + PART,
]
NUMBERS = [
    b"\xff" * 9 + b"\1",
    b"\xff" * 11,
    b"\x80" * 9 + b"\0",
    b"\1",
    b"\xfe\xff\xff\xff\x0f",
    b"\x80\x80\x80\x80\x10",
]
LONGEST_S = 5
PATHS = {
    "AVRO": [
        "text", "/parts/*/text", "/parts/1/text", "/more/k",
        "/next/text,/next/next/text", "text,/parts/*/text,/more/k/0",
    ],
    "PROTOBUF": [
        "text", "/parts/*/text", "/parts/1/text", "/more/k/text", "/plain,/rich/text", "/next/text,/meta/text",
        "/parts/0/lines",
    ],
}  # fmt: skip


def main() -> None:
    """Fuzz, and count what became of the values."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_frames", description="Hostile values, for a while.")
    parser.add_argument("--seconds", type=float, default=60, help="for so long (60)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    arguments = parser.parse_args()
    ends, pick, number = time.monotonic() + arguments.seconds, random.Random(arguments.seed), 0  # noqa: S311
    ways = formats()
    counts: Counter[str] = Counter()
    while number % 100 or time.monotonic() < ends:
        number += 1
        way, values = pick.choice(ways)
        hostile = mutated(pick, pick.choice(values))
        began = time.process_time()
        try:
            unharmed(way, hostile)
        except BaseException:
            print(f"seed {arguments.seed}, value {number}: {hostile!r}")  # noqa: T201
            raise
        if time.process_time() - began > LONGEST_S:
            msg = f"seed {arguments.seed}, value {number} takes long: {hostile[:99]!r}"
            raise SystemExit(msg)
        found = way.decode(hostile)
        counts[found.reason if isinstance(found, Undecodable) else "read"] += 1
    print(f"{number:,} values: " + ", ".join(f"{count:,} {name}" for name, count in counts.most_common()))  # noqa: T201


def formats() -> list[tuple[SchemaFormat, list[bytes]]]:
    """The formats of all paths, and values of each."""
    made = []
    for path in PATHS["AVRO"]:
        shape = Shape(paths_of(path), path_of("/more/site"))
        made.append((format_of("AVRO", json.dumps(AVRO), {}, shape), AVRO_VALUES))
    for path in PATHS["PROTOBUF"]:
        shape = Shape(paths_of(path), path_of("/meta/text"))
        made.append((format_of("PROTOBUF", PROTOBUF, {}, shape), PROTOBUF_VALUES))
    return made


def mutated(pick: random.Random, value: bytes) -> bytes:
    """Do harm to a value a few times."""
    if pick.random() < 0.02:
        return pick.randbytes(pick.randint(0, 60))
    for _ in range(pick.randint(0, 4)):
        at, to = sorted((pick.randint(0, len(value)), pick.randint(0, len(value))))
        kind = pick.randint(0, 5)
        if kind == 0:
            value = value[:at] + pick.randbytes(1) + value[at + 1 :]
        elif kind == 1:
            value = value[:at] + pick.choice(NUMBERS) + value[at + pick.randint(0, 1) :]
        elif kind == 2:
            value = value[:at] + value[to:]
        elif kind == 3:
            value = value[:to] + value[at:to] * pick.choice((1, 1, 2, 300)) + value[to:]
        elif kind == 4:
            value = value[:at]
        else:
            value += pick.randbytes(pick.randint(1, 9))
    return value[:100_000]


if __name__ == "__main__":
    main()
