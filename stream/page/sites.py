"""What is known of sites, for the page: all of them, one with its lines, and what a person says of it.

One site is read from Kafka, and asking writes to it, so these are called by a thread of the page's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stream.config.settings import Settings
from stream.core.sites import rounded
from stream.kafka.learned_sites import LearnedSites
from stream.learner.asking import command_for, state_of, versions_of
from stream.learner.compiled_site import plain
from stream.learner.messages import LONGEST_COMMAND, Deed, Published
from stream.observe.shown import on_one_line
from stream.offline.known_lines import known_lines
from stream.page.refused import Refused
from stream.records.known_sites import KnownSites

MOST_SITES, MOST_LINES = 1_000, 500
HIDDEN = "why is told where STREAM_HTTP_SHOW_ARTICLES=true"
DEEDS: tuple[Deed, ...] = ("approve", "reject", "rollback")


def listed(sites: KnownSites, *, articles: bool) -> dict[str, Any]:
    """The sites that this worker knows: first those of which a version waits for a person, then those best known."""
    known = sites.published()
    rows: list[dict[str, Any]] = [
        {
            "name": on_one_line(name),
            "version": each.profile.version,
            "state": each.state,
            "in_force": _in_force(each, articles=articles),
            "total": each.total,
            "articles": rounded(each.profile.articles),
            "usual": each.usual,
            "waits": bool(each.proposed),
        }
        for name, each in known.items()
    ]
    rows.sort(key=lambda row: (not row["waits"], -row["total"], row["name"]))
    return {"sites": rows[:MOST_SITES], "count": len(rows), "applies": sites.applies}


def _in_force(known: Published, *, articles: bool) -> str:
    """What the workers clean with. Why a version waits may name a paragraph, which is shown only with `articles`."""
    return on_one_line(state_of(known if articles else replace(known, why=HIDDEN)))


def known_name(sites: KnownSites, name: str) -> str:
    """The name, if it is one of those that are listed. Raises `Refused`: no other is looked for in Kafka."""
    if not name:  # for which all sites would be read
        raise Refused(404, "The address names no site: it ends in ?name= and the name of one.")
    if name not in sites.names():
        raise Refused(404, f"This worker knows no site {name[:80]!r}.")
    return name


def whole(settings: Settings, name: str, stopping: Callable[[], bool], *, articles: bool) -> dict[str, Any]:
    """One site. Its lines, which are text of its articles, only with `articles`. Raises one of our errors."""
    known = LearnedSites(settings).counts(name, stopping).get(name)
    if known is None:
        raise Refused(404, f"The learner knows no site {name[:80]!r}.")
    published = known.published()
    found: dict[str, Any] = {
        "name": on_one_line(name),
        "state": published.state,
        "in_force": _in_force(published, articles=articles),
        "version": published.profile.version,
        "waits": bool(published.proposed),
        "offset": known.offset,
        "total": published.total,
        "articles": rounded(published.profile.articles),
        "versions": [[version, total] for version, total in versions_of(known).items()],
        "line_count": None,
    }
    if articles:
        shown = known_lines(plain(known.site), by_time=False, rejected=known.rejected_keys())
        found["line_count"] = len(shown)
        found["lines"] = [
            # `line`: as it has to be named to reject it; `text`: as it is shown
            {**line._asdict(), "effect": line.effect.value, "text": on_one_line(line.text), "line": line.text}
            for line in shown[:MOST_LINES]
        ]
        found["rejected"] = [{"text": on_one_line(line), "line": line} for line in known.rejected]
    return found


def asked(settings: Settings, name: str, do: Deed, what: str, stopping: Callable[[], bool]) -> dict[str, Any]:
    """Asks the learner to do something to a site, and does not wait until it is done.

    It is done once the site's `offset` has come to the one that this gives, and is another than `before`. That may be
    larger: partitions may have been added to the topic, or it was made again. Raises one of our errors.
    """
    on_kafka = LearnedSites(settings)
    known = on_kafka.counts(name, stopping).get(name)
    if known is None:
        raise Refused(404, f"The learner knows no site {name[:80]!r}.")
    command = command_for(known, do, what)
    if do == "reject" and what in known.rejected:  # the learner would do nothing, and its site stay at this offset
        return {"offset": known.offset, "before": None}
    ends = on_kafka.send([(name, command)])
    return {"offset": max(ends.values()) - 1, "before": known.offset}


def deed_of(asked_for: Any) -> tuple[Deed, str]:
    """What a request asks for, and of which line or version. Raises `Refused` if it makes no sense."""
    do = asked_for.get("do") if isinstance(asked_for, dict) else None
    what = asked_for.get("what", "") if isinstance(asked_for, dict) else ""
    deed = next((deed for deed in DEEDS if deed == do), None)
    if deed is None or not isinstance(what, str) or len(what) > LONGEST_COMMAND:
        raise Refused(400, f"A site can be given one of {', '.join(DEEDS)}, with a line or a version.")
    return deed, what
