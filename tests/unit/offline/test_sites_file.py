"""The file of what is known of sites: written, read again, and refused where something is wrong with it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stream import Profiles
from stream.errors import SettingsError, StreamError
from stream.offline.sites_file import read_profiles, read_sites, write_sites
from tests.observations import article


def learned(*, by_time: bool = False) -> Profiles:
    profiles = Profiles(by_time=by_time)
    for number in range(5):
        for site in ("example.org", "example.com"):
            profiles.learn_together([(site, article(number, "Footer"))], number * 1000 if by_time else None)
    return profiles


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sites.jsonl"
    write_sites(path, learned())
    return path


@pytest.mark.parametrize("by_time", [True, False])
@pytest.mark.parametrize("name", ["sites.jsonl", "sites.jsonl.gz", "sites.jsonl.zst"])
def test_what_is_read_is_what_was_written(tmp_path: Path, name: str, *, by_time: bool) -> None:
    path, again = tmp_path / name, tmp_path / f"again-{name}"
    profiles = learned(by_time=by_time)
    write_sites(path, profiles)
    found = read_sites(path)
    assert found.by_time == by_time
    assert list(found.sites.items()) == list(profiles.sites.items())
    assert read_profiles(path) == {site.name: site.profile() for site in profiles}
    write_sites(again, found)
    assert again.read_bytes() == path.read_bytes()


def test_nothing_known_is_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "sites.jsonl"
    write_sites(path, Profiles(by_time=True))
    assert len(read_sites(path)) == 0
    assert read_sites(path).by_time


def test_learning_goes_on_from_a_file_as_if_it_had_never_stopped(file: Path, tmp_path: Path) -> None:
    profiles, found = learned(), read_sites(file)
    for number in range(5, 50):
        for each in (profiles, found):
            each.learn_together([("example.org", article(number, "Footer", f"{number} new"))])
    again, whole = tmp_path / "again.jsonl", tmp_path / "whole.jsonl"
    write_sites(again, found)
    write_sites(whole, profiles)
    assert again.read_bytes() == whole.read_bytes()


def test_a_text_that_no_file_can_hold_is_written_all_the_same(tmp_path: Path) -> None:
    profiles = Profiles()
    profiles.learn("The ferry runs all winter, said \udc80.", "example.org")
    write_sites(tmp_path / "sites.jsonl", profiles)
    assert read_profiles(tmp_path / "sites.jsonl").keys() == {"example.org"}


def refused(path: Path, *words: str) -> None:
    for read in (read_sites, read_profiles):
        with pytest.raises(StreamError) as caught:
            read(path)
        sentence = str(caught.value)
        assert "\n" not in sentence
        assert all(word in sentence for word in (path.name, *words)), sentence


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path: Path) -> None:
    refused(tmp_path / "none.jsonl", "No such file")
    refused(tmp_path, "directory")


@pytest.mark.parametrize("lines", [1, 2])
def test_cut_off_at_a_line_s_end(file: Path, lines: int) -> None:
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:lines]))
    refused(file, f":{lines + 1} ", f"cut off after {lines - 1} of 2 sites")


@pytest.mark.parametrize("left", [10, 200, -1])
def test_cut_off_within_a_line(file: Path, left: int) -> None:
    file.write_bytes(file.read_bytes()[:left])
    refused(file, "the line is cut off")


def test_cut_off_within_compressed_data(tmp_path: Path) -> None:
    path = tmp_path / "sites.jsonl.gz"
    write_sites(path, learned())
    path.write_bytes(path.read_bytes()[:-20])
    refused(path, "damaged or incomplete")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("the file is empty",)),
        (b"\n", (":1 ", "not JSON")),
        (b"text\n", (":1 ", "not JSON")),
        (b"[]\n", (":1 ", "no object")),
        (b'{"text":"An article."}\n', (":1 ", "none of sites")),
        (b'{"article_stream_sites":2,"by":"order","sites":0}\n', ("version 2", "version 1")),
        (b'{"article_stream_sites":true,"by":"order","sites":0}\n', ("version True",)),
        (b'{"article_stream_sites":1,"by":"chance","sites":0}\n', ("'by'",)),
        (b'{"article_stream_sites":1,"by":"order","sites":-1}\n', ("'sites'",)),
        (b'{"article_stream_sites":1,"by":"order","sites":1e99}\n', ("'sites'",)),
        (b'{"article_stream_sites":1,"by":"order","sites":0,"more":1}\n', ("other fields",)),
        (b'{"article_stream_sites":1,"by":"order","sites":0}\n{}\n', (":2 ", "more than the 0 sites")),
        (b'{"article_stream_sites":1,"by":"order","sites":1}\n\xff\n', (":2 ", "not UTF-8")),
        (b'{"article_stream_sites":1,"by":"order","sites":1}\n' + b"x" * 1_000_000 + b"\n", (":2 ", "not JSON")),
        (b'{"article_stream_sites":1,"by":"order","sites":1}\n' + b"[" * 1_000_000 + b"\n", (":2 ", "not JSON")),
        (gzip.compress(b"text\n", mtime=0), (":1 ", "not JSON")),
    ],
)
def test_another_file(tmp_path: Path, content: bytes, words: tuple[str, ...]) -> None:
    path = tmp_path / "sites.jsonl"
    path.write_bytes(content)
    refused(path, *words)


def first(site: dict[str, Any], place: int, value: object) -> None:
    site["known"][0][place] = value


HAND_EDITED: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda site: site.pop("at"), "no field 'at'"),
    (lambda site: site.update(more=1), "there is no field 'more'"),
    (lambda site: site.update(site="Example.org"), "'site'"),
    (lambda site: site.update(site=""), "'site'"),
    (lambda site: site.update(site=7), "'site'"),
    (lambda site: site.update(articles=-1), "'articles' is no count"),
    (lambda site: site.update(articles=1 << 60), "'articles' is no count"),
    (lambda site: site.update(total="5"), "'total' is no count"),
    (lambda site: site.update(late=-1), "'late' is no count"),
    (lambda site: site.update(total=True), "'total' is no count"),
    (lambda site: site.update(at=1.5), "'at'"),
    (lambda site: site.update(at=6), "'at'"),
    (lambda site: site.update(stories={}), "'stories'"),
    (lambda site: site["stories"].append(["00"]), "'stories'"),
    (lambda site: site["stories"].extend(site["stories"] * 64), "'stories'"),
    (lambda site: site["stories"][0].append(site["stories"][0][0]), "'stories'"),
    (lambda site: site.update(known=None), "'known'"),
    (lambda site: site["known"].append(site["known"][0]), "item 7 of 'known' has the key of another one"),
    (lambda site: site["known"][0].pop(), "item 1 of 'known' does not have 8 values"),
    (lambda site: first(site, 0, "xyz"), "the key of item 1"),
    (lambda site: first(site, 0, "+00000000000000f"), "the key of item 1"),
    (lambda site: first(site, 0, "0" * 16), "the key of item 1"),
    (lambda site: first(site, 0, "0" * 15 + "1"), "does not belong to its key"),
    (lambda site: first(site, 1, 5), "kind"),
    (lambda site: first(site, 2, "Another line"), "does not belong to its key"),
    (lambda site: first(site, 2, None), "the text of item 1"),
    (lambda site: first(site, 2, "x" * 1_000_000), "longer than 200 characters"),
    (lambda site: first(site, 3, -256), "a count that is none"),
    (lambda site: first(site, 3, 256 * 6), "more articles than there are"),
    (lambda site: first(site, 5, 256 * 6), "more articles than there are"),
    (lambda site: first(site, 6, 9), "a time that is none"),
]


@pytest.mark.parametrize(("edit", "problem"), HAND_EDITED)
def test_edited_by_hand(file: Path, edit: Callable[[dict[str, Any]], object], problem: str) -> None:
    head, one, other = file.read_bytes().splitlines()
    site = json.loads(other)
    edit(site)
    file.write_bytes(b"\n".join([head, one, json.dumps(site).encode(), b""]))
    refused(file, ":3 ", problem)


def test_a_line_that_a_person_took_out_is_forgotten(file: Path) -> None:
    head, one, other = file.read_bytes().splitlines()
    site = json.loads(other)
    gone = site["known"].pop(0)
    file.write_bytes(b"\n".join([head, one, json.dumps(site).encode(), b""]))
    assert int(gone[0], 16) not in read_profiles(file)["example.com"].known


def test_a_site_that_comes_twice(file: Path) -> None:
    head, one, _ = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([head, one, one, b""]))
    refused(file, ":3 ", "a second time")


def test_what_is_wrong_ends_in_the_exit_code_of_a_wrong_option(file: Path) -> None:
    file.write_bytes(b"text\n")
    with pytest.raises(SettingsError):
        read_sites(file)
