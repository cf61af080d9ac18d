"""The rule that an explanation names is one of the article's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.fakes import BODY, OTHER
from stream.core.rules import Rules, builtin, load
from stream.core.rules.credit import credited, script_of

RUSSIAN = "Паром на дальние острова в понедельник снова отменили. На причале этому никто не удивился."


def names(lines: list[str], rules: Rules | None = None) -> list[str]:
    rules = rules or builtin()
    found = [(line, rule.id) for line in lines if (rule := rules.find(line)) is not None]
    return credited(found, lines, rules)


def test_a_word_that_several_languages_have_is_credited_to_the_articles_own() -> None:
    assert names([BODY, OTHER, "Facebook"]) == ["en.share"]
    assert names([RUSSIAN, "Facebook"]) == ["ru.share"]
    assert names([RUSSIAN, "Нравится", "Facebook"]) == ["ru.share", "ru.share"]
    assert names(["Advertisement", BODY, "E-mail", "You may also like"])[1] == "en.share"


def test_other_rules_that_match_decide_between_languages_of_one_script() -> None:
    assert names(["Die Fähre fiel aus.", "Das könnte Sie auch interessieren", "Kontakt"])[-1] == "de.site"
    assert names(["Prom odwołano.", "Czytaj także", "Kontakt"])[-1] == "pl.site"
    assert names(["Le bac est annulé.", "À lire aussi", "Categories"])[-1] == "fr.tags"
    assert names([BODY, "Categories"]) == ["en.tags"]


def test_lines_below_a_marker_follow_it_and_what_is_no_rule_stays() -> None:
    removed = [("Facebook", "ru.share"), ("A headline", "ru.share"), ("x", "shape")]
    assert credited(removed, [BODY, "Facebook"], builtin()) == ["en.share", "en.share", "shape"]


def test_a_users_own_rule_is_named_whatever_else_has_its_phrase(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[rule]]\nid = "my.own"\nkind = "label"\nphrases = ["facebook"]\nexample = "Facebook"\n', "utf-8")
    assert names([BODY, "Facebook"], load([path])) == ["my.own"]


@pytest.mark.parametrize(
    ("text", "script"),
    [("", ""), ("12 !", ""), ("Ferry", "LATIN"), ("Паром A", "CYRILLIC"), ("フェリーは出る", "CJK"), ("渡轮", "CJK")],
)
def test_the_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script
