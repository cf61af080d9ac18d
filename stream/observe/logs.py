"""Log lines for people or for machines: those of article-stream, Faust, mode and librdkafka alike."""

from __future__ import annotations

import io
import logging
import logging.config
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

from stream.observe.shown import as_json, on_one_line, visible

# Faust and mode log every service that they start and stop; from warning on they log what matters.
QUIET = (
    "faust",
    "stream.worker",  # mode logs the start of our own services under the names of their modules
    "mode",
    "aiohttp",
    "aiokafka",
    "asyncio",
    "prometheus_client",
    "urllib3",  # below the exporters of OpenTelemetry
    # Below the client of the schema registry: each request, and at the level debug its headers, with our credentials.
    "authlib",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
)


# A refused transaction, or a transactional id that is still busy with its last transaction, is expected and retried;
# the sink reports it where it matters. A fatal error ends the session with a sentence of our own.
OURS_TO_SAY = ("TXNERR", "GETPID", "ADDPARTS", "FATAL")
# With at-least-once delivery: that a property is experimental, and that a producer ended because of a refused record.
CHOSEN = ("enable.gapless.guarantee is experimental", "unable to satisfy gap-less guarantee")


WAITING = "stream.waiting"
"""The logger of the line that says that Kafka is waited for."""


class Sparing(logging.Filter):
    """Limits how often librdkafka repeats a line: that a broker is away is news once, not with every retry."""

    EVERY_S = 30.0

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Lines that differ only in their numbers count as the same; what the sink reports itself is dropped."""
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
    """Escapes text that came from settings, brokers or identity providers, so that it cannot forge a log line."""
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


def configure_for_command() -> None:
    """Sets logging up for a command that reports problems in its own words: errors only, nothing of librdkafka.

    That it waits for Kafka is printed all the same, as a plain line on standard error.
    """
    configure("text", "error")
    silence_librdkafka()
    waiting = logging.getLogger(WAITING)
    plain = logging.StreamHandler()
    plain.addFilter(_escape_message)
    waiting.handlers[:] = [plain]
    waiting.setLevel(logging.INFO)
    waiting.propagate = False


def _escape_message(record: logging.LogRecord) -> bool:
    record.msg, record.args = on_one_line(record.getMessage()), ()
    return True


def silence_librdkafka() -> None:
    """For the time in which article-stream reports in its own words what went wrong with Kafka."""
    logging.getLogger("librdkafka").setLevel(logging.CRITICAL)
