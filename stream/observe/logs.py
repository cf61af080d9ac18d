"""Log lines for people or for machines, ours and those of Faust, mode and librdkafka alike."""

from __future__ import annotations

import io
import logging
import logging.config
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

from stream.observe.shown import as_json, on_one_line, visible

# Faust and its framework tell of every service they start; at warning they tell of what matters.
QUIET = (
    "faust",
    "stream.worker",  # its services, which the framework lets log under their modules' names
    "mode",
    "aiohttp",
    "aiokafka",
    "asyncio",
    "prometheus_client",
)


# A refused transaction and an id still busy with its last one: expected, retried, and told where it matters. A fatal
# error ends the session with a sentence of ours.
OURS_TO_SAY = ("TXNERR", "GETPID", "ADDPARTS", "FATAL")
# At least once: that a property is experimental, and that a producer has ended with the record that was refused.
CHOSEN = ("enable.gapless.guarantee is experimental", "unable to satisfy gap-less guarantee")


class Sparing(logging.Filter):
    """Lets a line of librdkafka through once in a while: a broker that is away is news once, not each retry."""

    EVERY_S = 30.0

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Lines that differ only in their numbers are the same; what the sink says itself is not said twice."""
        said = record.getMessage()
        if said.startswith(OURS_TO_SAY) or any(words in said for words in CHOSEN):
            return False
        line = "".join(character for character in said if not character.isdigit())
        if record.created - self._last.get(line, 0.0) < self.EVERY_S:
            return False
        if len(self._last) > 1000:  # noqa: PLR2004 - bounded, whatever the lines are
            self._last.clear()
        self._last[line] = record.created
        return True


def _spelled_out(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Settings, brokers and identity providers have a part in what is said: no line of theirs is taken for ours."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = on_one_line(value)
    return event


def _traceback(out: TextIO, error: Any) -> None:
    lines = io.StringIO()
    structlog.dev.plain_traceback(lines, error)
    out.write(visible(lines.getvalue()))


def config(log_format: Literal["text", "json"], log_level: str) -> dict[str, Any]:
    """A configuration for `logging.config.dictConfig`: one handler, to standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
    ]
    renderer: list[Any]
    rendered: Any
    if log_format == "json":
        shared += [structlog.stdlib.add_logger_name, structlog.processors.TimeStamper(fmt="iso", utc=True)]
        rendered = structlog.processors.JSONRenderer(as_json, sort_keys=True)
        renderer = [structlog.processors.format_exc_info, rendered]
    else:
        shared += [structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False)]
        rendered = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=_traceback
        )
        renderer = [_spelled_out, rendered]
    at_least_warning = "ERROR" if log_level == "error" else "WARNING"
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "stream": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": processors,
                "foreign_pre_chain": shared,
            }
        },
        "filters": {"sparing": {"()": Sparing}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "stream", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": log_level.upper()},
        "loggers": {
            **{name: {"level": at_least_warning} for name in QUIET},
            "librdkafka": {"level": at_least_warning if log_level != "debug" else "DEBUG", "filters": ["sparing"]},
        },
    }


def configure(log_format: Literal["text", "json"], log_level: str) -> None:
    """Sets logging up for this process."""
    logging.config.dictConfig(config(log_format, log_level))


def silence_librdkafka() -> None:
    """For commands that say in their own words what went wrong."""
    logging.getLogger("librdkafka").setLevel(logging.CRITICAL)
