"""Formats by name and by content, compressed files, arrays, and files that take the place of others."""

from __future__ import annotations

import gzip
import os
import stat
from io import BufferedReader, BytesIO
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes import PROCESSOR, REPEATED
from stream.core.cleaning import clean
from stream.errors import StreamError
from stream.offline.arrays import is_array, parts_of
from stream.offline.chunks import ChunkCleaner, chunks_of
from stream.offline.compressed import compressing, decompressed
from stream.offline.files import format_of_name, format_of_start, is_html, recognised
from stream.offline.replacement import Replacement


@pytest.mark.parametrize(
    ("start", "wanted"),
    [
        (b"", "text"),
        (b"A ferry.\n", "text"),
        (b"{sic} he wrote.\n", "text"),
        (b"[Reuters] A ferry.\n", "text"),
        (b'{"text":"a"}', "jsonl"),
        (b'\xef\xbb\xbf \n{"text":"a"}\n{"text":"b"}\n', "jsonl"),
        (b'{"text":broken}\n{"text":"b"}\n', "jsonl"),
        (b'{"text":broken}', "json"),
        (b'{\n "text":"a"\n}\n', "json"),
        (b"{}\n", "jsonl"),
        (b'[{"text":"a"}]', "json"),
        (b"[\n]", "json"),
    ],
)
def test_the_beginning_tells_the_format(start: bytes, wanted: str) -> None:
    assert format_of_start(start) == wanted


def test_no_more_is_read_than_tells_and_nothing_is_lost() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as file:
        for data in (b" ", b'{"te', b'xt":"a"}\n{"t'):
            os.write(theirs, data)
        content, found = recognised(file, None)  # would wait for ever for more than the first line
        assert found == "jsonl"
        assert content.read1() == b' {"text":"a"}\n{"t'
        os.close(theirs)
        assert content.read() == b""


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_what_is_compressed_is_told_by_its_first_bytes(compression: str) -> None:
    if compression == "zstd":
        pytest.importorskip("backports.zstd")
    packed = BytesIO()
    writer = compressing(packed, compression)  # type: ignore[arg-type]
    writer.write(b'{"text":"a"}\n' * 100_000)
    writer.close()
    whole = packed.getvalue()
    assert len(whole) < 10_000
    content, found = recognised(BufferedReader(BytesIO(whole)), None)
    assert (found, content.read()) == ("jsonl", b'{"text":"a"}\n' * 100_000)
    for damaged in (whole[:-9], whole[:20] + b"x" * 40 + whole[20:]):
        with pytest.raises(OSError, match="damaged or incomplete"):
            decompressed(BytesIO(damaged), compression).read()  # type: ignore[arg-type]


def test_a_name_tells_the_format_without_its_compression() -> None:
    names = ("a.jsonl.gz", "a.JSON.ZST", "a.txt", "a.gz", "a")
    assert [format_of_name(Path(name)) for name in names] == ["jsonl", "json", "text", None, None]
    for name in ("a.html", "a.htm.gz"):
        with pytest.raises(StreamError, match="trafilatura"):
            format_of_name(Path(name))


PAGES = (
    b"<!DOCTYPE html>\n<p>",
    b'\xef\xbb\xbf\n<?xml version="1.0"?><!-- a --><html lang="en">',
    b"<p>A</p>",
    b"<h1 id=a>",
)
TEXTS = (b"", b"A < b", b"<b>", b"<pre-owned>", b"The <html> tag", b"<3", b"<http://example.org>")


def test_a_page_is_told_from_a_text() -> None:
    assert [is_html(page, "standard input") for page in PAGES] == [True] * len(PAGES)
    assert [is_html(text, "a.txt") for text in TEXTS] == [False] * len(TEXTS)
    assert [is_html(page, "a.md.gz") for page in PAGES] == [True, True, False, False]


ITEMS = (b'{"text":"a"}', b'{"a":[{"]":"\\\\\\"]}"}]}', b'"\\\\"', b"[]", b"[[1,2],{}]", b"1e400", b"nonsense")
SPACES = (b"", b"\n ")


@given(
    items=st.lists(st.sampled_from(ITEMS)),
    space=st.sampled_from(SPACES),
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_parts_of_an_array_are_the_file_and_hold_its_items(
    items: list[bytes], space: bytes, sizes: tuple[int, int]
) -> None:
    data = b"[" + b",".join(space + item + space for item in items) + b"]\n"
    first, size = sizes
    file = BytesIO(data)
    parts = list(parts_of(file.read(first), file.read, size))
    assert b"".join(part.data for part in parts) == data
    found = [part.data[item.begin : item.end] for part in parts for item in part.items]
    assert found == items
    places = [item for part in parts for item in part.items]
    assert [item.number for item in places] == list(range(1, len(items) + 1))
    lines = [1 + (2 * at + 1) * space.count(b"\n") for at in range(len(items))]
    assert [item.line for item in places] == lines
    assert not any(part.flaw for part in parts)
    assert is_array(data)


@pytest.mark.parametrize(
    ("data", "flaw", "items"),
    [
        (b'[{"text":"a"}', "the JSON array has no end", 1),
        (b'[{"text":"a"},', "the JSON array has no end", 1),
        (b'[{"text":"a', "the JSON array has no end", 1),
        (b"[] []", "there is more after the end of the JSON array", 0),
        (b"[1,]", "", 2),
    ],
)
def test_what_is_wrong_with_an_array_is_said(data: bytes, flaw: str, items: int) -> None:
    *_, last = parts_of(data, BytesIO().read, 100)
    assert (last.flaw, len(last.items)) == (flaw, items)


@pytest.mark.parametrize("size", [1, 1 << 20])
@pytest.mark.parametrize("explains", [False, True])
def test_an_array_is_cleaned_item_by_item_and_every_other_byte_stays(size: int, explains: bool) -> None:  # noqa: FBT001
    data = b'[ %s ,\n{"text":1},\n%s,"x"]\n' % ((orjson.dumps({"text": REPEATED}),) * 2)
    shown = (lambda: lambda _, place: b"%d %d\n" % (place.line, place.item)) if explains else None
    cleaner = ChunkCleaner(PROCESSOR, shown, keeps_removed=True)
    chunks = [cleaner(chunk) for chunk in chunks_of("a.json", BytesIO(data), "json", size)]
    out = b"".join(chunk.output for chunk in chunks)
    one = PROCESSOR.codec.encode(orjson.dumps({"text": REPEATED}), [clean(REPEATED, PROCESSOR.rules).text])
    wanted = b"1 1\n2 2\n3 3\n3 4\n" if explains else b'[ %s ,\n{"text":1},\n%s,"x"]\n' % (one, one)
    assert out == wanted
    problems = [problem for chunk in chunks for problem in chunk.problems]
    assert [(line, text.partition(":")[0]) for line, text in problems] == [(2, "item 2"), (3, "item 4")]
    removed = [orjson.loads(line) for chunk in chunks for line in bytes(chunk.removed).splitlines()]
    assert [(one["line"], one["item"]) for one in removed] == [(1, 1), (3, 3)]
    assert [sum(chunk.counts[at] for chunk in chunks) for at in range(5)] == [4, 2, 2, 2, 6]


def test_a_file_is_replaced_with_its_permissions_and_a_link_stays_one(tmp_path: Path) -> None:
    path, link = tmp_path / "a.txt", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    with Replacement(link) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
        file.keep()
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == [path, link]


def fail_halfway(path: Path, compression: object, error: BaseException) -> None:
    with Replacement(path, compression) as file:  # type: ignore[arg-type]
        file.write(b"new")
        raise error


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_whatever_goes_wrong_the_file_is_as_it_was(
    tmp_path: Path, compression: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    for error in (KeyboardInterrupt(), StreamError("x")):
        with pytest.raises(type(error)):
            fail_halfway(path, compression, error)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with Replacement(path, compression) as file:  # type: ignore[arg-type]
        file.write(b"new")
        with pytest.raises(StreamError, match=r"a cannot be written: No space left on device. It is as it was before."):
            file.keep()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_a_regular_file_is_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        with pytest.raises(StreamError, match=r"cannot be written: it is not a regular file\."), Replacement(path):
            pass
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_gzip_file_is_the_same_whenever_it_is_written() -> None:
    packed = []
    for _ in range(2):
        file = BytesIO()
        with compressing(file, "gzip") as writer:
            writer.write(b"a")
        packed.append(file.getvalue())
    assert packed[0] == packed[1]
    assert gzip.decompress(packed[0]) == b"a"
