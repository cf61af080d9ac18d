"""What a learner makes of the records of the topic of lines, partition by partition."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from stream.core.rules import builtin
from stream.learner import partitions as partitions_module
from stream.learner.counts import read_counts, write_counts
from stream.learner.messages import Command, Deed, read_published, write_command, write_sketch
from stream.learner.observation import sketch
from stream.learner.partitions import Change, Partitions

SITE = "halsey.example"
DEEP = 1_000 * b"[" + 1_000 * b"]"
"""JSON that can be read, but not shown, nor made text of."""


def observed(number: int, *lines: str) -> bytes:
    story = f"Story number {'i' * (number + 1)} is about the sea, which was as grey on that day as it is on all others."
    return write_sketch(sketch([story, *lines], builtin()))


def learner(*, belongs: int = 0) -> Partitions:
    made = Partitions(builtin(), lambda _: belongs)
    made.gain(0, [])
    return made


def taken(made: Partitions, *values: bytes, site: str = SITE) -> dict[str, Change]:
    for offset, value in enumerate(values):
        assert made.take(0, offset, site.encode(), value) == ""
    return {change.site: change for change in made.changes()}


def command(do: Deed, **said: str) -> bytes:
    return write_command(Command(do, **said))


def test_a_replay_in_any_parts_comes_to_the_same_to_the_byte() -> None:
    values = [observed(number, "Footer", *(["Share"] if number % 2 else [])) for number in range(20)]
    whole, parts = learner(), learner()
    for offset, value in enumerate(values):
        whole.take(0, offset, SITE.encode(), value)
        parts.take(0, offset, SITE.encode(), value)
        (wanted,), (change,) = whole.changes(), parts.changes()
        assert change == wanted
        if offset % 7 == 3:  # another learner goes on
            parts = learner()
            parts.gain(0, [read_counts(SITE, change.counts or b"")])


def test_what_is_in_force_does_not_depend_on_when_it_is_published() -> None:
    values = [observed(number, "Footer", *(["Share"] if number % 2 else [])) for number in range(70)]
    often, once = learner(), learner()
    for offset, value in enumerate(values):
        often.take(0, offset, SITE.encode(), value)
        once.take(0, offset, SITE.encode(), value)
        wanted = [*often.changes()]
        if offset == len(values) - 1:
            assert [*once.changes()] == wanted


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        (b"halsey.example", b"", "it is empty"),
        (b"halsey.example", None, "it is empty"),
        (b"halsey.example", b"{", "it is not JSON"),
        (b"halsey.example", b"[]", "it is no JSON object"),
        (b"halsey.example", b'{"v":2}', "it is of version 2, and this program reads version 1"),
        (b"halsey.example", b'{"v":1,"lines":[1]}', "'lines' is no list of at most 4,000 texts"),
        (b"halsey.example", b'{"v":1,"lines":["a"],"end":2}', "'end' is no number of lines"),
        (b"halsey.example", b'{"v":1,"lines":["a"],"end":1,"told":["x"]}', "'told' holds something that is no hash"),
        (b"halsey.example", b'{"v":1,"do":"dance"}', "nobody knows how to 'dance'"),
        (b"halsey.example", b'{"v":1,"do":' + DEEP + b"}", "nobody knows how to a list"),
        (b"halsey.example", b'{"v":' + DEEP + b"}", "it is of version a list, and this program reads version 1"),
        (b"a.example", b'{"v":1,"do":"approve"}', "nothing is known of a.example, so there is nothing to approve"),
        (b"https://halsey.example", b"{}", "its key is not the name of a site"),
        (None, b"{}", "its key is not the name of a site"),
        (b"\xff", b"{}", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)  # fmt: skip
def test_a_record_that_is_no_observation_is_named_and_changes_nothing(
    key: bytes | None, value: bytes | None, why: str
) -> None:
    made = learner()
    assert made.take(0, 0, key, value) == why
    assert not list(made.changes())


@pytest.mark.parametrize(
    "said",
    [command("rollback", version="none"), command("approve", line="Share"), command("reject", line="Footer"), b"[]"],
)
def test_what_was_of_no_use_does_not_decide_what_is_published_next(said: bytes) -> None:
    values = [*(observed(number, "Footer") for number in range(40)), command("reject", line="Footer")]
    with_it, without = learner(), learner()
    for offset, value in enumerate(values):
        for made in (with_it, without):
            assert made.take(0, offset, SITE.encode(), value) == ""
    assert with_it.take(0, len(values), SITE.encode(), said)
    assert list(with_it.changes()) == list(without.changes())
    for made in (with_it, without):
        made.take(0, len(values) + 1, SITE.encode(), observed(99, "Footer", "Else"))
    assert list(with_it.changes()) == list(without.changes())


def test_what_belongs_elsewhere_is_sent_on_and_not_counted() -> None:
    made = learner(belongs=3)
    value = observed(1, "Footer")
    assert made.take(0, 0, SITE.encode(), value) == ""
    assert not list(made.changes())
    assert made.elsewhere() == [(SITE, value)]
    assert made.elsewhere() == []


def test_a_million_made_up_sites_take_nobody_elses_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions_module, "SITES", 10)
    made = learner()
    taken(made, *(observed(number, "Footer") for number in range(5)))
    for number in range(100):
        made.take(0, 100 + number, f"made-up-{number}.example".encode(), observed(number))
    assert len(made) == 10
    assert SITE in {known.site.name for known in made}
    changes = {change.site: change for change in made.changes()}
    assert changes["made-up-3.example"].counts is None  # it has gone, also from the topics
    assert changes["made-up-99.example"].counts is not None


def test_where_all_sites_are_known_well_a_new_one_is_not_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions_module, "SITES", 1)
    made = learner()
    taken(made, *(observed(number, "Footer") for number in range(5)))
    made.take(0, 9, b"late.example", observed(1))
    assert (len(made), made.refused) == (1, 1)


def test_a_site_that_is_forgotten_goes_from_both_topics_and_is_learned_anew() -> None:
    made = learner()
    taken(made, *(observed(number, "Footer") for number in range(5)))
    assert taken(made, command("forget"))[SITE] == (SITE, None, None)
    again = taken(made, observed(9))[SITE]
    assert read_counts(SITE, again.counts or b"").site.total == 1


def test_what_a_person_says_is_obeyed_and_published() -> None:
    made = learner()
    values = [observed(number, "Footer", "Tips to the desk") for number in range(6)]
    before = read_published(SITE, taken(made, *values)[SITE].published)
    after = read_published(SITE, taken(made, command("reject", line="Tips to the desk"))[SITE].published)
    assert len(after.profile.known) < len(before.profile.known)
    rejected = read_published(SITE, taken(made, command("reject"))[SITE].published)
    assert rejected.in_force is None


def test_an_import_replaces_what_was_known() -> None:
    made, other = learner(), learner()
    taken(made, *(observed(number, "Old footer") for number in range(6)))
    imported = taken(other, *(observed(number + 10, "New footer") for number in range(8)))[SITE].counts or b""
    now = taken(made, command("import", site=b64encode(imported).decode()))[SITE]
    known = read_counts(SITE, now.counts or b"")
    assert known.site.total == 8
    known.offset = read_counts(SITE, imported).offset
    assert write_counts(known) == imported


def test_a_partition_that_was_lost_is_forgotten() -> None:
    made = learner()
    made.take(0, 0, SITE.encode(), observed(1))
    made.lose(0)
    assert not list(made.changes())
    with pytest.raises(KeyError):
        made.take(0, 1, SITE.encode(), observed(2))


Head = dict[str, Any]
WRONG: list[Callable[[Head], Head]] = [
    lambda _: {"total": 2**32 - 1},
    lambda _: {"articles": 2**31},
    lambda _: {"articles": 2**15},
    lambda _: {"usual_since": 1e30},
    lambda _: {"tried": 2**64 - 1},
    lambda _: {"tried": -2},
    lambda head: {"earlier": [[1, 1e30, head["applied"]]]},
    lambda _: {"latest": [[]]},
    lambda _: {"proposed": 65 * "x"},
    lambda head: {"profiles": [[version, -7, lines] for version, _, lines in head["profiles"]]},
    lambda head: {"profiles": [[version, 1e30, lines] for version, _, lines in head["profiles"]]},
]


def counts() -> tuple[Head, bytes]:
    """Give the counts of a site as they are imported: their head, and their rows."""
    kept = taken(learner(), *(observed(number, "Footer") for number in range(8)))[SITE].counts or b""
    head, _, rows = kept.partition(b"\n")
    return orjson.loads(head), rows


def importing(head: Head, rows: bytes) -> bytes:
    """Give the record that imports counts."""
    return command("import", site=b64encode(orjson.dumps(head) + b"\n" + rows).decode())


@pytest.mark.parametrize("wrong", WRONG)
def test_an_import_that_nobody_could_go_on_from_is_of_no_use(wrong: Callable[[Head], Head]) -> None:
    """Otherwise the learner would end at one of the next records, and again at each start."""
    made = learner()
    head, rows = counts()
    problem = made.take(0, 0, SITE.encode(), importing(head | wrong(head), rows))
    assert "it does not have the fields of a site's counts" in problem or "more was counted" in problem
    assert SITE in taken(made, observed(1, "Footer"))


@pytest.mark.parametrize("place", [9, 11, 13])
def test_an_import_with_counts_too_large_for_another_article_is_of_no_use(place: int) -> None:
    head, rows = counts()
    rows = rows[:place] + b"\xff\xff" + rows[place + 2 :]
    assert learner().take(0, 0, SITE.encode(), importing(head, rows))
