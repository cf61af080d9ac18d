"""The figures of `article-stream evaluate`."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from harness.commands import article_stream, one_sentence
from stream.cli.plot import require
from stream.core.cleaning import clean
from stream.core.rules import builtin
from stream.errors import StreamError
from stream.offline.evaluation import Report, flags_of, labelled_page, shortened

P = [f"Paragraph {i} tells what the harbour master said that day. He said so to anybody who asked." for i in range(8)]
LINKS = ["You may also like", "Five stations worth a stop", "Ferry stops for the winter", "Market in the old depot"]
PAGE = {
    "id": "a", "source": "island.example", "lang": "en", "genre": "news", "raw": "\n".join([*P, *LINKS]),
    "keep": [True] * 8 + [False] * 4, "neutral": [False] * 11 + [True], "footer_start": 8,
}  # fmt: skip


def test_a_perfect_page() -> None:
    report = Report()
    report.add(labelled_page(PAGE), clean(str(PAGE["raw"])))
    row = report.total.row()
    assert (row["footer lines removed %"], row["body chars lost %"], row["pages cut perfectly %"]) == (100, 0, 100)
    assert report.by_reason == {"footer": (3, 0)}
    assert report.worst == []


def test_a_page_is_measured_with_less_of_its_footer_too() -> None:
    report = Report()
    report.measure(labelled_page(PAGE), builtin())
    assert report.row()["bodies alone changed %"] == 0
    assert report.short.pages == 1
    assert 1 <= report.short.footer <= 3
    assert report.short.footer == report.short.footer_gone
    body = shortened(labelled_page(PAGE), 0)
    assert body.lines == tuple(P)
    assert shortened(labelled_page(PAGE), 2).lines == (*P, *LINKS[:2])


def test_of_what_goes_as_junk_the_body_is_counted_and_of_bodies_those_changed_falsely() -> None:
    junk = ["Advertisement", "Related articles"]
    lines = [*P[:3], junk[0], *P[3:5], junk[1], *P[5:], "You may also like", "One", "Two", "Advertisement", "Three"]
    keep = [True] * 3 + [False] + [True] * 2 + [True] + [True] * 3 + [False] * 5
    report = Report()
    report.measure(labelled_page({"raw": "\n".join(lines), "keep": keep}), builtin())
    assert report.junk == (1, 1)
    assert report.row()["gone as junk: no body %"] == 50
    assert report.row()["bodies alone changed falsely %"] == 100
    report.measure(labelled_page({"raw": "\n".join([*P, *P[:2]]), "keep": [True] * 10}), builtin())
    assert report.changed == {"junk": 1, "repeat": 1}
    assert report.row()["bodies alone changed %"] == 100
    assert report.row()["bodies alone changed falsely %"] == 50


def test_lines_are_matched_in_order() -> None:
    page = labelled_page({"raw": "a\nb\na\nc", "keep": [True] * 4})
    assert flags_of(page, "a\n\na") == [True, False, True, False]
    assert page.footer_start == 4


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({}, "keep"),
        ({"raw": "a"}, "keep"),
        ({"raw": "a\nb", "keep": [True]}, "keep"),
        ({"raw": "a", "keep": [True], "neutral": True}, "neutral"),
        ({"raw": "a", "keep": [True], "footer_start": "1"}, "footer_start"),
        ({"raw": "a", "keep": [True], "footer_start": 2}, "footer_start"),
    ],
)
def test_a_page_that_is_none_is_an_error(data: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        labelled_page(data)


@pytest.mark.parametrize("raw", ["a\rb", "a\rb\rYou may also like\rOne", f"{P[0]}\u2029{P[0]}"])
def test_only_a_line_feed_ends_a_line_as_in_the_labels(raw: str) -> None:
    report = Report()
    report.measure(labelled_page({"raw": raw, "keep": [True], "footer_start": None}), builtin())
    assert report.total.body == 1


def test_the_command_reads_plain_and_packed_files(tmp_path: Path) -> None:
    lines = (json.dumps(PAGE) + "\n").encode()
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    plain = article_stream("evaluate", tmp_path / "a.jsonl")
    assert plain.code == 0
    assert "pages cut perfectly %" in plain.out
    packed = article_stream("evaluate", tmp_path / "a.jsonl.gz", "--json")
    total = json.loads(packed.out, parse_constant=pytest.fail)["total"]
    assert total["pages"] == 1
    assert total["junk lines removed %"] is None, "there were none"


def test_the_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(PAGE) + "\n", "utf-8")
    drawn = article_stream("evaluate", tmp_path / "a.jsonl", "--plot", tmp_path / "a.svg")
    assert drawn.code == 0, drawn.err
    assert "<svg" in (tmp_path / "a.svg").read_text("utf-8")
    other = article_stream("evaluate", tmp_path / "a.jsonl", "--plot", tmp_path / "a.nothing")
    assert other.code == 1
    assert other.out, "the figures are there"
    (line,) = other.err.splitlines()
    assert line.startswith(f"error: {tmp_path / 'a.nothing'} cannot be written")


def test_the_library_that_draws_is_asked_for_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(StreamError, match="needs matplotlib"):
        require()


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n", "utf-8")
    answer = article_stream("evaluate", tmp_path / "a.jsonl")
    assert answer.code != 0
    assert "a.jsonl:1" in answer.err
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress((json.dumps(PAGE) + "\n").encode())[:-9])
    assert "a.jsonl.gz cannot be read" in one_sentence(article_stream("evaluate", tmp_path / "a.jsonl.gz"), 1)


def test_rules_commands(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[[rule]]\nid = "my.rule"\nkind = "section"\nphrases = ["share"]\nexample = "Share"\n', "utf-8")
    (tmp_path / "a.txt").write_text("A sentence.\nRelated articles\nHome\n", "utf-8")
    assert "takes 'share' over from en.share" in article_stream("rules", "lint", own).out
    own.write_text(own.read_text("utf-8").replace("my.rule", "en.tags"), "utf-8")
    assert "en.tags takes 'share' over from en.share" in article_stream("rules", "lint", own).out
    assert "find their examples" in article_stream("rules", "test", own).out
    assert "en.related" in article_stream("rules", "list", "--lang", "en", "--phrases").out
    explained = article_stream("rules", "explain", tmp_path / "a.txt").out
    assert "[en.related, section]" in explained
    assert "sentence" not in explained


def test_an_error_in_a_rule_file_names_the_file_that_was_given(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    for command in ("lint", "test"):
        own.write_text("rule = 3", "utf-8")
        said = one_sentence(article_stream("rules", command, own), 2)
        assert said == f"{own}: rule must be a list of [[rule]] tables."
        assert (
            one_sentence(article_stream("rules", command, tmp_path), 2) == f"{tmp_path} cannot be read: Is a directory."
        )
    said = one_sentence(article_stream("rules", "list", "--set", f"rules={own}"), 2)
    assert said.startswith(f"STREAM_RULES: {own}: ")


def test_rules_of_one_language_are_counted_and_an_unknown_one_is_refused() -> None:
    *listed, total = article_stream("rules", "list", "--lang", "th").out.splitlines()
    assert all(line.startswith("th.") for line in listed)
    assert total.startswith(f"{len(listed)} of {len(builtin().rules)} rules, version ")
    said = one_sentence(article_stream("rules", "list", "--lang", "xx"), 1)
    assert said.startswith("There are no rules of language 'xx'. There are some of ar, bg, cs, ")


def test_rules_are_explained_by_an_editors_lines_in_the_articles_language(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(f"{P[0]}\r\r\nYou may also like\r\nFacebook\r\n".encode())
    lines = article_stream("rules", "explain", tmp_path / "a.txt").out.splitlines()
    assert lines == ["    3  You may also like  [en.also-like, section]", "    4  Facebook  [en.share, label]"]


def test_without_enough_data_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "a", "raw": "\n".join(P), "keep": [True] * 8}) + "\n", "utf-8")
    shown = article_stream("evaluate", path).out
    assert "nan" not in shown
    assert "footer lines removed %                no data" in shown
    assert "(no data: none of these pages has lines of that kind)" in shown
    assert json.loads(article_stream("evaluate", "--json", path).out)["total"]["footer lines removed %"] is None
    said = one_sentence(article_stream("evaluate", "--plot", tmp_path / "a.png", path), 1)
    assert said == "--plot has nothing to draw: none of these pages has a footer."
    said = one_sentence(article_stream("evaluate", "--lang", "xx", "--genre", "news", path), 1)
    assert said == f"{path} has no page of genre 'news' in language 'xx'."
