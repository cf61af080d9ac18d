"""Whether every partition of the input topic belongs to a member of the group, and what to do where one does not.

A group can be stable and yet leave partitions to nobody. With static membership and the classic protocol it takes
one kill: a member is asked to give partitions up (the first phase of a cooperative rebalance), dies before it joins
again, and is back within the session timeout. The broker hands it the assignment that it has cached, and nobody
starts the second phase. Records wait there for ever while every member is content.

So each worker looks at the whole group. Where partitions stay without an owner, the members take turns, one each
session timeout, in the order of their member ids, which all of them see alike:

    turns 0, 1, 2    the member joins for a moment as one member more, which makes the group share out all anew
    turns 3, 4, 5    it leaves the group and begins a new session
    turns 6 …        it ends with an error, so that whoever runs it starts it again and is told

A member that does not act when it is its turn, for it has died or stands still, only costs that turn.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable
from typing import Literal

from stream.kafka.group import GroupView

log = logging.getLogger(__name__)

Action = Literal["", "rebalance", "leave", "end"]
CONFIRMED_LOOKS = 2  # one look may fall between the two phases of a rebalance
REBALANCE_TURNS, LEAVE_TURNS = 3, 3
DIFFERS_TURNS = 3  # what is under way is committed before partitions are gained or given up


class Ownership:
    """What the last looks at the group have shown. Written by one thread, read by any.

    `view`: the group as it was last seen; None before that, and where the broker cannot describe groups.
    `unowned`: the partitions that belong to nobody, once two looks in a row have shown it.
    """

    def __init__(self, turn_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`turn_s`: the length of a member's turn, which is a session timeout."""
        self._turn_s = turn_s
        self._clock = clock
        self.view: GroupView | None = None
        self.unowned: tuple[int, ...] = ()
        self._looks = 0
        self._known_s = 0.0
        self._last_turn = -1
        self._differs: tuple[frozenset[int], frozenset[int]] = frozenset(), frozenset()
        self._differs_s = 0.0

    def observe(self, view: GroupView, member: str) -> Action:
        """Takes in what a look has shown and says what this member, `member`, should do about it now."""
        self.view = view
        if not view.stable:
            self._looks = 0  # who owns what is being decided
            return ""
        unowned = view.unowned
        if not unowned:
            self._looks = 0
            if self.unowned:
                log.info("Every partition belongs to a worker again.")
                self.unowned = ()
            return ""
        self._looks += 1
        if self._looks < CONFIRMED_LOOKS:
            return ""
        if not self.unowned:
            self._known_s, self._last_turn = self._clock(), -1
            log.warning(
                "Partitions %s belong to no worker though the group is stable: nobody reads them. "
                "The group will be asked to share its partitions out anew.",
                numbers(unowned),
            )
        self.unowned = tuple(sorted(unowned))
        return self._action(sorted(view.members), member)

    def _action(self, members: list[str], member: str) -> Action:
        if member not in members:
            return ""  # its own session has to notice that first
        turn = int((self._clock() - self._known_s) / self._turn_s)
        if turn == self._last_turn or turn % len(members) != members.index(member):
            return ""
        self._last_turn = turn
        if turn < REBALANCE_TURNS:
            return "rebalance"
        return "leave" if turn < REBALANCE_TURNS + LEAVE_TURNS else "end"

    def at_odds(self, member: str, reading: Collection[int]) -> str:
        """What the group believes of this member that has not been so for too long; empty where both agree.

        It may count on the member for partitions that it does not read, or ask it for partitions that it goes on to
        read: an answer of the broker's may have got lost.
        """
        view = self.view
        if view is None:
            return ""
        given = view.members.get(member, frozenset()) if view.stable else frozenset()
        unread = given.difference(reading)
        asked_back = frozenset(reading).difference(view.targets[member]) if member in view.targets else frozenset()
        if (unread, asked_back) != self._differs:
            self._differs, self._differs_s = (unread, asked_back), self._clock()
        if self._clock() - self._differs_s <= DIFFERS_TURNS * self._turn_s:
            return ""
        if unread:
            return f"The group counts on this worker for partitions {numbers(unread)}, which it does not read."
        if asked_back:
            return f"The group has asked this worker for partitions {numbers(asked_back)}, which it still reads."
        return ""


def numbers(partitions: Iterable[int]) -> str:
    """Partitions as they stand in a sentence."""
    return ", ".join(map(str, sorted(partitions)))
