"""`article-stream learn`, and `clean` with what it learned."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from harness.commands import article_stream, one_sentence

PROMISE = "Write to the desk"


def story(number: int, site: str = "island.example") -> dict[str, str]:
    words = f"The harbour master told reporters on day {'x' * number} that"
    first, *rest = [f"{words} the {thing} would be kept open as long as it was needed." for thing in ("pier", "quay")]
    return {"text": "\n".join([first, PROMISE, *rest]), "url": f"https://www.{site}/{number}"}


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    path = tmp_path / "articles.jsonl"
    path.write_text("".join(json.dumps(story(number)) + "\n" for number in range(1, 13)))
    return path


@pytest.fixture
def sites(articles: Path, tmp_path: Path) -> Path:
    answer = article_stream("learn", articles, "--to", tmp_path / "sites.jsonl")
    assert answer == (0, "", "12 articles: 12 learned, 0 known already, 0 without a site, 0 failed; 1 site known\n")
    return tmp_path / "sites.jsonl"


def test_what_the_site_repeats_goes_from_its_articles_and_from_no_others(sites: Path) -> None:
    mine, other = story(20), story(20, "other.example")
    value = json.dumps(mine).encode() + b"\n" + json.dumps(other).encode() + b"\n"
    answer = article_stream("clean", "--sites", sites, stdin=value)
    assert answer.code == 0, answer.err
    cleaned, untouched = map(json.loads, answer.out.splitlines())
    assert PROMISE not in cleaned["text"]
    assert untouched == other
    assert "removed 1 line known from its site" in answer.err


def test_the_explanation_and_the_removals_tell_in_how_many_articles_it_stands(sites: Path, tmp_path: Path) -> None:
    value = json.dumps(story(20)).encode()
    shown = article_stream("clean", "--sites", sites, "--explain", stdin=value).out
    assert f"- {PROMISE}  [junk: site, 12 of 12 articles]" in shown
    article_stream("clean", "--sites", sites, "--removed", tmp_path / "removed.jsonl", stdin=value)
    record = json.loads((tmp_path / "removed.jsonl").read_bytes())
    assert len(record["site"]) == 12
    assert [(each["reason"], each["rule"]) for each in record["removed"]] == [("site", "junk:12/12")]


def test_several_processes_clean_the_same(sites: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    path.write_text("".join(json.dumps(story(number)) + "\n" for number in range(1, 2000)))
    one, two = (article_stream("clean", "--sites", sites, path, "--jobs", jobs) for jobs in (1, 2))
    assert one == two
    assert PROMISE not in one.out


def test_runs_add_up_to_one_run(articles: Path, sites: Path, tmp_path: Path) -> None:
    lines = articles.read_text().splitlines(keepends=True)
    again = tmp_path / "again.jsonl.gz"
    for number, part in enumerate((lines[:5], lines[5:])):
        more = ["--from", again] if number else []
        answer = article_stream("learn", "-q", "--to", again, *more, stdin="".join(part).encode())
        assert answer == (0, "", "")
    assert gzip.decompress(again.read_bytes()) == sites.read_bytes()


def test_what_cannot_be_read_is_named_and_the_rest_is_learned(articles: Path, tmp_path: Path) -> None:
    articles.write_text("broken\n" + articles.read_text())
    answer = article_stream("learn", articles, "--to", tmp_path / "sites.jsonl")
    assert answer.code == 1
    problem, summary, error = answer.err.splitlines()
    assert problem.startswith(f"{articles}:1: ")
    assert "12 learned" in summary
    assert error == "error: 1 record could not be read."
    assert (tmp_path / "sites.jsonl").exists()


def test_arrays(tmp_path: Path) -> None:
    path, to = tmp_path / "articles.json", tmp_path / "sites.jsonl"
    path.write_text(json.dumps([story(1), story(2), {}]))
    answer = article_stream("learn", path, "--to", to)
    assert answer.code == 1
    assert answer.err.startswith(f"{path}:1: item 3: the object has no field 'text'\n3 articles: 2 learned")
    path.write_text(json.dumps([story(1), story(2)])[:-1])
    answer = article_stream("learn", path, "--to", to)
    assert answer.code == 1
    assert "the JSON array has no end" in answer.err
    assert answer.err.endswith("error: A file could not be read to its end.\n")


def test_times(tmp_path: Path) -> None:
    value = "".join(
        json.dumps(story(number) | {"at": f"2024-05-{number:02}"}) + "\n" for number in range(1, 9)
    ).encode()
    to = tmp_path / "sites.jsonl"
    assert article_stream("learn", "--to", to, "--time", "at", stdin=value).code == 0
    sentence = one_sentence(article_stream("learn", "--to", to, "--from", to, stdin=value), 2)
    assert sentence == f"{to} was learned by the articles' times. Name the field with --time."
    assert "8 known already" in article_stream("learn", "--to", to, "--from", to, "--time", "at", stdin=value).err


def test_wrong_options_are_said_before_anything_is_learned(articles: Path, tmp_path: Path) -> None:
    assert "--to FILE" in one_sentence(article_stream("learn", articles), 2)
    folder = tmp_path / "none" / "sites.jsonl"
    answer = article_stream("learn", "-f", "jsonl", "--to", folder, stdin=b"broken")  # which nobody has read yet
    assert "cannot be written" in one_sentence(answer, 1)
    answer = article_stream("learn", articles, "--to", tmp_path / "sites.jsonl", "--from", articles)
    assert f"{articles}:1 cannot be used" in one_sentence(answer, 2)
    assert not (tmp_path / "sites.jsonl").exists()
    before = articles.read_bytes()
    assert "one of the files to learn from" in one_sentence(article_stream("learn", articles, "--to", articles), 2)
    assert articles.read_bytes() == before
    assert f"{articles}:1 cannot be used" in one_sentence(article_stream("clean", articles, "--sites", articles), 2)


def test_a_file_that_is_added_to_itself_stays_where_something_goes_wrong(sites: Path, tmp_path: Path) -> None:
    before = sites.read_bytes()
    missing = tmp_path / "none.jsonl"
    assert "none.jsonl" in one_sentence(article_stream("learn", missing, "--to", sites, "--from", sites), 1)
    assert sites.read_bytes() == before
