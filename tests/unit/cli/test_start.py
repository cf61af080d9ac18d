"""What the command line imports before it does anything, and what its help says without importing commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.commands import ROOT, article_stream, environment
from stream.cli import cleans_only
from stream.cli.commands import COMMANDS
from stream.cli.lazy import load as load_command
from stream.config.light import DEFAULTS, http_address
from stream.config.loading import load
from stream.config.settings import Settings

HEAVY = {
    "aiohttp", "confluent_kafka", "faust", "hashlib", "importlib.metadata", "markdown_it", "matplotlib",
    "multiprocessing", "prometheus_client", "pydantic", "rich", "stream.config.settings", "structlog", "tomli",
}  # fmt: skip
FOR_CLEANING = {"orjson", "stream.core", "stream.records", "xxhash"}


def imported(*arguments: object, settings: dict[str, object] | None = None) -> set[str]:
    """The modules that `article-stream` with these arguments imports, and the packages they are in."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "stream", *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=True, cwd=ROOT,
        env=environment(settings),
    )  # fmt: skip
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    names = [line.rpartition("|")[2].strip() for line in lines]
    return {".".join(name.split(".")[:parts]) for name in names for parts in range(1, name.count(".") + 2)}


@pytest.mark.parametrize("arguments", [["--help"], ["worker", "--help"], ["clean", "--help"], ["health", "--help"]])
def test_help_imports_nothing_that_it_does_not_need(arguments: list[str]) -> None:
    assert not imported(*arguments) & (HEAVY | FOR_CLEANING)


def test_the_version_imports_nothing_but_what_knows_it() -> None:
    assert not imported("--version") & (HEAVY | FOR_CLEANING | {"dataclasses", "typer"})


def test_cleaning_a_file_with_the_defaults_imports_nothing_of_kafka_settings_or_rich(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.\n", "utf-8")
    found = imported("clean", tmp_path / "a.txt")
    assert found >= FOR_CLEANING
    assert not found & (HEAVY | {"typer"})


COMPILES = """
import re, sys
callers, compile = [], re.compile
re.compile = lambda *given, **more: callers.append(sys._getframe(1).f_globals["__name__"]) or compile(*given, **more)
from stream.cli import main
try:
    main()
finally:
    print(*[name for name in callers if name.startswith("stream.")])
"""


def test_cleaning_a_plain_file_compiles_few_of_our_regular_expressions(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.\n", "utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", COMPILES, "clean", tmp_path / "a.txt"],
        capture_output=True, text=True, timeout=120, check=True, cwd=ROOT, env=environment(None),
    )  # fmt: skip
    assert 0 < len(ended.stdout.splitlines()[-1].split()) < 15, ended.stdout


@pytest.mark.parametrize("options", [[], ["--format", "text"]], ids=["without Typer", "with Typer"])
def test_a_call_without_options_does_the_same_as_one_that_typer_reads(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.\n", "utf-8")
    (tmp_path / "b.bin").write_text("Two.\n", "utf-8")
    found = article_stream("clean", *options, tmp_path / "a.txt")
    assert (found.code, found.out) == (0, "One.\n")
    assert found.err.startswith("1 article: ")
    missing = article_stream("clean", *options, tmp_path / "c.txt")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("error: ")
    assert "c.txt" in missing.err
    assert article_stream("clean", *options, stdin=b"Three.\n").out == "Three.\n"


@pytest.mark.parametrize("options", [[], ["--format", "jsonl"]], ids=["without Typer", "with Typer"])
def test_it_ends_well_where_whoever_reads_the_output_has_gone(options: list[str], tmp_path: Path) -> None:
    many = tmp_path / "many.jsonl"
    many.write_text('{"text": "The ferry runs all winter, the board said today."}\n' * 40_000, "utf-8")
    command = [sys.executable, "-m", "stream", "clean", *options, str(many)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(None), cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(120) == 0
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["clean", "-i", "a.txt"], {}),
        (["clean", "a.txt", "-"], {}),
        (["clean", "a.txt", "--diff"], {}),
        (["clean", "a.txt"], {"STREAM_FOOTERS": "markers"}),
        (["clean", "a.txt"], {"_ARTICLE_STREAM_COMPLETE": "complete_bash"}),
        (["--help", "clean"], {}),
        (["check"], {}),
        ([], {}),
    ],
)
def test_a_call_with_options_or_settings_is_left_to_typer(arguments: list[str], environ: dict[str, str]) -> None:
    assert cleans_only(["clean", "a.txt", "b.txt"], {"PATH": "/bin", "STREAM_TEST_EXAMPLES": "full"})
    assert cleans_only(["clean"], {})
    assert not cleans_only(arguments, environ)


def test_cleaning_with_a_setting_reads_the_settings(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.\n", "utf-8")
    assert "stream.config.settings" in imported("clean", tmp_path / "a.txt", settings={"text_field": "body"})


def test_health_does_not_need_the_settings_model_for_plain_values() -> None:
    assert not imported("health", settings={"http_port": 0, "group_id": "g"}) & (HEAVY | FOR_CLEANING)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTP_HOST": "::", "HTTP_PORT": "7"},
        {"HTTP_PORT": "65535"},
        {"HTTP_PORT": "0007"},
        {"CONFIG": "no-file.toml"},
        {"HTTP_PORT": "tcp://10.0.0.1:80"},
        {"HTTP_PORT": ""},
        {"HTTP_HOST": " x"},
        {"HTTP_HOST": ""},
    ],
)
def test_the_address_of_health_is_that_of_the_settings_or_left_to_them(environ: dict[str, str]) -> None:
    prefixed = {f"STREAM_{name}": value for name, value in environ.items()}
    found = http_address(prefixed)
    if found is not None:
        settings = load(environ=prefixed)
        assert found == (settings.http_host, settings.http_port)
    else:
        assert environ


def test_the_defaults_for_cleaning_are_those_of_the_settings() -> None:
    settings = Settings()
    for name in ("text_field", "source_field", "footers", "rules", "whole_page"):
        assert getattr(DEFAULTS, name) == getattr(settings, name), name


def test_the_help_lists_every_command_with_its_summary() -> None:
    out = " ".join(article_stream("--help").out.split())
    for name, entry in COMMANDS.items():
        assert f"{name} {entry.summary}" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_list_is_there_under_its_name(name: str) -> None:
    command = load_command(name, COMMANDS[name])
    assert command.name == name
    assert command.help


def test_an_unknown_command_is_named() -> None:
    answer = article_stream("clena")
    assert answer.code == 2
    assert "clena" in answer.err
    assert "article-stream --help" in answer.err
