"""Whether every partition of the input topics is assigned to a member of the group, and what to do if one is not.

A group can be stable and still leave partitions unassigned. With static membership and the classic protocol one kill is
enough: a member is asked to give partitions up (the first phase of a cooperative rebalance), dies before it joins
again, and is back within the session timeout. The broker gives it the assignment that it has cached, and no member
starts the second phase. Records in those partitions are never read, although every member is healthy.

So each worker watches the whole group. If partitions stay unassigned, the members act in turn, one per session timeout,
in the order of their member ids, which is the same for all of them:

    turns 0, 1, 2    the worker joins for a moment as an additional member, which triggers a rebalance
    turns 3, 4, 5    the worker leaves the group and begins a new session
    turns 6 and up   the worker ends with an error, so that it is started again and its operator is told

A member that does not act in its turn, because it is dead or frozen, costs no more than that turn.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Collection
from typing import Literal

from stream.kafka.group import GroupView
from stream.records.input_partition import InputPartition, listed

log = logging.getLogger(__name__)

Action = Literal["", "rebalance", "leave", "end"]
CONFIRMING_VIEWS = 2  # a single view of the group may have been taken between the two phases of a rebalance
REBALANCE_TURNS, LEAVE_TURNS = 3, 3
NEW_TOPIC_S = 30.0
"""How long a new topic may have no owner at all, in seconds.

Every member asks for new topics every 10 s (`client.consumer`), and rebalances then. Trade: a rebalance of ours before
that would find members that do not know of the topic. Worst case: if it is not assigned then, that shows 30 s late.
"""

DISAGREEMENT_TURNS = 3  # disagreeing is normal for a while: the records in flight are committed before a rebalance ends


class Ownership:
    """What the last views of the group have shown. Updated by one thread, may be read by any.

    `view`: the group as it was last seen; None before that, and if the broker cannot describe groups.
    `unowned`: the partitions that are assigned to no member, once two views in a row have shown it.
    """

    def __init__(self, turn_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`turn_s`: the length of a turn in seconds, which is the session timeout."""
        self._turn_s = turn_s
        self._clock = clock
        self.view: GroupView | None = None
        self.unowned: tuple[InputPartition, ...] = ()
        self._views_unowned = 0  # how many views in a row have shown partitions without an owner
        self._unowned_since_s = 0.0
        self._last_turn = -1
        self._seen_s: dict[str, float] = {}  # when each topic was first seen; those of the first view were always there
        # What the group and this member disagree about (see `disagreement`), and since when.
        self._differs: tuple[frozenset[InputPartition], frozenset[InputPartition]] = frozenset(), frozenset()
        self._differs_since_s = 0.0

    def observe(self, view: GroupView, member: str) -> Action:
        """Takes a view of the group; returns what the worker with this member id should do now, empty for nothing."""
        self.view = view
        new = self._new(view)
        if not view.stable:
            self._views_unowned = 0  # the partitions are just being assigned
            return ""
        unowned = view.unowned.difference(new)
        if not unowned:
            self._views_unowned = 0
            if self.unowned:
                log.info("Every partition is assigned to a worker again.")
                self.unowned = ()
            return ""
        self._views_unowned += 1
        if self._views_unowned < CONFIRMING_VIEWS:
            return ""
        if not self.unowned:
            self._unowned_since_s, self._last_turn = self._clock(), -1
            log.warning(
                "Partitions %s are assigned to no worker although the group is stable, so nobody reads them. "
                "The workers will make the group rebalance.",
                listed(unowned),
            )
        self.unowned = tuple(sorted(unowned))
        return self._action(sorted(view.members), member)

    def _new(self, view: GroupView) -> set[InputPartition]:
        """The partitions of topics that are new and have no owner yet."""
        now = self._clock()
        first = now if self._seen_s else -math.inf
        self._seen_s = {topic: self._seen_s.get(topic, first) for topic in {place.topic for place in view.partitions}}
        owned = {place.topic for places in view.members.values() for place in places}
        young = {topic for topic, seen_s in self._seen_s.items() if now - seen_s < NEW_TOPIC_S}
        return {place for place in view.partitions if place.topic in young.difference(owned)}

    def _action(self, members: list[str], member: str) -> Action:
        if member not in members:
            return ""  # we are no member any more, which the session has to notice first
        turn = int((self._clock() - self._unowned_since_s) / self._turn_s)
        if turn == self._last_turn or turn % len(members) != members.index(member):
            return ""
        self._last_turn = turn
        if turn < REBALANCE_TURNS:
            return "rebalance"
        return "leave" if turn < REBALANCE_TURNS + LEAVE_TURNS else "end"

    def disagreement(self, member: str, reading: Collection[InputPartition]) -> str:
        """A sentence if the group and this member have disagreed about its partitions for too long; else empty.

        The group may count on the member for partitions that it does not read, or wait for it to give up partitions
        that it still reads, as happens when an answer of the broker was lost. `reading`: the partitions that it reads.
        """
        view = self.view
        if view is None:
            return ""
        given = view.members.get(member, frozenset()) if view.stable else frozenset()
        unread = given.difference(reading)
        asked_back = frozenset(reading).difference(view.targets[member]) if member in view.targets else frozenset()
        if (unread, asked_back) != self._differs:
            self._differs, self._differs_since_s = (unread, asked_back), self._clock()
        if self._clock() - self._differs_since_s <= DISAGREEMENT_TURNS * self._turn_s:
            return ""
        if unread:
            return f"The group has assigned partitions {listed(unread)} to this worker, which does not read them."
        if asked_back:
            return f"The group has asked for partitions {listed(asked_back)} back, which this worker still reads."
        return ""
