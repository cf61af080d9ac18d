"""Rules in TOML are rules again when they are read."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from stream.core.rules import builtin, load
from stream.page.snippets import changing, disabling, quoted


def test_every_rule_that_comes_along_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("\n".join(map(changing, builtin().rules)), "utf-8")
    assert set(load([own]).rules) == set(builtin().rules)


def test_a_rule_for_one_site_that_is_not_for_within(tmp_path: Path) -> None:
    rule = replace(
        next(rule for rule in builtin().rules if rule.kind == "inline"), source=("herald.example",), within=False
    )
    own = tmp_path / "own.toml"
    own.write_text(changing(rule), "utf-8")
    assert rule in load([own]).rules


def test_disabled_rules_are_gone(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(disabling(["en.share", "ru.share"]), "utf-8")
    assert not {"en.share", "ru.share"} & {rule.id for rule in load([own]).rules}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_string_of_toml(text: str) -> None:
    assert tomllib.loads(f"it = {quoted(text)}")["it"] == text
