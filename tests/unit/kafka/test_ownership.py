"""Every member sees partitions without an owner, and one member at a time acts on it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes import at
from stream.kafka.group import GroupView
from stream.kafka.ownership import Action, Ownership
from stream.records.input_partition import InputPartition

TURN_S, LOOK_S = 6.0, 2.0
ALL = frozenset(map(at, range(4)))


class Clock:
    """A clock that the test advances."""

    now = 0.0

    def __call__(self) -> float:
        """Tell the time, in seconds."""
        return self.now


def view(members: Mapping[str, set[int]], *, stable: bool = True) -> GroupView:
    return GroupView(ALL, {name: frozenset(map(at, owned)) for name, owned in members.items()}, stable)


ORPHANED = view({"a": {2, 3}, "b": set()})
HEALTHY = view({"a": {2, 3}, "b": {0, 1}})
UNDER_WAY = view({"a": {2, 3}, "b": set()}, stable=False)


def acts(member: str, looks: int, *, seen: GroupView = ORPHANED) -> list[tuple[float, Action]]:
    """Observe an unchanging group this many times; return when each member acted, and how."""
    clock = Clock()
    ownership = Ownership(TURN_S, clock=clock)
    done: list[tuple[float, Action]] = []
    for look in range(looks):
        clock.now = look * LOOK_S
        if action := ownership.observe(seen, member):
            done.append((clock.now, action))
    return done


def test_what_one_look_shows_may_be_the_middle_of_a_rebalance() -> None:
    ownership = Ownership(TURN_S)
    assert ownership.observe(ORPHANED, "a") == ""
    assert not ownership.unowned
    assert ownership.observe(UNDER_WAY, "a") == ""
    assert ownership.observe(ORPHANED, "a") == "", "the looks before the rebalance count for nothing"
    assert ownership.observe(ORPHANED, "a") == "rebalance"
    assert ownership.unowned == (at(0), at(1))


def test_it_is_said_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ownership = Ownership(TURN_S)
    for _ in range(5):
        ownership.observe(ORPHANED, "b")
    ownership.observe(UNDER_WAY, "b")
    assert ownership.unowned == (at(0), at(1)), "a rebalance has only begun"
    ownership.observe(HEALTHY, "b")
    ownership.observe(HEALTHY, "b")
    assert not ownership.unowned
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith("Partitions 0, 1 of articles.raw are assigned to no worker although the group is stable")
    assert said[1] == "Every partition is assigned to a worker again."


def test_a_member_alone_tries_a_rebalance_then_a_new_session_then_ends() -> None:
    done = acts("a", 21, seen=view({"a": {2, 3}}))
    assert [action for _, action in done] == ["rebalance"] * 3 + ["leave"] * 3 + ["end"]
    assert done[0][0] <= TURN_S, "healed within two session timeouts, and this is one of them"


def test_where_the_first_member_is_dead_the_second_acts_within_two_session_timeouts() -> None:
    assert acts("b", 6)[0] == (8.0, "rebalance")


def test_a_member_that_the_group_does_not_know_does_nothing() -> None:
    assert acts("stranger", 50) == []
    assert acts("", 50) == []


@given(st.integers(1, 40))
def test_one_member_acts_in_a_turn_however_many_there_are(members: int) -> None:
    names = [f"m{number:03}" for number in range(members)]
    orphaned = view({name: set() for name in names})
    per_turn: dict[int, list[str]] = {}
    for name in names:
        for at_s, _ in acts(name, 3 * 20, seen=orphaned):
            per_turn.setdefault(int((at_s - LOOK_S) / TURN_S), []).append(name)
    assert all(len(who) == 1 for who in per_turn.values()), per_turn
    assert sorted(per_turn) == list(range(len(per_turn))), "no turn is left out"


@given(st.lists(st.sampled_from([HEALTHY, UNDER_WAY])))
def test_a_group_that_is_well_is_left_alone(looks: list[GroupView]) -> None:
    ownership = Ownership(TURN_S)
    assert not any(ownership.observe(seen, "a") for seen in looks)
    assert ownership.unowned == ()


def test_what_the_group_counts_on_and_nobody_reads_is_told_after_a_while() -> None:
    clock = Clock()
    ownership = Ownership(TURN_S, clock=clock)
    assert not ownership.disagreement("a", [at(1)]), "nothing is known yet"
    ownership.observe(HEALTHY, "a")
    assert not ownership.disagreement("a", [at(2), at(3)])
    assert not ownership.disagreement("a", [at(2)]), "it may just have been gained"
    clock.now = 3 * TURN_S + 1
    assert (
        ownership.disagreement("a", [at(2)])
        == "The group has assigned partitions 3 of articles.raw to this worker, which does not read them."
    )
    assert not ownership.disagreement("a", [at(2), at(3)])
    assert not ownership.disagreement("a", [at(2)]), "the time begins anew"
    assert not ownership.disagreement("stranger", [])


def test_what_the_group_has_asked_for_and_is_still_read_is_told_after_a_while() -> None:
    clock = Clock()
    ownership = Ownership(TURN_S, clock=clock)
    owned = {"a": frozenset(ALL), "b": frozenset[InputPartition]()}
    ownership.observe(GroupView(ALL, owned, stable=False, targets={"a": frozenset({at(0), at(1)})}), "a")
    assert not ownership.disagreement("a", ALL), "what is under way is committed first"
    clock.now = 3 * TURN_S + 1
    said = "The group has asked for partitions 2, 3 of articles.raw back, which this worker still reads."
    assert ownership.disagreement("a", ALL) == said
    assert not ownership.disagreement("a", [at(0), at(1)])
    assert not ownership.disagreement("b", []), "of a member without a target nothing is asked"
