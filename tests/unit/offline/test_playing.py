"""A labelled corpus played as a stream: `article-stream evaluate --learn`, and `--folds`."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from harness.commands import article_stream, one_sentence
from stream.core.rules import builtin
from stream.offline.evaluation import LabelledPage, labelled_page
from stream.offline.playing import Play, folds

LINKS = ["You may also like", "Five stations worth a stop", "Market in the old depot"]
PROMISE = "Write to the desk"  # what the site puts into each of its articles; no rule knows it


def story(number: int) -> list[str]:
    words = f"The harbour master told reporters on day {'x' * number} that"
    return [
        f"{words} the {thing} would be kept open for as long as anybody needed it."
        for thing in ("pier", "quay", "lock")
    ]


def page(number: int, source: str = "island.example") -> dict[str, Any]:
    first, *rest = story(number)
    raw = [first, PROMISE, *rest, *LINKS]
    keep = [True, False, True, True, False, False, False]
    return {"id": f"{source}/{number}", "source": source, "lang": "en", "raw": "\n".join(raw), "keep": keep}


def labelled(number: int, source: str = "island.example") -> LabelledPage:
    return labelled_page(page(number, source))


def test_a_page_is_cleaned_with_what_the_pages_before_it_taught() -> None:
    play = Play(learns=True)
    cases = [play.measure(labelled(number), builtin()) for number in range(1, 13)]
    known = [0 if case.profile is None else case.profile.articles // 256 for case in cases]
    assert known[:3] == [0, 1, 2]
    assert {name: tally.pages for name, tally in play.by_before.items()} == {
        "none": 1, "1": 1, "2 to 3": 2, "4 to 7": 4, "8 or more": 4,
    }  # fmt: skip
    assert play.by_before["none"].junk_gone == 0
    assert play.by_before["8 or more"].junk_gone == 4


def test_other_sites_and_other_editions_do_not_count() -> None:
    play = Play(learns=True)
    for number, source in ((1, "a.example"), (1, "b.example"), (1, "a.example"), (1, ""), (2, "")):
        play.measure(labelled(number, source), builtin())
    assert (play.by_before["none"].pages, play.by_before["1"].pages) == (4, 1)


def test_without_learning_no_page_knows_another_one() -> None:
    play = Play(learns=False)
    assert [play.measure(labelled(number), builtin()).profile for number in (1, 2)] == [None, None]
    assert play.by_before == {}


def test_the_command_prints_the_table_and_the_same_as_json(tmp_path: Path) -> None:
    corpus = tmp_path / "pages.jsonl"
    corpus.write_text("".join(json.dumps(page(number)) + "\n" for number in range(1, 11)))
    shown = article_stream("evaluate", corpus, "--learn").out
    assert "By how many articles of the site came before" in shown
    assert "pages losing a paragraph %" in shown
    found = json.loads(article_stream("evaluate", corpus, "--learn", "--json").out)
    assert [tally["pages"] for tally in found["by_articles_before"].values()] == [1, 1, 2, 4, 2]
    assert "by_articles_before" not in json.loads(article_stream("evaluate", corpus, "--json").out)


def network() -> bytes:
    return files("stream.core.footer").joinpath("network.bin").read_bytes()


def test_each_page_is_cleaned_with_the_network_that_has_not_seen_it(tmp_path: Path) -> None:
    other = network().replace(b'"no_footer":', b'"no_footer": ')
    (tmp_path / "0.bin").write_bytes(network())
    (tmp_path / "1.bin").write_bytes(other)
    (tmp_path / "folds.json").write_text('{"a":"0.bin","b":"1.bin"}')
    rules_of = folds(tmp_path, builtin())
    assert rules_of("a").model.version != rules_of("b").model.version
    assert rules_of("a") is rules_of("a")


@pytest.mark.parametrize(
    ("index", "content", "words"),
    [
        (None, b"", ("folds.json", "No such file")),
        (b"[]", b"", ("does not map",)),
        (b'{"island.example/1":1}', b"", ("does not map",)),
        (b"{", b"", ("not JSON",)),
        (b'{"island.example/2":"0.bin"}', None, ("0.bin", "No such file")),
        (b'{"island.example/2":"0.bin"}', b"text", ("0.bin", "weights")),
        (b'{"island.example/2":"0.bin"}', network(), ("names no network", "island.example/1")),
    ],
)
def test_folds_that_cannot_be_used(
    tmp_path: Path, index: bytes | None, content: bytes | None, words: tuple[str, ...]
) -> None:
    corpus = tmp_path / "pages.jsonl"
    corpus.write_text(json.dumps(page(1)) + "\n")
    if index is not None:
        (tmp_path / "folds.json").write_bytes(index)
    if content is not None:
        (tmp_path / "0.bin").write_bytes(content)
    answer = article_stream("evaluate", corpus, "--folds", tmp_path)
    sentence = one_sentence(answer, 2)
    assert all(word in sentence for word in words), sentence
