"""Whatever an article, a header, a file or its name, a rule or a setting contains: every command shows it as text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer.main

from harness.commands import Answer, article_stream
from harness.fakes import BODY, OTHER
from harness.processes import Worker, until
from stream.cli.commands import app
from stream.records.headers import EXCEPTION_HEADER, MESSAGE_HEADER, TOPIC_HEADER, Headers
from tests.brokers import Broker, Sent

# Rich's markup, complete and incomplete; emoji names; format strings. Then what a terminal obeys: setting its title,
# clearing the screen, changing the direction of text, returning to the start of the line.
WORDS = "[/x] [bold]b[/bold] [link=http://x.example]l[/link] :smile: a:100:b {0} {x} %s %(a)s \\[y]"
OBEYED = "\x1b]0;t\x07\x1b[2J\x9b31m\u202eabc\u2066\r\b"
HOSTILE = f"{WORDS} {OBEYED}"
OBEYS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# The control sequences that Rich itself writes to a terminal: colours, and those of its progress bar.
COLOURS = re.compile(r"\r?\x1b\[\??[0-9;]*[mhlAK]")
PARAGRAPH = f"{HOSTILE} {OTHER}"
# A file name that is not UTF-8, with a line feed in it, so that the rest could pass for a line of ours.
ODD_NAME = os.fsdecode(b"\xff\nerror: all is well.jsonl")
READ = "Read [/x] :smile: on"
TERMINAL: Mapping[bool, Mapping[str, str]] = {False: {}, True: {"FORCE_COLOR": "1", "COLUMNS": "4000", "TERM": "xterm"}}


def names(command: Any, *before: str) -> Iterator[tuple[str, ...]]:
    """Every command, as the tuple of its words."""
    if not hasattr(command, "list_commands"):
        yield before
        return
    for name in command.list_commands(None):
        yield from names(command.get_command(None, name), *before, name)


@dataclass
class Stage:
    """Files, rules, settings and topics, all with hostile content."""

    folder: Path
    broker: Broker
    settings: Mapping[str, object]
    letter: str

    def arguments(self) -> dict[tuple[str, ...], Sequence[Sequence[object]]]:
        """The calls to make: each command at least once."""
        text, lines, pages = (
            self.folder / f"{WORDS.replace('/', '|')}.{suffix}" for suffix in ("txt", "jsonl", "json")
        )
        rules, odd = self.folder / "rules.toml", self.folder / ODD_NAME
        return {
            ("clean",): [
                [lines],
                ["--explain", text, lines],
                ["--removed", self.folder / "r", lines, odd],
                [odd],
                [f"{HOSTILE}.txt"],
            ],
            ("learn",): [
                [lines, "--to", self.folder / "sites.jsonl"],
                [text, odd, "--to", self.folder / "s"],
                [HOSTILE],
            ],
            ("sites", "list"): [["--sites", self.folder / "sites.jsonl"], ["--sites", HOSTILE], ["--sites", lines]],
            ("sites", "show"): [
                [HOSTILE, "--sites", self.folder / "sites.jsonl"],
                [WORDS, "--sites", odd],
                [HOSTILE, "--set", "sites=apply"],
            ],
            ("sites", "approve"): [[HOSTILE], [HOSTILE, WORDS, "--set", "sites=apply"]],
            ("sites", "reject"): [[HOSTILE, WORDS], [WORDS, HOSTILE, "--set", "sites=apply"]],
            ("sites", "forget"): [[HOSTILE, "--set", "sites=apply"]],
            ("sites", "rollback"): [[HOSTILE, WORDS, "--set", "sites=apply"]],
            ("sites", "export"): [["--to", odd], ["--to", self.folder / "e", "--set", f"lines_topic={WORDS}"]],
            ("sites", "import"): [[odd], [lines, "--set", "sites=apply"]],
            ("rules", "list"): [["--phrases"]],
            ("rules", "lint"): [[rules], [text], [WORDS]],
            ("rules", "test"): [[rules]],
            ("rules", "explain"): [[text], [f"{HOSTILE}.txt"]],
            ("evaluate",): [[pages], ["--json", pages], [lines], [HOSTILE]],
            ("settings",): [[], ["--set", f"group_id={WORDS}"], ["--set", f"{HOSTILE}=1"], ["--config", HOSTILE]],
            ("check",): [[]],
            ("health",): [["--set", "http_port=1", "--set", f"http_host={WORDS}"], ["--ready", "--http-port", "0"]],
            ("topics", "create"): [[]],
            ("send",): [[text, lines, odd], [HOSTILE + ".txt"]],
            ("dead-letters", "list"): [[], ["--json"], ["--reason", HOSTILE]],
            ("dead-letters", "show"): [[self.letter], [HOSTILE]],
            ("dead-letters", "replay"): [["--dry-run"], ["--since", HOSTILE], ["--offsets", HOSTILE]],
        }


@pytest.fixture(scope="module")
def stage(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Set the stage, once for each broker."""
    folder = tmp_path_factory.mktemp("[x] :smile:")
    name = WORDS.replace("/", "|")
    (folder / f"{name}.txt").write_text(f"{BODY}\n{PARAGRAPH}\n{BODY}\n{PARAGRAPH}\n{READ}\n{BODY}", "utf-8")
    articles = [{"id": HOSTILE, "text": f"{PARAGRAPH}\n{PARAGRAPH}", "source": HOSTILE}, {HOSTILE: HOSTILE}]
    (folder / f"{name}.jsonl").write_bytes(b"\n".join(map(orjson.dumps, articles)) + b"\nno json " + HOSTILE.encode())
    page = {
        "raw": f"{PARAGRAPH}\n{PARAGRAPH}",
        "keep": [True, True],
        **dict.fromkeys(("id", "source", "lang"), HOSTILE),
    }
    (folder / f"{name}.json").write_bytes(orjson.dumps(page))
    phrase = orjson.dumps(READ).decode()
    rule = f'[[rule]]\nid = "[/x]:smile:"\nkind = "section"\nphrases = [{phrase}]\nexample = {phrase}\n'
    (folder / "rules.toml").write_text(rule, "utf-8")
    topics = broker.topics("hostile")
    headers: Headers = [
        (HOSTILE, HOSTILE.encode()),
        *((it, HOSTILE.encode()) for it in (EXCEPTION_HEADER, MESSAGE_HEADER, TOPIC_HEADER)),
    ]
    broker.send(f"{topics.name}.dead", [Sent(HOSTILE.encode(), HOSTILE.encode(), headers)])
    (letter,) = broker.read(f"{topics.name}.dead", 1)
    place = f"{letter.partition()}:{letter.offset()}"
    hostile = {"group_id": f"{topics.name} {WORDS}", "rules": folder / "rules.toml", "source_field": WORDS}
    return Stage(folder, broker, topics.settings(**hostile), place)


def shows_only_text(answer: Answer, what: object, *, colours: bool) -> None:
    """Check that the output holds no traceback, and nothing that a terminal would obey."""
    said = answer.out + answer.err
    assert "Traceback" not in said, what
    assert answer.code in (0, 1, 2), what
    left = COLOURS.sub("", said) if colours else said
    assert "\x1b]" not in said, what
    assert OBEYS.findall(left) == [], (what, left)
    assert "😄" not in said, what
    assert "\nerror: all is well" not in said, what
    assert "💯" not in said, what


@pytest.mark.parametrize("colours", [False, True])
def test_no_command_takes_words_for_markup(stage: Stage, monkeypatch: pytest.MonkeyPatch, *, colours: bool) -> None:
    for name, value in TERMINAL[colours].items():
        monkeypatch.setenv(name, value)
    if colours == stage.broker.real:
        pytest.skip("each command is started once on each broker, on one of them in a terminal")
    calls = stage.arguments()
    assert {*calls, ("worker",), ("demo",)} == set(names(typer.main.get_command(app))), "every command is called here"
    if not stage.broker.real:
        del calls["topics", "create"]
    shown: dict[tuple[str, ...], str] = {}
    for command, arguments in ((command, arguments) for command, ways in calls.items() for arguments in ways):
        answer = article_stream(*command, *arguments, settings=stage.settings)
        if command == ("clean",) and "--explain" not in arguments:
            answer = answer._replace(out="")
        shows_only_text(answer, (command, arguments), colours=colours)
        shown[command] = shown.get(command, "") + COLOURS.sub("", answer.out + answer.err)
    for command in (("clean",), ("rules", "list"), ("settings",), ("check",), ("send",), ("rules", "explain")):
        assert "[/x]" in shown[command].replace("[|x]", "[/x]"), command
        assert ":smile:" in shown[command], command
    for command in (("dead-letters", "show"), ("dead-letters", "list"), ("evaluate",), ("clean",)):
        assert r"\x1b]0;t\x07" in shown[command], command


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_line_of_the_workers_log_is_obeyed(stage: Stage, form: str) -> None:
    settings = {
        **stage.settings,
        "log_format": form,
        "delivery": "exactly_once" if stage.broker.real else "at_least_once",
    }
    with Worker(settings) as worker:
        until(lambda: worker.get("/health/ready")[0] in (200, 503), "the pages")
        until(lambda: "[/x]" in worker.log, "its first line")
        worker.terminate()
        assert OBEYS.search(worker.log) is None
        assert ":smile:" in worker.log
        assert "Traceback" not in worker.log
