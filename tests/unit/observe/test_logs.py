"""Log lines come out as configured, whoever logs them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest

from stream.observe import logs
from stream.observe.shown import visible

Written = Callable[[], str]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """What was written to standard error since it was last asked for; afterwards logging is as it was."""
    root, rdkafka = logging.getLogger(), logging.getLogger("librdkafka")
    before = (root.handlers[:], root.level, rdkafka.level, rdkafka.filters[:])
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    rdkafka.setLevel(before[2])
    rdkafka.filters[:] = before[3]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(stderr: Written) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr().splitlines()]


def test_json_is_one_object_a_line(stderr: Written) -> None:
    logs.configure("json", "info")
    logging.getLogger("stream").info("Partitions assigned: %s\nand %s.", "été", 2, extra={"partition": 3})
    logging.getLogger("faust.app").warning("from Faust")
    first, second = lines(stderr)
    assert first["event"] == "Partitions assigned: été\nand 2."
    assert (first["level"], first["logger"], first["partition"]) == ("info", "stream", 3)
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["logger"], second["level"]) == ("from Faust", "faust.app", "warning")


def test_an_exception_is_in_its_json_line(stderr: Written) -> None:
    logs.configure("json", "info")
    try:
        int("x")
    except ValueError:
        logging.getLogger("stream").exception("went wrong")
    (line,) = lines(stderr)
    assert "ValueError" in line["exception"]


def test_text_is_a_line_without_colours_where_no_terminal_is(stderr: Written) -> None:
    logs.configure("text", "info")
    logging.getLogger("stream").warning("Kafka is %s.", "away")
    line = stderr()
    assert "Kafka is away." in line
    assert "warning" in line
    assert "\x1b" not in line


def test_lines_below_the_level_do_not_come_out(stderr: Written) -> None:
    logs.configure("json", "warning")
    logging.getLogger("stream").info("not this")
    logging.getLogger("stream").warning("this")
    assert [line["event"] for line in lines(stderr)] == ["this"]


@pytest.mark.parametrize("name", ["stream", "faust", "stream.worker.health", "librdkafka"])
def test_at_level_error_nobody_warns(stderr: Written, name: str) -> None:
    logs.configure("json", "error")
    logging.getLogger(name).warning("not this")
    logging.getLogger(name).error("this")
    assert [line["event"] for line in lines(stderr)] == ["this"]


@pytest.mark.parametrize("name", ["faust", "mode.worker", "aiohttp.access"])
def test_the_frameworks_do_not_tell_of_every_service_they_start(stderr: Written, name: str) -> None:
    logs.configure("json", "info")
    logging.getLogger(name).info("[^Worker]: Starting...")
    logging.getLogger(name).error("this")
    assert [line["event"] for line in lines(stderr)] == ["this"]


def test_librdkafka_repeats_itself_once_in_a_while_only(stderr: Written) -> None:
    logs.configure("json", "info")
    log = logging.getLogger("librdkafka")
    for attempt in range(50):
        log.error("FAIL [thrd:127.0.0.1:%d]: Connect failed after %d ms", 9092, attempt)
    log.error("something else")
    assert len(lines(stderr)) == 2


def test_a_command_that_speaks_for_itself_silences_librdkafka(stderr: Written) -> None:
    logs.configure("text", "error")
    logs.silence_librdkafka()
    logging.getLogger("librdkafka").error("FAIL")
    assert not stderr()


OBEYED = "\x1b]0;t\x07\x1b[2J\x9b31m\u202e\u2066\r\b\udcff"


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_comes_from_outside_is_neither_obeyed_nor_taken_for_a_line_of_ours(
    stderr: Written, form: Literal["text", "json"]
) -> None:
    logs.configure(form, "info")
    log = logging.getLogger("stream")
    log.warning("Kafka says %s", f"[/x] {OBEYED}\n2026-01-01 00:00:00 [error    ] made up", extra={"more": OBEYED})
    try:
        raise ValueError(OBEYED)
    except ValueError:
        log.exception("went wrong")
    said = stderr()
    assert visible(said) == said, "nothing is left to obey"
    assert not [line for line in said.splitlines() if line.startswith("2026-01-01")]
    assert "[/x]" in said
    if form == "json":
        first, second = map(json.loads, said.splitlines())
        assert first["event"].startswith(f"Kafka says [/x] {OBEYED}\n")
        assert first["more"] == OBEYED
        assert f"ValueError: {OBEYED}" in second["exception"]
