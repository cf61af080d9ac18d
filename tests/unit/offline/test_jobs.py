"""`clean --jobs`: the same output as of one job, whatever comes in; results in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import count
from operator import methodcaller
from pathlib import Path
from pickle import PickleBuffer
from typing import Any

import orjson
import pytest

from harness.commands import ROOT, article_stream, environment
from harness.fakes import BODY, CLEAN, REPEATED
from stream.errors import StreamError
from stream.offline.chunks import CHUNK_BYTES
from stream.offline.crew import ROOM_BYTES
from stream.offline.jobs import AHEAD, in_order
from tests.unit.offline.test_chunks import GOOD, LINES

CALLED: Callable[[Any], object] = methodcaller("__call__")


def hostile() -> bytes:
    """Lines of all kinds over several chunks, one of them longer than a chunk, and no end of the last line."""
    many = b"".join(LINES * (3 * CHUNK_BYTES // 5 // sum(map(len, LINES))))
    numbered = (f"{BODY} {number}" for number in range(11 * CHUNK_BYTES // 10 // len(BODY)))
    long = orjson.dumps({"text": [*numbered, BODY, BODY]})
    assert len(long) > CHUNK_BYTES
    return b"".join((many, b"broken\n", long, b"\n", many, GOOD, b'{"text":1}\n', GOOD[:-1]))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("files")
    for name, data in (("a", hostile()), ("empty", b""), ("blank", b"\n\n"), ("b", GOOD)):
        (folder / f"{name}.jsonl").write_bytes(data)
    (folder / "c.txt").write_text(REPEATED, "utf-8")
    return tuple(folder / name for name in ("a.jsonl", "empty.jsonl", "blank.jsonl", "c.txt", "b.jsonl"))


def cleaned(*arguments: object, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    """Exit code, output and errors of `clean`, whose output may be no UTF-8."""
    command = [sys.executable, "-m", "stream", "clean", *map(str, arguments)]
    ended = subprocess.run(
        command, input=stdin, env=environment(), capture_output=True, timeout=120, check=False, cwd=ROOT
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_all_that_comes_out_is_what_one_job_gives(files: tuple[Path, ...], tmp_path: Path) -> None:
    one, two, three = (cleaned("--removed", tmp_path / str(jobs), "-j", jobs, *files) for jobs in (1, 2, 3))
    last_bad = hostile().count(b"\n")  # the last line but one
    assert one[0] == 1
    assert f"{files[0]}:{last_bad}: the field 'text' is no string" in one[2].decode()
    assert one == two == three
    removed = [(tmp_path / str(jobs)).read_bytes() for jobs in (1, 2, 3)]
    assert removed[0].count(b"\n") > 1000
    assert removed[0] == removed[1] == removed[2]


@pytest.fixture(scope="module")
def by_chunks(files: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> tuple[int, bytes, bytes]:
    """What comes out where one process cleans chunk by chunk, as it does when it writes the removals, too."""
    return cleaned("--removed", tmp_path_factory.mktemp("removed") / "removed", *files, files[0])


@pytest.mark.parametrize("jobs", [1, 3])
def test_lines_of_a_file_are_counted_by_whoever_reads_it(
    files: tuple[Path, ...], by_chunks: tuple[int, bytes, bytes], jobs: int
) -> None:
    assert cleaned("-j", jobs, *files, files[0]) == by_chunks


def test_a_file_that_is_changed_ends_with_1_and_what_came_before(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(GOOD * (16 * CHUNK_BYTES // len(GOOD)))
    with subprocess.Popen(
        [sys.executable, "-m", "stream", "clean", "-j2", tmp_path / "a.jsonl"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.read(1)
        os.truncate(tmp_path / "a.jsonl", 0)
        out, said = process.communicate(timeout=60)
        assert (process.returncode, said.decode()) == (
            1,
            f"error: {tmp_path / 'a.jsonl'} was changed while it was read.\n",
        )
        assert out.endswith(b"\n")


def test_a_file_that_does_not_know_its_size_is_read() -> None:
    one, two = (cleaned("-f", "jsonl", "-j", jobs, "/proc/version") for jobs in (1, 2))
    assert one == two
    assert one[1]


def test_standard_input_too(files: tuple[Path, ...]) -> None:
    data = files[0].read_bytes()
    one = cleaned("-f", "jsonl", stdin=data)
    assert b"standard input:4: the value is not JSON" in one[2]
    assert cleaned("-f", "jsonl", "-j", 2, stdin=data) == one


def test_explaining_too(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"".join((GOOD, b"not json\n", b'{"text":"\\ud800\\u001b"}\n')) * 50)
    (tmp_path / "b.jsonl").write_bytes(GOOD)
    one = article_stream("clean", "--explain", tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert "[repeats line 1 of the text]" in one.out
    assert article_stream("clean", "--explain", "-j2", tmp_path / "a.jsonl", tmp_path / "b.jsonl") == one


def test_settings_and_rules_count_in_every_process(tmp_path: Path) -> None:
    rules = (
        '[[rule]]\nid = "my.end"\nkind = "end"\nphrases = ["so long"]\nexample = "So long"\nsource = ["a.example"]\n'
    )
    (tmp_path / "mine.toml").write_text(rules, "utf-8")
    value = {"body": f"{CLEAN}\nSo long", "site": "www.a.example"}
    (tmp_path / "a.jsonl").write_bytes(orjson.dumps(value))
    options = ("-s", f"rules={tmp_path / 'mine.toml'}", "-s", "text_field=body", "-s", "source_field=site")
    assert orjson.loads(article_stream("clean", "-j2", *options, tmp_path / "a.jsonl").out)["body"] == CLEAN


def test_0_is_as_many_as_processors_and_fewer_are_refused() -> None:
    assert article_stream("clean", "--jobs", 0, stdin=REPEATED.encode()).out == CLEAN
    assert article_stream("clean", "--jobs", -1).code == 2


def test_what_comes_before_a_missing_file_goes_out(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(GOOD)
    one, two = (article_stream("clean", "-j", jobs, tmp_path / "a.jsonl", tmp_path / "none.jsonl") for jobs in (1, 2))
    assert one.out
    assert one.err == f"error: {tmp_path / 'none.jsonl'} cannot be read: No such file or directory.\n"
    assert two == one


def test_results_come_in_order_whichever_is_done_first(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # the first thing is done when the third is, and so after the second
    things = (partial(Path.read_bytes, pipe), partial(abs, -1), partial(Path.write_bytes, pipe, b"x"))
    assert list(in_order(CALLED, things, 2)) == [b"x", 1, 1]


@pytest.mark.parametrize("count", [1, 2])
def test_results_of_any_size_come_back(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """From forked processes, and where there are threads from others."""
    monkeypatch.setattr("stream.offline.crew.threads", lambda: count)
    sizes = [0, 1, ROOM_BYTES - 99, ROOM_BYTES, 2 * ROOM_BYTES] * 3
    assert list(map(len, in_order(bytes, sizes, 2))) == sizes
    assert not multiprocessing.active_children()


def _many(number: int) -> PickleBuffer:
    return PickleBuffer(bytes([number]) * 100_000)


def test_a_result_is_good_until_the_next_is_taken() -> None:
    for number, result in enumerate(in_order(_many, range(100), 2)):
        assert bytes(memoryview(result)) == bytes([number]) * 100_000


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_a_bounded_number_is_under_way(jobs: int) -> None:
    read = 0

    def things() -> Iterator[int]:
        nonlocal read
        for read in range(1, 101):
            yield -read

    for taken, result in enumerate(in_order(abs, things(), jobs), 1):
        assert result == taken
        assert read - taken < AHEAD * jobs
    assert read == 100


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_what_is_read_comes_after_the_results_before_it(jobs: int) -> None:
    def things() -> Iterator[int]:
        yield from (1, 2, 3)
        msg = "x"
        raise StreamError(msg)

    results = in_order(abs, things(), jobs)
    assert [next(results), next(results), next(results)] == [1, 2, 3]
    with pytest.raises(StreamError, match="x"):
        next(results)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("death", "how"),
    [(partial(signal.raise_signal, signal.SIGKILL), "signal 9"), (partial(os._exit, 3), "exit code 3")],
)
def test_a_process_that_dies_is_one_sentence_and_no_hang(death: Callable[[], object], how: str) -> None:
    large = partial(len, bytes(1 << 22))  # more than a pipe holds
    results = in_order(CALLED, [*[large] * 6, death, *[large] * 9], 2)
    assert next(results) == 1 << 22
    with pytest.raises(StreamError, match=f"before its work was done \\({how}\\)"):
        list(results)
    assert not multiprocessing.active_children()


def test_ending_early_leaves_no_process() -> None:
    with closing(in_order(abs, count(), 2)) as results:
        assert next(results) == 0
        assert multiprocessing.active_children()
    assert not multiprocessing.active_children()
