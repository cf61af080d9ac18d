"""The worker at this moment, as plain values for the page."""

from __future__ import annotations

import heapq
import math
import time
from operator import itemgetter
from typing import Any

from stream.config.light import in_a_url
from stream.kafka.group import GroupView, Member
from stream.observe.shown import on_one_line
from stream.page.guard import is_loopback
from stream.page.subject import Subject
from stream.records.input_partition import InputPartition
from stream.records.outcomes import OUTCOMES

MOST_PARTITIONS = 200
"""How many partitions are listed; those with most records waiting come first. The sums count all."""
COUNT_EVERY_S = 5.0  # sites are counted one by one, and there may be a hundred thousand
UNKNOWN = Member("", "")


class Now:
    """Tells of the worker when it is called."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._sites: dict[str, int] | None = None
        self._counted_s = -math.inf

    def __call__(self) -> dict[str, Any]:
        """What changes from one second to the next."""
        subject = self._subject
        problems, warnings = subject.condition()
        totals, commit = subject.metrics.totals, subject.metrics.last_commit
        return {
            "problems": [on_one_line(each) for each in problems],
            "warnings": [on_one_line(each) for each in warnings],
            "totals": {name: totals[name] for name in OUTCOMES},
            "removed": {name: totals[name] for name in ("repeats", "footer", "junk")},
            "bytes": {"in": totals["bytes_in"], "out": totals["bytes_out"]},
            "commit": None if commit is None else commit._asdict(),
            "rules": subject.processor().rules.version,
            "sites": self._count_sites(),
            **_partitions(subject),
            "others": _others(subject),
        }

    def _count_sites(self) -> dict[str, int] | None:
        """How many sites are known, and how many wait for a person; None where sites are off."""
        known = self._subject.sites
        if known is not None and time.monotonic() - self._counted_s > COUNT_EVERY_S:
            self._counted_s = time.monotonic()
            self._sites = {"known": len(known), "proposed": known.count_proposed()}
        return self._sites


def _partitions(subject: Subject) -> dict[str, Any]:
    """Each partition of the input with its lag and its owner, the sum of the lags, and how many partitions there are.

    `lag_s`: for how many seconds its oldest record has waited; None while unknown, as it is of the others' partitions.
    Of these the lag is what the group has not committed; it counts transaction markers.
    """
    own, view = dict(subject.partitions.items()), subject.ownership.view
    lags = {place: known.lag for place, known in own.items()}
    owners: dict[InputPartition, str] = {}
    if view is not None:
        for member, places in view.members.items():
            owners |= dict.fromkeys(places, member)
        lags = dict.fromkeys(view.partitions, 0) | dict(view.lag) | lags
    rows = [
        {
            "topic": on_one_line(place.topic),
            "partition": place.number,
            "lag": lag,
            "lag_s": own[place].lag_s if place in own else None,
            "position": own[place].position if place in own else None,
            "owner": "here" if place in own else _owner(view, owners.get(place, "")),
        }
        for place, lag in sorted(heapq.nlargest(MOST_PARTITIONS, lags.items(), key=itemgetter(1)))
    ]
    return {"partitions": rows, "partition_count": len(lags), "lag": sum(lags.values())}


def _owner(view: GroupView | None, member: str) -> str:
    """Who owns a partition, in words; "" if nobody does."""
    if view is None or not member:
        return ""
    who = view.who.get(member, UNKNOWN)
    name = who.instance_id or member
    return on_one_line(f"{name} on {who.host}" if who.host else name)


def _others(subject: Subject) -> list[dict[str, str]]:
    """The other members of the group: their names, and where their pages may be if their settings are like this one's.

    The broker tells a member's address, but not where it listens.
    """
    view, settings = subject.ownership.view, subject.settings
    if view is None:
        return []
    reachable = settings.http_port > 0 and not is_loopback(settings.http_host)
    others = []
    for member in sorted(view.members):
        if member == subject.member():
            continue
        who = view.who.get(member, UNKNOWN)
        page = f"http://{in_a_url(who.host)}:{settings.http_port}/" if reachable and who.host else ""
        others.append(
            {"name": on_one_line(who.instance_id or member), "host": on_one_line(who.host), "page": on_one_line(page)}
        )
    return others
