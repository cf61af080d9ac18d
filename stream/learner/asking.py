"""What a person asks of a learner: what may be asked, and what is in force, in words."""

from __future__ import annotations

from stream.errors import StreamError
from stream.learner.learned import MOST_REJECTED, LearnedSite
from stream.learner.messages import Command, Deed, Published


def state_of(known: Published) -> str:
    """What the workers clean with, in words."""
    version = known.profile.version
    words = {
        "applied": f"version {version}",
        "proposed": f"version {version}; {known.proposed} waits for approval: {known.why}",
        "pinned": f"version {version}, which somebody has gone back to",
        "rejected": "nothing: somebody has rejected it",
    }
    return words[known.state]


def versions_of(known: LearnedSite) -> dict[str, int]:
    """The versions that can be gone back to, each with the number of articles that it was learned from."""
    return {profile.version: total for total, profile in known.earlier.values()}


def command_for(known: LearnedSite, do: Deed, what: str) -> Command:
    """The command to do this to a site; `what` is a line, or a version to go back to, or "".

    Raises `StreamError` where there is nothing to do it to.
    """
    name = known.site.name
    if do == "approve" and what and what not in known.rejected:
        msg = f"Nobody has rejected the line {what!r} of {name}."
        raise StreamError(msg, fix="`article-stream sites show` shows the rejected lines.")
    if do == "reject" and what not in {"", *known.rejected} and len(known.rejected) >= MOST_REJECTED:
        msg = f"{name} has {MOST_REJECTED:,} rejected lines already, which is the most a site can have."
        raise StreamError(msg, fix="Approve one of them first, or reject the whole site.")
    versions = list(versions_of(known))
    if do == "rollback" and what not in versions:
        msg = f"{name} has no earlier version {what!r} to go back to."
        raise StreamError(msg, fix=f"It has {', '.join(versions)}." if versions else "It has none yet.")
    return Command(do, version=what) if do == "rollback" else Command(do, line=what)
