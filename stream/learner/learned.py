"""What a learner keeps of one site: its counts, its last articles, and which version the workers clean with.

A new version is tried on the site's last articles before the workers get it. If it withholds removals, or takes prose,
where the version in force does not, it stays proposed until a later one passes or a person approves it. What a person
has said holds against whatever is learned afterwards: a rejected line is never known, and a site that was rejected, or
set back to an earlier version, stays so until somebody approves it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from xxhash import xxh3_64_hexdigest

from stream.core.cleaning import clean_list
from stream.core.footer.page import read_lines
from stream.core.footer.words import WHOLE, said
from stream.core.packed import MOST_COUNTED
from stream.core.rules import Rules
from stream.core.sites import UNIT, Known, Profile
from stream.learner.messages import Command, Published, State
from stream.learner.observation import Sketch, observation_of
from stream.learner.profiles import BY_ORDER
from stream.learner.site import Counted, Site

LATEST = 3
"""The number of articles that a new version is tried on: the last ones that told something new."""
KEYS = 3_000
"""Maximum number of lines, and of first and last words of lines, that a learner counts for a site. A page has some 400.

With 10,000, as in a file, one page of 563 of sites with eight articles before is cleaned better, and a learner keeps
three times as much (docs/decisions/0025).
"""
MOST_ARTICLES = 48 * UNIT
"""Nothing that halves in `BY_ORDER` articles counts more of them, in 1/256."""
SETTLED = 16
"""A site is settled if its pages have had mostly the same lines for so many articles."""
AGES = (1, 8, 64)
"""Which versions can be gone back to: the one before, and the ones before the last multiples of 8 and 64 articles."""
MOST_REJECTED = 1_000
"""Maximum number of lines of a site that people have rejected."""


@dataclass(slots=True)
class LearnedSite:
    """What is known of one site, and what is in force.

    `rejected`: lines, in the order in which they were rejected. `wanted`: whether a person has not rejected the site.
    `pinned`: the version that a person has gone back to. `applied`: the newest one that was found fit. `proposed`,
    `why`: the version that was not, and why in a clause. `earlier`: by age (`AGES`), the number of articles and the
    version. `usual`: the lines that stand on nearly every page, as of `usual_since` articles. `offset`: that of the
    site's last record in the topic of lines.
    """

    site: Site
    latest: deque[Sketch] = field(default_factory=lambda: deque(maxlen=LATEST))
    rejected: dict[str, None] = field(default_factory=dict)
    wanted: bool = True
    pinned: Profile | None = None
    applied: Profile | None = None
    proposed: str = ""
    why: str = ""
    earlier: dict[int, tuple[int, Profile]] = field(default_factory=dict)
    usual: frozenset[int] = frozenset()
    usual_since: int = 0
    offset: int = -1

    @classmethod
    def named(cls, name: str) -> LearnedSite:
        """Make one of which nothing is known."""
        return cls(Site(name, BY_ORDER, most_keys=KEYS))

    @classmethod
    def of_file(cls, site: Site) -> LearnedSite:
        """Make one of a site that was learned from files; where by their times, these are forgotten."""
        share = min(1.0, MOST_ARTICLES / max(1, site.articles))
        counted = {
            key: Counted(
                each.kind, each.text, int(each.articles * share), int(each.inside * share), int(each.below * share),
                site.total, site.total,
            )
            for key, each in site.counted.items()
        }  # fmt: skip
        known = Site(
            site.name, BY_ORDER, int(site.articles * share), site.total, site.total, 0, KEYS, counted, site.stories
        )
        known.bound()
        return cls(known)

    def learn(self, article: Sketch) -> bool:
        """Count an article; whether it told something new."""
        new = self.site.learn([observation_of(article)], self.site.total) > 0
        if new:
            self.latest.append(article)
        return new

    def obey(self, command: Command) -> bool:
        """Do what a person asks for, but for forgetting and importing; whether there was anything to do."""
        if command.do == "reject" and command.line:
            if command.line in self.rejected or len(self.rejected) >= MOST_REJECTED:
                return False
            self.rejected[command.line] = None
        elif command.do == "approve" and command.line:
            if command.line not in self.rejected:
                return False
            del self.rejected[command.line]
        elif command.do == "reject":
            self.wanted = False
        elif command.do == "approve":
            self.wanted, self.pinned = True, None
            self._apply(self._newest())
        elif command.do == "rollback":
            found = next((each for _, each in self.earlier.values() if each.version == command.version), None)
            if found is None:
                return False
            self.pinned = found
        return True

    def refresh(self, rules: Rules) -> None:
        """Bring what is in force up to date with what was learned; `rules` are the site's."""
        newest = self._newest()
        self._watch_usual(newest)
        if self.applied is None or newest.version != self.applied.version:
            why = self._unfit(newest, rules)
            if why:
                self.proposed, self.why = newest.version, why
            else:
                self._apply(newest)

    def published(self) -> Published:
        """What the workers are told."""
        profile = self.pinned or self.applied or Profile(self.site.name, "none")
        if self.pinned is not None or self.applied is not None:
            profile = self._without_rejected(profile)
        state: State = "applied"
        if not self.wanted:
            state = "rejected"
        elif self.pinned is not None:
            state = "pinned"
        elif self.proposed:
            state = "proposed"
        settled = self.site.total - self.usual_since >= SETTLED
        return Published(profile, self.site.total, state, settled, len(self.usual), self.proposed, self.why)

    def _newest(self) -> Profile:
        """What was learned, with counts that a packed row can hold, and without what was rejected."""
        profile = self.site.profile()
        if profile.articles > MOST_COUNTED:
            known = {
                key: Known(*(count * MOST_COUNTED // profile.articles for count in each))
                for key, each in profile.known.items()
            }
            profile = Profile(profile.site, profile.version, MOST_COUNTED, known)
        return self._without_rejected(profile)

    def _without_rejected(self, profile: Profile) -> Profile:
        gone = {key for line in self.rejected for key in said(line).keys if key}
        if not gone & profile.known.keys():
            return profile
        known = {key: each for key, each in profile.known.items() if key not in gone}
        version = xxh3_64_hexdigest(f"{profile.version} {sorted(gone)}".encode())[: len(profile.version)]
        return Profile(profile.site, version, profile.articles, known)

    def _apply(self, profile: Profile) -> None:
        total, before = self.site.total, self.applied
        self.proposed = self.why = ""
        if before is not None and before.version != profile.version:
            for age in AGES:
                if age == 1 or age not in self.earlier or total // age != self.earlier[age][0] // age:
                    self.earlier[age] = total, before
        self.applied = profile

    def _unfit(self, newest: Profile, rules: Rules) -> str:
        """Why a version must not be used, as a clause; empty if it may."""
        now = self.applied
        for article in self.latest:
            before, after = clean_list(article.lines, rules, now), clean_list(article.lines, rules, newest)
            if after.withheld and not before.withheld:
                return "it would take so much of an article that the safety budget withholds it"
            kept = {removal.line for removal in before.removed}
            taken = [removal.text for removal in after.removed if removal.line not in kept]
            if not taken:
                continue
            for line, text in zip(read_lines(taken, rules)[1], taken, strict=True):
                if line.prose:
                    return f"it would take the paragraph {_brief(text)!r}"
        return ""

    def _watch_usual(self, newest: Profile) -> None:
        """Notice when most of the lines that stand on nearly every page have become others."""
        usual = frozenset(
            key for key, each in newest.known.items()
            if self.site.counted[key].kind == WHOLE and newest.is_everywhere(each)
        )  # fmt: skip
        if 2 * len(usual & self.usual) < len(usual | self.usual):
            self.usual, self.usual_since = usual, self.site.total


def _brief(text: str) -> str:
    most = 60
    return text if len(text) <= most else f"{text[: most - 2]} …"
