"""What Try says of an article is what `stream.clean` does with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.commands import ROOT
from stream import clean, load_rules
from stream.core.rules import Rules, builtin
from stream.core.sites import Profile
from stream.learner.messages import Published
from stream.learner.profiles import Profiles
from stream.page.trying import MOST_LINES, examples, tried
from stream.records.known_sites import KnownSites
from stream.records.process import Processor
from tests.hostile import TEXTS

FERRY = (ROOT / "examples/ferry.txt").read_text("utf-8")
OBEYED = "\x1b\u202e\u2066\u061c"


def processor(rules: Rules | None = None) -> Processor:
    return Processor.for_field("text", "auto", rules or builtin())


def result(text: str, given_as: Any = "auto") -> dict[str, Any]:
    return tried(processor(), None, text.encode("utf-8", "surrogatepass"), given_as)


def stays(text: dict[str, Any]) -> str:
    return "\n".join(line["text"] for line in text["lines"] if line.get("state") != "goes")


def test_the_ferry() -> None:
    found = result(FERRY)
    (text,) = found["texts"]
    assert found["cleaned"] == clean(FERRY).text == stays(text)
    by_number = {line["number"]: line for line in text["lines"]}
    assert (by_number[9]["of"], by_number[9]["why"]) == (0, "repeats line 1")
    assert by_number[12]["rule"] == "en.also-like"
    assert found["rules"]["en.also-like"]["kind"] == "section"
    assert found["counts"]["footer"] == 3
    assert found["version"] == builtin().version


@pytest.mark.parametrize("example", examples(), ids=lambda example: str(example["title"]))
def test_the_examples_are_cleaned_as_by_the_library(example: dict[str, str]) -> None:
    found = result(example["value"])
    assert not found["problem"]
    if found["format"] == "text":
        assert found["cleaned"] == clean(example["value"]).text
        assert stays(found["texts"][0]) == found["cleaned"].replace("\r", "")  # half of a line's end is not shown


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"], include_characters="\n"), max_size=400))
def test_any_text_stays_as_the_library_says(text: str) -> None:
    found = result(text, "text")
    assert found["cleaned"] == clean(text).text
    if found["texts"]:
        assert stays(found["texts"][0]) == clean(text).text


@given(st.binary(max_size=200), st.sampled_from(["auto", "json", "text"]))
def test_any_bytes_give_an_answer(value: bytes, given_as: Any) -> None:
    found = tried(processor(), None, value, given_as)
    assert found["problem"] or found["texts"] or found["cleaned"] is not None
    orjson.dumps(found)


@pytest.mark.parametrize("shape", TEXTS)
def test_hostile_texts_give_an_answer(shape: str) -> None:
    orjson.dumps(result(TEXTS[shape](300)))


def test_characters_that_change_how_text_looks_are_spelled_out() -> None:
    found = result(f"The ferry {OBEYED} runs.\nIt leaves at six.")
    assert found["texts"][0]["lines"][0]["text"] == r"The ferry \x1b\u202e\u2066\u061c runs."
    assert OBEYED in found["cleaned"], "what is published is another matter"


def test_of_very_many_lines_some_are_shown_and_all_are_cleaned() -> None:
    found = result("\n".join(f"w{number}" for number in range(2 * MOST_LINES)))
    (text,) = found["texts"]
    assert len(text["lines"]) == MOST_LINES
    assert text["line_count"] == 2 * MOST_LINES


def test_json_and_lists_and_what_is_neither() -> None:
    paragraphs = ["The ferry runs all winter, the board said today.", "Advertisement", "It leaves at six."]
    found = result(orjson.dumps({"text": paragraphs}).decode())
    assert found["format"] == "json"
    assert found["texts"][0]["what"] == "item"
    assert orjson.loads(found["cleaned"]) == {"text": [paragraphs[0], paragraphs[2]]}
    assert result('{"text": 3}')["problem"]
    assert result("[1]")["format"] == "text"
    assert result("plain", "json")["problem"]


def test_the_rules_in_force_decide(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('disable = ["en.advertisement"]\n', "utf-8")
    text = "The ferry runs all winter, the board said today.\nAdvertisement\nIt leaves at six."
    assert tried(processor(load_rules([own])), None, text.encode(), "auto")["cleaned"] == text
    assert "Advertisement" not in result(text)["cleaned"]


def test_what_disables_a_rule_lets_its_line_stay(tmp_path: Path) -> None:
    """A phrase may be in the rules of several languages; the snippet names all of them."""
    lighthouse = next(example for example in examples() if "Kestrel Bay" in example["title"])
    found = result(lighthouse["value"])
    line = next(line for line in found["texts"][0]["lines"] if line["text"] == "Facebook")
    assert line["rule"] == "en.share"
    own = tmp_path / "own.toml"
    own.write_text(found["rules"][line["rule"]]["disable"], "utf-8")
    assert load_rules([own]).find("Facebook") is None


def test_an_article_of_a_known_site_is_cleaned_with_what_is_known_of_it() -> None:
    profiles = Profiles()
    for number in range(6):
        story = "\n".join(f"Story {number} tells in its part {part} what nobody has told before." for part in "abc")
        profiles.learn(f"{story}\nTides by the pound", "https://tidetable.example/a")
    profile = profiles.of("https://tidetable.example/b")
    assert isinstance(profile, Profile)
    sites = KnownSites("lines", applies=True)
    sites.tell("tidetable.example", Published(profile, 6, "applied", settled=False))
    sites.begin_batch()
    value = orjson.dumps({"text": f"{FERRY.splitlines()[0]}\nTides by the pound", "source": "tidetable.example"})
    found = tried(processor(), sites, value, "auto")
    assert found["counts"]["site"] == 1
    assert "6 of 6 articles" in found["texts"][0]["lines"][1]["why"]
    assert found["site"].startswith("tidetable.example, version ")
    assert tried(processor(), None, value, "auto")["counts"]["site"] == 0
