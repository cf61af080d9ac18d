"""`clean --jobs` that is interrupted, killed, or no longer read: one sentence at the most, and no process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from harness.commands import ROOT, environment
from harness.processes import until
from stream.offline.jobs import in_order
from tests.unit.offline.test_chunks import GOOD


@contextmanager
def running(out: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A `clean --jobs 2` of standard input, in a group of its own, with its first results written."""
    with out.open("wb") as file, subprocess.Popen(
        [sys.executable, "-m", "stream", "clean", "-f", "jsonl", "-j2", *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=file, stderr=subprocess.PIPE, cwd=ROOT, env=environment(), start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        try:
            process.stdin.write(GOOD * 5000)
            process.stdin.flush()
            until(lambda: out.stat().st_size > 0, "the first results")
            yield process
        finally:
            process.kill()


def group_is_gone(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    return False


def children(pid: int) -> list[int]:
    """The processes that clean for this one."""
    found = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())
    return [child for child in found if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.fixture
def ctrl_c_counts() -> Iterator[None]:
    """What a shell starts in the background ignores Ctrl-C, and what that starts does, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_counts")
def test_ctrl_c_is_for_the_first_process_alone(tmp_path: Path) -> None:
    with running(tmp_path / "out") as process:
        for child in children(process.pid):
            os.kill(child, signal.SIGINT)
        _, said = process.communicate(GOOD, timeout=60)
        assert process.returncode == 0
        assert said.startswith(b"5,001 articles: 5,001 cleaned, 0 unchanged, 0 failed; ")
    assert (tmp_path / "out").read_bytes().count(b"\n") == 5001


@pytest.mark.usefixtures("ctrl_c_counts")
def test_ctrl_c_ends_all_without_a_traceback(tmp_path: Path) -> None:
    with running(tmp_path / "out") as process:
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130
        assert b"Traceback" not in said
        until(partial(group_is_gone, process.pid), "its processes")


@pytest.mark.usefixtures("ctrl_c_counts")
def test_a_ctrl_c_while_processes_start_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.process.BaseProcess.start", lambda _: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        list(in_order(len, ["thing"], 2))


def test_processes_that_are_killed_are_one_sentence_and_1(tmp_path: Path) -> None:
    with running(tmp_path / "out") as process:
        for child in children(process.pid):
            with suppress(ProcessLookupError):  # the first one's end is the end of all
                os.kill(child, signal.SIGKILL)
        _, said = process.communicate(GOOD * 5000, timeout=60)
        assert process.returncode == 1
        sentence = "error: A process of --jobs ended before its work was done (signal 9)."
        assert said.decode() == f"{sentence} If memory ran out, give fewer jobs.\n"
        until(partial(group_is_gone, process.pid), "its processes")


def test_a_killed_parent_leaves_no_process(tmp_path: Path) -> None:
    with running(tmp_path / "out") as process:
        process.kill()
        _, said = process.communicate(timeout=60)
        assert said == b""
        until(partial(group_is_gone, process.pid), "its processes")


def test_a_reader_that_goes_ends_all(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(GOOD * 5000)
    ends = []
    for jobs in (1, 2):
        with subprocess.Popen(
            [sys.executable, "-m", "stream", "clean", "-j", str(jobs), tmp_path / "a.jsonl"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment(), start_new_session=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            process.stdout.read(10)
            process.stdout.close()
            assert process.stderr is not None
            ends.append((process.stderr.read(), process.wait(60)))
            until(partial(group_is_gone, process.pid), "its processes")
    assert ends[0] == ends[1]
    assert ends[0][0] == b""
