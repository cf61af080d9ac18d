"""With which client the group is looked at."""

from __future__ import annotations

import pytest

from harness.fakes import at
from stream.config.loading import load
from stream.errors import KafkaUnavailable
from stream.kafka import group
from stream.records.input_partition import InputPartition


class Client:
    """A client that waits for as many answers as its length says."""

    made = 0
    waiting = 0

    def __init__(self, _: object) -> None:
        Client.made += 1

    def __len__(self) -> int:
        return Client.waiting


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> group.Group:
    def none(*_: object) -> None:
        raise KafkaUnavailable("No answer.")  # noqa: EM101

    monkeypatch.setattr(Client, "made", 0)
    monkeypatch.setattr(Client, "waiting", 0)
    monkeypatch.setattr(group, "AdminClient", Client)
    monkeypatch.setattr(group, "partitions_of", none)
    return group.Group(load(environ={}))


def look(at: group.Group) -> int:
    """Look at it; returns how many clients were made so far."""
    with pytest.raises(KafkaUnavailable):
        at.describe()
    return Client.made


def test_one_client_is_kept(looked_at: group.Group) -> None:
    """Each new one would open connections, log in, and get a token."""
    assert [look(looked_at), look(looked_at)] == [1, 1]
    looked_at.renew()
    assert [look(looked_at), look(looked_at)] == [2, 2]


def test_a_client_that_still_waits_for_an_answer_is_not_closed(
    looked_at: group.Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(looked_at)
    looked_at.renew_when_idle()
    monkeypatch.setattr(Client, "waiting", 1)
    assert look(looked_at) == 1
    monkeypatch.setattr(Client, "waiting", 0)
    assert [look(looked_at), look(looked_at)] == [2, 2]


def test_who_has_nothing_and_is_to_get_nothing() -> None:
    """A member that gives partitions up, or waits until another one has, has something to come or to go."""
    every, nothing = frozenset({at(0)}), frozenset[InputPartition]()

    def has_nothing(
        now: frozenset[InputPartition],
        target: frozenset[InputPartition],
        *,
        stable: bool = True,
        others: frozenset[InputPartition] = every,
        places: frozenset[InputPartition] = every,
    ) -> bool:
        members, targets = {"a": now, "b": others}, {"a": target, "b": others}
        return group.GroupView(places, members, stable, targets=targets).has_nothing("a")

    assert has_nothing(nothing, nothing)
    assert not has_nothing(every, nothing)
    assert not has_nothing(nothing, every)
    assert not has_nothing(nothing, nothing, stable=False)
    assert not has_nothing(nothing, nothing, others=nothing), "the group has given out none yet"
    assert not has_nothing(nothing, nothing, places=nothing), "no topic is known yet"
    others = {"a": nothing, "b": every}
    assert not group.GroupView(every, others, stable=True).has_nothing("a"), "the client calls back by itself"
    assert not group.GroupView(every, {"b": every}, stable=True, targets={}).has_nothing("a"), "it has not joined yet"
