"""Rules are data: each one matches its example, and an error says why a file cannot be used."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import tomli

from harness.twins import in_python
from stream.core.rules import ABOUTS, MAX_MARKER, RuleError, Rules, builtin, fold, load
from stream.core.rules.loader import HERE, KINDS, parsed_plainly

LANGUAGES = {
    *("ar", "bg", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hu", "id", "it"),
    *("ja", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sr", "sv", "th", "tr", "uk", "vi", "zh"),
}
GOOD = (
    '[[rule]]\nid = "my.rule"\nkind = "section"\n'
    'phrases = ["More from the island"]\nexample = "More from the island:"\n'
)


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    return tmp_path / "my.toml"


def test_our_own_files_pass_every_check_that_a_users_do(tmp_path: Path) -> None:
    shipped = sorted(files("stream.core.rules").iterdir(), key=lambda item: item.name)
    copies = [tmp_path / item.name for item in shipped if item.name.endswith(".toml")]
    for copy in copies:
        copy.write_bytes(files("stream.core.rules").joinpath(copy.name).read_bytes())
    assert load(copies).rules == builtin().rules, "checked or not, they are the same rules"


def test_our_own_files_say_the_same_to_the_fast_reader_as_to_one_for_toml() -> None:
    for path in sorted(HERE.glob("*.toml")):
        text = path.read_text("utf-8")
        assert parsed_plainly(text) == tomli.loads(text), path.name


@pytest.mark.parametrize(
    "text",
    [
        f'disable = ["en.share"]\n{GOOD}',
        GOOD.replace("phrases", "# a comment\nphrases"),
        GOOD.replace('"section"', "'section'"),
        GOOD.replace("[[rule]]\n", "[[rule]]\n\n"),
        GOOD.replace("kind = ", "kind="),
    ],
)
def test_what_the_fast_reader_may_not_understand_it_leaves(text: str) -> None:
    assert parsed_plainly(GOOD) == tomli.loads(GOOD)
    tomli.loads(text)
    assert parsed_plainly(text) is None


def test_each_rule_finds_its_example() -> None:
    for rule in builtin().rules:
        if rule.kind == "hint":
            continue
        assert Rules.from_rules((rule,), "").find(rule.example) is rule, rule.id
        assert rule.kind in KINDS
        assert builtin().find(rule.example) is not None


def test_what_find_finds_is_looked_up() -> None:
    rules = builtin()
    shown = ("{}", "\u200f{}", "{}: x", "{} x", "\u2605 {}", "{}\u00a0x", "{}  x")
    lines = [each.format(phrase) for rule in rules.rules for phrase in rule.phrases for each in shown]
    places = [at for at, line in enumerate(lines) if len(line) <= MAX_MARKER and rules.find(line) is not None]
    assert set(places) <= set(rules.candidates(lines, places))
    with in_python():
        assert set(places) <= set(rules.candidates(lines, places))
    assert rules.candidates(["A ferry that sails", "I told you so", "O tempora"], [0, 1, 2]) == []


@pytest.mark.parametrize(
    "marks", ["{}", "[{}]", "\u3010{}\u3011", "\u300a{}\u300b", "<{}>", "({}) ", "  - {}", "**{}**"]
)
def test_what_find_finds_the_tail_model_sees_too(marks: str) -> None:
    """Otherwise `rules test` would say that a rule works although it does nothing with `STREAM_FOOTERS=model`."""
    rules = builtin()
    lines = (
        (rule.id, marks.format(example))
        for rule in rules.rules
        if rule.kind != "hint"
        for phrase in (rule.example, *rule.phrases)
        for example in (phrase, *(phrase.replace(" ", space) for space in ("  ", "\t", "\u00a0", "\u3000")))
    )
    unseen = [(name, line) for name, line in lines if rules.find(line) is not None and not rules.signs.topic(line)]
    assert [(name, line) for name, line in unseen if "\u00a9" not in line] == [], "that sign is seen anywhere"


def test_a_hint_is_evidence_and_never_a_reason() -> None:
    hints = [rule for rule in builtin().rules if rule.kind == "hint"]
    for rule in hints:
        alone = Rules.from_rules((rule,), "")
        assert alone.find(rule.example) is None
        assert alone.signs.topic(rule.example) % 10 == (ABOUTS.index(rule.about) + 1) % 10, rule.id
    assert len(hints) > 300


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("RELATED ARTICLES", 1),
        ("Continue reading", 9),
        ("Read more: a headline", 11),
        ("ΣΧΟΛΙΑ", 3),
        ("A sentence.", 0),
    ],
)
def test_what_a_line_says_of_itself(line: str, about: int) -> None:
    assert builtin().signs.topic(line) == about


def test_languages_and_ids() -> None:
    ids = [rule.id for rule in builtin().rules]
    assert {rule_id.split(".")[0] for rule_id in ids} == LANGUAGES
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("line", ["COMMENTS (12)", "12 comments", "  Comments: ", "» Comments «", "Comments…"])
def test_marks_numbers_and_case_do_not_matter(line: str) -> None:
    found = builtin().find(line)
    assert found is not None
    assert found.id == "en.comments"


@pytest.mark.parametrize(
    ("line", "rule_id"),
    [
        ("Read more: The harbour plan", "en.read-more"),
        ("Read more than ten books", None),
        ("Sign up for our newsletter today", "en.newsletter"),
        ("分享到微博", "zh.share-this"),
        ("相关阅读：渡轮停航", "zh.read-more"),
        ("Читайте также: Паром", "ru.read-also"),
        ("Topics", "en.tags"),
        ("Topics: ferry", "en.tags-list"),
        ("The comments were kind", None),
        ("", None),
        ("—", None),
        ("12", None),
    ],
)
def test_find(line: str, rule_id: str | None) -> None:
    found = builtin().find(line)
    assert (found and found.id) == rule_id


def test_own_file_adds_replaces_and_disables(rule_file: Path) -> None:
    rule_file.write_text('disable = ["en.share"]\n' + GOOD + GOOD.replace("my.rule", "en.tags").replace("More", "News"))
    rules = load([rule_file])
    assert rules.find("More from the island").id == "my.rule"  # type: ignore[union-attr]
    assert rules.find("News from the island").id == "en.tags"  # type: ignore[union-attr]
    assert rules.find("Tweet") is None
    assert rules.version != builtin().version
    assert load([rule_file]).version == rules.version


SITES = {
    "": "en.more-from",
    "example.org": "my.rule",
    "https://www.Example.org/news?id=1": "my.rule",
    "https://ann:x@example.org:8443#top": "my.rule",
    "//example.org/news": "my.rule",
    "https://example.org/news?from=https://evil.net/": "my.rule",
    "https://evil.net/news?from=https://example.org/": "en.more-from",
    "example.org?from=https://evil.net/": "my.rule",
    "https://evil.net\\@example.org/": "en.more-from",
    "myexample.org": "en.more-from",
    "example.org.evil.net": "en.more-from",
    "org": "en.more-from",
    "." * 1_000_000 + "a.example.org": "my.rule",
    "a." * 1_000_000 + "example.org": "en.more-from",
}


@pytest.mark.parametrize("site", SITES, ids=range(len(SITES)))
def test_a_rule_for_one_site_is_for_that_alone(rule_file: Path, site: str) -> None:
    rule_file.write_text(GOOD + 'source = ["Example.org", "another.net"]\n')
    rules = load([rule_file])
    assert rules.rules[-1].source == ("example.org", "another.net")
    mine = rules.for_site(site)
    assert mine.find("More from the island").id == SITES[site]  # type: ignore[union-attr]
    assert mine.find("Tweet") is not None
    assert mine.version == rules.version
    assert rules.for_site(site) is mine


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("rule = 3", ["[[rule]]"]),
        ("= 3", ["TOML"]),
        ("rules = []", ["'rules'", "disable"]),
        ('disable = ["en.nothing"]', ["en.nothing"]),
        ("disable = 3", ["disable", "list of strings"]),
        (GOOD.replace('"my.rule"', '"my rule"'), ["number 1", "id"]),
        (GOOD + 'source = ["https://example.org/"]', ["my.rule", "'https://example.org/'", "host names"]),
        (GOOD.replace("section", "regex"), ["my.rule", "'regex'", *KINDS]),
        (GOOD + 'match = "regex"', ["my.rule", "'regex'", "line, start"]),
        (GOOD + 'about = "weather"', ["my.rule", "'weather'", *ABOUTS]),
        (GOOD.replace("section", "hint") + 'match = "start"', ["my.rule", "'start'", "line, opening"]),
        (GOOD + "pattern = 3", ["my.rule", "'pattern'", "phrases"]),
        (GOOD.replace('["More from the island"]', "[]"), ["my.rule", "phrases"]),
        (GOOD.replace('["More from the island"]', '["—"]'), ["my.rule", "'—'"]),
        (GOOD.replace('["More from the island"]', f'["{"x" * 81}"]'), ["my.rule", "80"]),
        (GOOD.replace("island:", "mainland"), ["my.rule", "example", "mainland"]),
        (GOOD.replace('example = "More from the island:"', ""), ["my.rule", "example"]),
        (GOOD + GOOD, ["my.rule", "twice"]),
        ("rule = " + "[" * 100_000, ["TOML"]),
    ],
)
def test_errors_name_file_rule_and_what_is_allowed(rule_file: Path, content: str, words: list[str]) -> None:
    rule_file.write_text(content)
    with pytest.raises(RuleError) as caught:
        load([rule_file])
    for word in ["my.toml", *words]:
        assert word in str(caught.value)


def test_a_file_that_is_not_utf_8(rule_file: Path) -> None:
    rule_file.write_bytes(b"\xff")
    with pytest.raises(RuleError, match="UTF-8"):
        load([rule_file])


def test_fold_is_stable() -> None:
    for rule in builtin().rules:
        for phrase in rule.phrases:
            assert fold(fold(phrase)) == fold(phrase) != ""
