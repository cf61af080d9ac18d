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
    shared = {}
    for rule in builtin().rules:
        if rule.kind == "label" and rule.about == "share" and rule.match == "line":
            for phrase in rule.phrases:
                shared.setdefault(phrase, set()).add(rule.id.partition(".")[0])
    word, languages = next(
        (word, found)
        for word, found in shared.items()
        if {"en"} < found and found & {"de", "fr", "es", "it", "nl", "sv", "no", "da", "pt", "pl", "cs"}
    )
    other = min(languages - {"en"})
    own = next(
        rule.example for rule in builtin().rules
        if rule.id.startswith(f"{other}.") and rule.kind == "section" and builtin().find(rule.example) == rule
    )  # fmt: skip
    assert names([BODY, word])[-1].startswith("en.")
    assert names([BODY, own, word])[-1].startswith(f"{other}.")


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
