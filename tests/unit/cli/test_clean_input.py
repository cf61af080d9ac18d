"""What `clean` takes: formats told by content, compressed files, arrays, and what it refuses."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import orjson
import pytest

from harness.commands import article_stream, one_sentence
from harness.fakes import BODY, CLEAN, REPEATED

RAW = orjson.dumps({"id": 1, "text": REPEATED})
WANTED = orjson.dumps({"id": 1, "text": CLEAN}).decode()


@pytest.mark.parametrize(
    ("stdin", "wanted"),
    [
        (RAW, WANTED),
        (RAW + b"\n" + RAW + b"\n", f"{WANTED}\n{WANTED}\n"),
        (b"[" + RAW + b",\n" + RAW + b"]", f"[{WANTED},\n{WANTED}]"),
        (json.dumps({"text": REPEATED}, indent=1).encode(), json.dumps({"text": CLEAN}, indent=1)),
        (gzip.compress(RAW), WANTED),
        (gzip.compress(REPEATED.encode()), CLEAN),
    ],
)
def test_standard_input_is_recognised_by_its_content(stdin: bytes, wanted: str) -> None:
    answer = article_stream("clean", "--quiet", stdin=stdin)
    assert (answer.code, answer.out, answer.err) == (0, wanted, "")


def test_its_name_tells_what_it_is_and_what_it_is_called() -> None:
    answer = article_stream("clean", "--quiet", "--stdin-filename", "wire.jsonl", stdin=b"broken\n")
    assert answer.code == 1
    assert answer.err.startswith("wire.jsonl:1: the value is not JSON")
    assert article_stream("clean", "--quiet", "--stdin-filename", "a.txt", stdin=RAW).out == RAW.decode()


def test_zstandard(tmp_path: Path) -> None:
    zstd = pytest.importorskip("backports.zstd")
    packed = zstd.compress(RAW + b"\n")
    assert article_stream("clean", "--quiet", stdin=packed).out == f"{WANTED}\n"
    (tmp_path / "a.jsonl.zst").write_bytes(packed)
    article_stream("clean", "--in-place", tmp_path / "a.jsonl.zst")
    assert zstd.decompress((tmp_path / "a.jsonl.zst").read_bytes()).decode() == f"{WANTED}\n"


@pytest.mark.parametrize("jobs", [1, 2])
def test_compressed_files_and_arrays_with_any_number_of_jobs(tmp_path: Path, jobs: int) -> None:
    lines = b"".join(RAW + b"\n" for _ in range(8000))  # over several chunks
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines, 1))
    (tmp_path / "b.json").write_bytes(b"[" + b",".join([RAW] * 8000) + b"]")
    answer = article_stream("clean", "--jobs", jobs, tmp_path / "a.jsonl.gz", tmp_path / "b.json")
    assert answer.out == f"{WANTED}\n" * 8000 + "[" + ",".join([WANTED] * 8000) + "]"
    counted = "16,000 articles: 16,000 cleaned, 0 unchanged, 0 failed"
    assert answer.err == f"{counted}; removed 16,000 repeated paragraphs, 48,000 footer lines\n"


def test_a_bad_item_of_an_array_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'[{"text":"a"},\n{"id":1},\n 3')
    answer = article_stream("clean", "--quiet", path)
    assert (answer.code, answer.out) == (1, path.read_text())
    assert answer.err.splitlines() == [
        f"{path}:2: item 2: the object has no field 'text'",
        f"{path}:3: item 3: the value is JSON but no object (it is a number)",
        f"{path}:3: the JSON array has no end",
        "error: 3 records could not be cleaned and went out unchanged.",
    ]


def test_damaged_data_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(RAW)[:-9])
    said = f"{path} cannot be read: its gzip data is damaged or incomplete."
    assert one_sentence(article_stream("clean", "--in-place", path), 1) == said
    answer = article_stream("clean", stdin=b"\x1f\x8b damaged")
    assert one_sentence(answer, 1) == "standard input cannot be read: its gzip data is damaged or incomplete."


@pytest.mark.parametrize("name", ["page.html", "page.txt", "-"])
def test_a_web_page_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    page = f"<!doctype html>\n<html><body><p>{BODY}</p></body></html>".encode()
    path = Path(name) if name == "-" else tmp_path / name
    if name != "-":
        path.write_bytes(page)
    said = one_sentence(article_stream("clean", path, stdin=page), 1)
    shown = "standard input" if name == "-" else path
    assert said == f"{shown} is HTML. Extract its text first, for example with trafilatura, and clean that."
