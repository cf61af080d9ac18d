"""Where `clean` writes: standard output, files in place or in a folder, differences; the summary and the bar."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import orjson
import pytest

from harness.commands import ROOT, article_stream, environment, one_sentence
from harness.fakes import BODY, CLEAN, OTHER, REPEATED
from harness.processes import PATIENCE_S, until
from stream.cli.console import PlainConsole, progress

RAW = orjson.dumps({"id": 7, "text": REPEATED})
WANTED = orjson.dumps({"id": 7, "text": CLEAN})


def test_json_objects_never_share_a_line(tmp_path: Path) -> None:
    for name in ("a.json", "b.json", "c.jsonl"):
        (tmp_path / name).write_bytes(RAW)
    answer = article_stream("clean", *(tmp_path / name for name in ("a.json", "b.json", "c.jsonl")))
    assert answer.out == "\n".join([WANTED.decode()] * 3)


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_are_cleaned_in_place_and_only_those_that_change(tmp_path: Path, jobs: int) -> None:
    changed, same, empty, bad = (tmp_path / name for name in ("a.txt", "b.txt", "empty.jsonl", "c.jsonl"))
    changed.write_text(REPEATED, "utf-8")
    changed.chmod(0o600)
    same.write_text(CLEAN, "utf-8")
    empty.write_bytes(b"")
    bad.write_bytes(b"broken\n" + RAW + b"\n")
    before = [path.stat().st_ino for path in (changed, same, empty)]
    answer = article_stream("clean", "--in-place", "-j", jobs, changed, same, empty, bad, changed)
    assert (answer.code, answer.out) == (1, "")
    summary = "4 articles: 2 cleaned, 1 unchanged, 1 failed; removed 2 repeated paragraphs, 6 footer lines"
    assert answer.err.splitlines()[1] == summary
    assert changed.read_text("utf-8") == CLEAN
    assert oct(changed.stat().st_mode)[-3:] == "600"
    assert bad.read_bytes() == b"broken\n" + WANTED + b"\n"
    after = [path.stat().st_ino for path in (changed, same, empty)]
    assert [one == two for one, two in zip(before, after, strict=True)] == [False, True, True]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt", "c.jsonl", "empty.jsonl"]


def test_files_before_one_that_cannot_be_read_are_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(REPEATED, "utf-8")
    (tmp_path / "b.jsonl.gz").write_bytes(b"\x1f\x8b damaged")
    answer = article_stream("clean", "--in-place", tmp_path / "a.txt", tmp_path / "b.jsonl.gz")
    assert answer.code == 1
    assert (tmp_path / "a.txt").read_text("utf-8") == CLEAN
    assert (tmp_path / "b.jsonl.gz").read_bytes() == b"\x1f\x8b damaged"


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_the_file_as_it_was(tmp_path: Path, jobs: int) -> None:
    path = tmp_path / "a.jsonl"
    raw = (RAW + b"\n") * 200_000
    path.write_bytes(raw)
    command = [sys.executable, "-m", "stream", "clean", "--in-place", "-j", str(jobs), str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), start_new_session=True, stderr=subprocess.PIPE
    ) as process:
        until(lambda: len(list(tmp_path.iterdir())) == 2, "the file that is to take its place")
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode not in (0, None)
    assert b"Traceback" not in said
    assert path.read_bytes() == raw
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_gets_every_file_under_its_name(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    (tmp_path / "a.txt").write_text(REPEATED, "utf-8")
    (tmp_path / "b.txt").write_text(CLEAN, "utf-8")
    files = (tmp_path / "a.txt", tmp_path / "b.txt", "-")
    answer = article_stream("clean", "-q", "-o", out, "--stdin-filename", "c.json", *files, stdin=RAW)
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {
        "a.txt": CLEAN.encode(),
        "b.txt": CLEAN.encode(),
        "c.json": WANTED,
    }
    assert (tmp_path / "a.txt").read_text("utf-8") == REPEATED


def test_what_was_removed_goes_to_standard_output_where_the_articles_do_not(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(RAW)
    said = one_sentence(article_stream("clean", "--removed", "-", path), 2)
    assert said.startswith("--removed - would mix what was removed with the articles")
    assert "--output-dir or --in-place" in said
    answer = article_stream("clean", "--removed", "-", "--in-place", path)
    assert [removal["reason"] for removal in orjson.loads(answer.out)["removed"]] == ["repeat", *["footer"] * 3]
    assert path.read_bytes() == WANTED


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--in-place"], "Standard input cannot be cleaned in place. "),
        (["--output-dir", "{folder}"], "--output-dir needs a name for standard input. Give it with --stdin-filename."),
        (["--diff", "--explain"], "--diff and --explain cannot be used together. "),
        (["-o", "{folder}", "{folder}/a.txt"], "{folder}/a.txt would be replaced by its cleaned articles. "),
        (["-o", "{folder}/x", "{folder}/a.txt", "{folder}/b/a.txt"], "{folder}/a.txt and {folder}/b/a.txt would both "),
        (["-o", "{folder}/a.txt", "-"], "--output-dir needs a name"),
        (["-o", "{folder}/a.txt", "{folder}/b/a.txt"], "{folder}/a.txt cannot be created: File exists."),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_writes_nothing(tmp_path: Path, options: list[str], said: str) -> None:
    (tmp_path / "b").mkdir()
    for path in (tmp_path / "a.txt", tmp_path / "b" / "a.txt"):
        path.write_text(REPEATED, "utf-8")
    answer = article_stream("clean", *(option.format(folder=tmp_path) for option in options))
    assert one_sentence(answer, 1 if "created" in said else 2).startswith(said.format(folder=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b"]
    assert (tmp_path / "a.txt").read_text("utf-8") == REPEATED


def test_a_difference_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{OTHER}\n{BODY}\n{BODY}\n", "utf-8")
    (tmp_path / "b.jsonl").write_bytes(b'{"text":"a"}\n' + RAW)
    answer = article_stream("clean", "--diff", tmp_path / "a.txt", tmp_path / "b.jsonl")
    assert answer.code == 0
    head, rest = answer.out.split(f"--- {tmp_path / 'b.jsonl'}:2, id 7\n")
    assert head == f"--- {tmp_path / 'a.txt'}\n+++ {tmp_path / 'a.txt'}\n@@ -1,3 +1,2 @@\n {OTHER}\n {BODY}\n-{BODY}\n"
    assert rest.splitlines()[1] == "@@ -1,6 +1,2 @@"
    assert (tmp_path / "b.jsonl").read_bytes() == b'{"text":"a"}\n' + RAW


def test_explaining_many_articles_says_which_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(RAW + b'\nbroken\n{"text":"x"}\n')
    (tmp_path / "b.txt").write_text("One.", "utf-8")
    out = article_stream("clean", "--explain", tmp_path / "a.jsonl", tmp_path / "b.txt").out.splitlines()
    name = tmp_path / "a.jsonl"
    assert out[0] == f"{name}:1, id 7"
    assert out[3] == f"- {BODY}  [repeats line 1 of the text]"
    assert out[7:10] == ["", f"{name}:2", out[9]]
    assert out[9].startswith("could not be cleaned: the value is not JSON")
    assert out[11:] == [f"{name}:3", "  x", "", str(tmp_path / "b.txt"), "  One.", ""]


def test_help_says_the_exit_codes() -> None:
    assert "Exit codes:" in article_stream("clean", "--help").out


def on_a_terminal(
    *arguments: object, stdout_too: bool, command: str = "clean", when: tuple[bytes, Path] | None = None
) -> tuple[bytes, bytes]:
    """What a command writes to a terminal, and to standard output where that is none.

    `when`: a text, and a pipe that the command reads, which ends once the terminal has shown that.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "stream", command, *map(str, arguments)], stdin=subprocess.DEVNULL, stderr=theirs,
        stdout=theirs if stdout_too else subprocess.PIPE, cwd=ROOT, env=environment() | {"TERM": "xterm"},
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        out = b""
        if when is not None:
            with when[1].open("wb"):
                while when[0] not in shown:
                    assert select.select([ours], [], [], PATIENCE_S)[0], shown
                    shown += os.read(ours, 1 << 16)
        if process.stdout is not None:
            out = process.stdout.read()
        try:
            while data := os.read(ours, 1 << 16):
                shown += data
        except OSError:  # so ends a terminal whose other side is closed
            pass
        os.close(ours)
    return shown, out


def test_no_bar_mixes_with_the_output(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{CLEAN}\n", "utf-8")
    shown, _ = on_a_terminal(tmp_path / "a.txt", stdout_too=True)
    assert shown.decode().replace("\r\n", "\n") == f"{CLEAN}\n1 article: 0 cleaned, 1 unchanged, 0 failed\n"


def test_a_bar_appears_on_standard_error_and_not_with_quiet_or_among_the_articles(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    _, out = on_a_terminal(pipe, stdout_too=False, when=(b"cleaning", pipe))
    assert out == b""
    for quiet, stdout_too in ((["--quiet"], False), ([], True)):
        with subprocess.Popen(["sh", "-c", f"exec > {pipe}; sleep 3; echo"]):
            shown, out = on_a_terminal(*quiet, pipe, stdout_too=stdout_too)
        assert b"cleaning" not in shown
        assert out == b""


@pytest.mark.parametrize("quiet", [[], ["--quiet"]], ids=["a bar", "quiet"])
def test_learn_shows_a_bar_unless_it_is_to_be_quiet(tmp_path: Path, quiet: list[str]) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    learn = partial(on_a_terminal, pipe, "--to", tmp_path / "sites.jsonl", *quiet, stdout_too=False, command="learn")
    if quiet:
        with subprocess.Popen(["sh", "-c", f"exec > {pipe}; sleep 3; echo"]):
            assert learn()[0] == b""
    else:
        learn(when=(b"learning", pipe))


@pytest.mark.parametrize(("after_s", "appears"), [(0.0, True), (60.0, False)])
def test_a_bar_waits_before_it_appears(monkeypatch: pytest.MonkeyPatch, after_s: float, appears: bool) -> None:  # noqa: FBT001
    monkeypatch.setattr("stream.cli.console.BAR_AFTER_S", after_s)
    shown = io.StringIO()
    console = PlainConsole(file=shown, force_terminal=True, width=80)
    with progress("cleaning", 2, console) as advance:
        until(lambda: not appears or "cleaning" in shown.getvalue(), "the bar")
        advance()
        console.print("a line")
    assert ("cleaning" in shown.getvalue()) is appears
    assert "a line" in shown.getvalue()
