"""Files in parts: together they are the file, whatever their size and whoever reads them."""

from __future__ import annotations

import os
import pickle
from copy import copy
from io import BytesIO, FileIO
from pathlib import Path

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.fakes import PROCESSOR, REPEATED
from stream.offline.chunks import Chunk, ChunkCleaner, CleanedChunk, chunks_of, spans_of
from stream.offline.jobs import in_order
from tests.trials import TIMED

GOOD = orjson.dumps({"text": REPEATED}) + b"\n"
LINES = (GOOD, b"\n", b" \r\n", b"not json\n", b'{"text":"\xff"}\n', b'{"id":1}\r\n', GOOD[:-1] + b"\r\n", b"[]\n")


def test_a_file_that_is_not_what_it_was_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD * 4)
    first, second, third, fourth = spans_of(path, len(GOOD), 7)
    cleaner = ChunkCleaner(PROCESSOR)
    with path.open("ab") as file:
        file.write(GOOD)  # a longer one is read to the end that it had
    assert cleaner(first)[4:8] == ((), 1, 7, "")
    os.truncate(path, 2 * len(GOOD))
    assert cleaner(second)[4:8] == ((), 1, 7, "")
    assert cleaner(third).failure == f"{path} was changed while it was read."
    (tmp_path / "b").write_bytes(GOOD * 4)
    (tmp_path / "b").replace(path)
    assert cleaner(fourth).failure == f"{path} was changed while it was read."
    path.unlink()
    (found,) = in_order(cleaner, [first], 2)
    assert found.failure == f"{path} cannot be read: No such file or directory."


@given(lines=st.lists(st.sampled_from(LINES)), last=st.sampled_from([b"", *LINES]), size=st.integers(1, 600))
def test_chunks_of_any_size_give_what_one_gives(lines: list[bytes], last: bytes, size: int) -> None:
    data = b"".join(lines) + last.removesuffix(b"\n")
    cleaner = ChunkCleaner(PROCESSOR, keeps_removed=True)
    chunks = list(chunks_of("f", BytesIO(data), "jsonl", size))
    assert b"".join(chunk.data for chunk in chunks) == data
    assert all(chunk.data.endswith(b"\n") for chunk in chunks[:-1])
    longest = max(map(len, data.splitlines(keepends=True)), default=0)
    assert all(len(chunk.data) < size + longest + size for chunk in chunks)
    whole = [cleaner(chunk) for chunk in chunks_of("f", BytesIO(data), "jsonl")]
    parts = list(map(cleaner, chunks))
    assert b"".join(part.output for part in parts) == b"".join(part.output for part in whole)
    assert b"".join(part.removed for part in parts) == b"".join(part.removed for part in whole)
    assert [said for part in parts for said in part.problems] == [said for part in whole for said in part.problems]
    assert sum(part.size for part in parts) == len(data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, *TIMED])
@given(lines=st.lists(st.sampled_from(LINES)), last=st.sampled_from([b"", *LINES]), size=st.integers(1, 600))
def test_spans_of_any_size_are_the_file(tmp_path: Path, lines: list[bytes], last: bytes, size: int) -> None:
    data = b"".join(lines) + last.removesuffix(b"\n")
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    parts = list(map(ChunkCleaner(PROCESSOR), spans_of(path, size)))
    whole = ChunkCleaner(PROCESSOR)(Chunk(str(path), "jsonl", 1, data))
    assert b"".join(part.output for part in parts) == whole.output
    assert sum(part.size for part in parts) == len(data)
    assert sum(part.lines for part in parts) == len(BytesIO(data).readlines())
    before, said = 0, []
    for part in parts:
        said += [(before + line, text) for line, text in part.problems]
        before += part.lines
    assert tuple(said) == whole.problems


def test_a_pipe_is_not_waited_for() -> None:
    ours, theirs = os.pipe()
    with FileIO(theirs, "w") as to, os.fdopen(ours, "rb") as file:
        chunks = chunks_of("f", file, "jsonl")
        to.write(b"a\nb\nc")
        assert next(chunks).data == b"a\nb\n"
        to.write(b"d\n")
        assert next(chunks)[2:4] == (3, b"cd\n")


def test_a_cleaned_chunk_is_copied_like_any_other_tuple() -> None:
    chunk = CleanedChunk("a", 1, b"output", b"removed", ((1, "broken"),), 2, 3)
    assert copy(chunk) == pickle.loads(pickle.dumps(chunk, 4)) == pickle.loads(pickle.dumps(chunk, 5)) == chunk  # noqa: S301
