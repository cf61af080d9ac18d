"""Dead letters for the page: those that came last, one whole, and sending them back.

These ask Kafka and wait for it, so they are called by a thread of the page's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stream.config.settings import Settings
from stream.kafka.newest import newest
from stream.kafka.redriving import MOST_ROUNDS, Redrive
from stream.kafka.topics import read_one
from stream.observe.letters import preview, summary
from stream.observe.shown import on_one_line, visible
from stream.page.refused import Refused
from stream.records.dead_letters import REASONS, read_letter
from stream.records.headers import readable
from stream.records.process import Processor
from stream.records.redrive import Selection
from stream.registry.formats import asked_schemas

MOST_LETTERS = 500
"""How many of the newest dead letters are listed."""
MOST_TEXT, MOST_HEX = 1 << 20, 1 << 16
"""How many bytes of a value are shown, as text and in hexadecimal digits, which take five times as much room."""
PER_ROW = 16
KIP_1034 = "__streams.errors."


def listed(settings: Settings, stopping: Callable[[], bool], *, articles: bool) -> dict[str, Any]:
    """The newest dead letters, the newest first, and how many there are for each reason among them.

    `articles`: whether to show how their values begin. Raises one of our errors.
    """

    def kept(message: Any) -> dict[str, Any]:
        row = summary(message, readable(message))
        if not articles:
            del row["preview"]
        kind, sent_ms = message.timestamp()
        shown = {name: on_one_line(value) if isinstance(value, str) else value for name, value in row.items()}
        return {**shown, "size": len(message.value() or b""), "sent_ms": sent_ms if kind else 0}

    found = newest(settings, settings.dead_letter_topic, MOST_LETTERS, kept, stopping)
    letters = sorted(found.kept, key=lambda row: (-row["sent_ms"], row["partition"], -row["offset"]))
    return {
        "letters": letters,
        "reasons": dict(Counter(row["reason"] for row in letters).most_common()),
        "meanings": REASONS,
        "whole": found.whole,
        "topic": settings.dead_letter_topic,
    }


def whole(settings: Settings, partition: int, offset: int, *, articles: bool) -> dict[str, Any]:
    """One dead letter. Its key, its own headers and its value only with `articles`. Raises one of our errors."""
    message: Any = read_one(settings, settings.dead_letter_topic, partition, offset)
    if message is None:
        raise Refused(404, f"{settings.dead_letter_topic} has no record at {partition}:{offset}.")
    headers = readable(message)
    row, letter = summary(message, headers), read_letter(headers)
    value = message.value()
    found: dict[str, Any] = {
        "place": f"{partition}:{offset}",
        "from": on_one_line(f"{letter.topic} {letter.partition}:{letter.offset}"),
        "reason": on_one_line(letter.reason),
        "meaning": REASONS.get(letter.reason, "an unknown reason"),
        "message": on_one_line(letter.message),
        "when": row["when"],
        "size": len(value or b""),
    }
    if articles:
        own = [(name, content) for name, content in headers or [] if not name.startswith(KIP_1034)]
        found["key"] = preview(message.key())
        found["headers"] = [[on_one_line(name), preview(content)] for name, content in own]
        found |= shown_value(value)
    return found


def shown_value(value: bytes | None) -> dict[str, Any]:
    """A value as text with everything in it spelled out that changes how text looks, or in hexadecimal digits."""
    if value is None:
        return {"kind": "none", "value": "", "cut": False}
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return {"kind": "hex", "value": hexadecimal(value[:MOST_HEX]), "cut": len(value) > MOST_HEX}
    if "\x00" in text:
        return {"kind": "hex", "value": hexadecimal(value[:MOST_HEX]), "cut": len(value) > MOST_HEX}
    return {"kind": "text", "value": visible(text[:MOST_TEXT]), "cut": len(text) > MOST_TEXT}


def hexadecimal(value: bytes) -> str:
    """Bytes in rows: where they stand, their digits, and those that are characters of ASCII."""
    rows = []
    for at in range(0, len(value), PER_ROW):
        row = value[at : at + PER_ROW]
        characters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in row)  # noqa: PLR2004 - ASCII's own
        rows.append(f"{at:06x}  {row.hex(' '):<{3 * PER_ROW - 1}}  {characters}")
    return "\n".join(rows)


def sent_back(
    settings: Settings, processor: Processor, selection: Selection, stopping: Callable[[], bool], *, dry_run: bool
) -> dict[str, Any]:
    """Sends the selected letters back, or says what would become of them. Raises one of our errors."""
    processor = replace(processor, sites=None, keeps_removed=False, schemas=asked_schemas(settings))
    redrive = Redrive(settings, processor, selection, most_rounds=MOST_ROUNDS, failing=False)
    redrive.stopping = stopping
    tally = redrive.play(dry_run=dry_run)
    return {
        "dry_run": dry_run,
        "verdicts": [[on_one_line(verdict), count] for verdict, count in sorted(tally.verdicts.items())],
        "goes": tally.goes,
        "sent": tally.sent,
        "some_before": redrive.some_before,
        "stopped": stopping(),
    }


def selection_of(asked: Any) -> Selection:
    """Which letters a request asks for: all, those with a reason, or one. Raises `Refused` if it makes no sense."""
    if not isinstance(asked, dict) or set(asked) - {"reason", "partition", "offset", "dry_run"}:
        raise Refused(400, "A redrive names a reason, or a partition and an offset, or nothing for all.")
    reason, partition, offset = asked.get("reason"), asked.get("partition"), asked.get("offset")
    numbers = (partition, offset)
    fits = reason is None or isinstance(reason, str)
    if not fits or any(number is not None and (type(number) is not int or number < 0) for number in numbers):
        raise Refused(400, "A reason is a word; a partition and an offset are whole numbers.")
    if (partition is None) != (offset is None):
        raise Refused(400, "One letter has both a partition and an offset.")
    return Selection(frozenset([reason] if reason else ()), None, None, partition, offset, offset)
