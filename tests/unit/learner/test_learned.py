"""What a learner keeps of a site: which version is in force, what people say, and that it outlives the learner."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from harness.twins import needs_compiled
from stream.core.cleaning import clean_list
from stream.core.rules import builtin
from stream.learner.counts import read_counts, write_counts
from stream.learner.learned import SETTLED, LearnedSite
from stream.learner.messages import Command, read_article, read_published, write_published, write_sketch
from stream.learner.observation import Sketch, sketch

FOOTER = "Tips to the desk of the Harbour Light"
THINGS = ["pier", "quay", "lock", "mole", "slip", "dock", "crane", "buoy", "light", "ferry", "wreck", "tide", "gull"]


def article(number: int, *lines: str) -> Sketch:
    thing = f"{THINGS[number % len(THINGS)]} {'north' if number < len(THINGS) else 'south'}"
    text = f"The {thing} at Halsey Point stays closed, the board said on Monday, and nobody knows for how long."
    more = f"Work on the {thing} began in spring, and the money ran out before the summer was over, it said."
    return sketch([text, *lines, more], builtin())


def learned(*articles: Sketch) -> LearnedSite:
    known = LearnedSite.named("halsey.example")
    for each in articles:
        known.learn(each)
        known.refresh(builtin())
    return known


def takes(known: LearnedSite, line: str) -> bool:
    profile = known.published().in_force
    cleaned = clean_list(article(11, line).lines, builtin(), profile)
    return line in {removal.text for removal in cleaned.removed}


def test_what_is_known_is_in_force_as_soon_as_it_was_tried() -> None:
    known = learned(*(article(number, FOOTER) for number in range(6)))
    assert known.published().state == "applied"
    assert takes(known, FOOTER)


def test_a_rejected_line_stays_whatever_is_learned_until_it_is_approved() -> None:
    known = learned(*(article(number, FOOTER) for number in range(6)))
    assert known.obey(Command("reject", FOOTER))
    assert not takes(known, FOOTER)
    for number in range(6, 11):
        known.learn(article(number, FOOTER))
        known.refresh(builtin())
    assert not takes(known, FOOTER)
    assert known.obey(Command("approve", FOOTER))
    known.refresh(builtin())
    assert takes(known, FOOTER)


def test_a_rejected_site_is_cleaned_with_nothing() -> None:
    known = learned(*(article(number, FOOTER) for number in range(6)))
    known.obey(Command("reject"))
    assert known.published().in_force is None
    known.obey(Command("approve"))
    assert takes(known, FOOTER)


def test_a_version_that_was_gone_back_to_holds_against_what_is_learned() -> None:
    known = learned(article(0))
    before = known.published().profile.version
    for number in range(1, 7):
        known.learn(article(number, FOOTER))
    known.refresh(builtin())
    assert known.obey(Command("rollback", version=before))
    known.learn(article(8, FOOTER))
    known.refresh(builtin())
    assert (known.published().state, known.published().profile.version) == ("pinned", before)
    assert not known.obey(Command("rollback", version="never was"))
    known.obey(Command("approve"))
    assert takes(known, FOOTER)


def test_a_version_that_would_take_prose_waits_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    known = learned(*(article(number, FOOTER) for number in range(6)))
    version = known.published().profile.version
    monkeypatch.setattr(LearnedSite, "_unfit", lambda *_: "it would take a paragraph")
    known.learn(article(6, FOOTER))
    known.refresh(builtin())
    told = known.published()
    assert (told.state, told.profile.version, told.why) == ("proposed", version, "it would take a paragraph")
    known.obey(Command("approve"))
    assert known.published().profile.version == told.proposed


def test_prose_that_only_the_new_version_takes_is_noticed() -> None:
    known = learned(*(article(number, FOOTER) for number in range(6)))
    profile = known.site.profile()
    lines = read_article(known.latest[-1]).lines
    taken = lines[0]
    known.latest.append(write_sketch(Sketch((1,), 2, lines)))
    without = clean_list(lines, builtin(), None)
    assert taken not in {removal.text for removal in without.removed}
    assert known._unfit(profile, builtin()) == ""  # noqa: SLF001 - what it takes is no prose


def test_a_site_settles_and_stirs_when_its_pages_change() -> None:
    known = learned(*(article(number, FOOTER, "Harbour webcam") for number in range(SETTLED + 6)))
    assert known.published().settled
    for number in range(SETTLED + 6, SETTLED + 26):
        text = f"Story number {'i' * number} is about the sea, which was as grey on that day as it is on others."
        known.learn(sketch([text, "Write to us", "The webcam is back"], builtin()))
        known.refresh(builtin())
    assert not known.published().settled


def test_everything_outlives_the_learner() -> None:
    known = learned(*(article(number, FOOTER) for number in range(9)))
    known.obey(Command("reject", "A line that was never there"))
    known.obey(Command("rollback", version=known.earlier[1][1].version))
    known.offset = 41
    written = write_counts(known)
    again = read_counts("halsey.example", written)
    assert write_counts(again) == written
    assert again.published() == known.published()
    for each in (known, again):
        each.learn(article(10, FOOTER))
        each.refresh(builtin())
    assert write_counts(again) == write_counts(known)


def test_what_the_workers_read_is_what_was_published() -> None:
    told = learned(*(article(number, FOOTER) for number in range(6))).published()
    again = read_published("halsey.example", write_published(told))
    assert replace(again, profile=told.profile) == told
    assert replace(again.profile, known=told.profile.known) == told.profile
    assert len(again.profile.known) == len(told.profile.known)
    assert all(again.profile.known[key] == each for key, each in told.profile.known.items())


@needs_compiled
def test_what_the_workers_read_is_never_published_anew() -> None:
    told = learned(*(article(number, FOOTER) for number in range(6))).published()
    with pytest.raises(TypeError, match="read the site's record"):
        write_published(read_published("halsey.example", write_published(told)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"articles": -7},
        {"articles": 2**64 - 1},
        {"articles": 1e30},
        {"total": -1},
        {"usual": 2**63},
        {"version": 65 * "x"},
        {"proposed": {"version": 65 * "x", "why": ""}},
    ],
)
def test_a_published_site_with_what_no_article_could_be_cleaned_with_is_refused(wrong: dict[str, object]) -> None:
    """Otherwise one record of the topic of sites would end each worker at the site's next article."""
    told = orjson.loads(write_published(learned(*(article(number, FOOTER) for number in range(6))).published()))
    with pytest.raises(ValueError, match="it does not have the fields of a site"):
        read_published("halsey.example", orjson.dumps(told | wrong))


@pytest.mark.parametrize("field", ["v", "version", "state", "proposed", "known", "articles"])
def test_a_published_site_that_is_nested_deeply_is_refused(field: str) -> None:
    """Otherwise it would end, without a word, whoever follows the topic of sites."""
    told = write_published(learned(article(0)).published())
    deep = b'"%s":%s' % (field.encode(), 1_000 * b"[" + 1_000 * b"]")
    with pytest.raises(ValueError, match=r"^(it|nobody) "):
        read_published("halsey.example", told[:-1] + b"," + deep + b"}")


@pytest.mark.parametrize("field", ["texts", "rejected", "why", "proposed", "usual", "profiles"])
def test_counts_that_are_nested_deeply_are_refused(field: str) -> None:
    head, _, rows = write_counts(learned(*(article(number, FOOTER) for number in range(6)))).partition(b"\n")
    deep = b'"%s":[%s]' % (field.encode(), 1_000 * b"[" + 1_000 * b"]")
    with pytest.raises(ValueError, match="it does not have the fields"):
        read_counts("halsey.example", head[:-1] + b"," + deep + b"}\n" + rows)
