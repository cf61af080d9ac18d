"""A dead letter as plain values, for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stream.records.dead_letters import read_letter
from stream.records.demotion import original_ms
from stream.records.headers import Headers

PREVIEW_CHARACTERS = 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def summary(message: Any, headers: Headers | None) -> dict[str, Any]:
    """One dead letter as plain values."""
    letter = read_letter(headers)
    return {
        "partition": message.partition(),
        "offset": message.offset(),
        "from_topic": letter.topic,
        "from_partition": letter.partition,
        "from_offset": letter.offset,
        "reason": letter.reason,
        "message": letter.message,
        "when": when(original_ms(message, headers or [])),
        "preview": preview(message.value()),
    }


def when(milliseconds: int) -> str:
    """Milliseconds since 1970 as a date and time in UTC; beyond the calendar as a number; -1, no time, as "–"."""
    if milliseconds == -1:
        return "–"
    try:
        return (EPOCH + timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%d %H:%M:%S")
    except OverflowError:
        return f"{milliseconds} ms"


def preview(value: bytes | None) -> str:
    """The beginning of a value, on one line; None as "–"."""
    if value is None:
        return "–"
    text = value[: 4 * PREVIEW_CHARACTERS].decode("utf-8", "backslashreplace")
    line = "".join(character if character.isprintable() else "·" for character in text)
    return line if len(line) <= PREVIEW_CHARACTERS else line[: PREVIEW_CHARACTERS - 1] + "…"
