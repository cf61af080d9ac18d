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

from stream.core import native
from stream.core.cleaning import clean_list
from stream.core.footer.page import read_lines
from stream.core.footer.words import said
from stream.core.native import calls
from stream.core.packed import MOST_COUNTED, PackedKnown, pack
from stream.core.rules import Rules
from stream.core.sites import UNIT, Known, Profile
from stream.learner.compiled_site import CompiledSite, new_site
from stream.learner.messages import Command, Published, State, read_article, write_sketch
from stream.learner.observation import Sketch
from stream.learner.profiles import BY_ORDER
from stream.learner.site import STORIES, Counted, Site

LATEST = 3
"""The number of articles that a new version is tried on: the last ones that told something new."""
MOST_ARTICLES = 48 * UNIT
"""Nothing that halves in `BY_ORDER` articles counts more of them, in 1/256."""
SETTLED = 16
"""A site is settled if its pages have had mostly the same lines for so many articles."""
AGES = (1, 8, 64)
"""Which versions can be gone back to: the one before, and the ones before the last multiples of 8 and 64 articles."""
SHARE_BEHIND, MOST_BEHIND = 8, 16
"""A new version is tried when so much of all articles, or so many, came since the last one was."""
MOST_REJECTED = 1_000
"""Maximum number of lines of a site that people have rejected."""


@dataclass(slots=True)
class LearnedSite:
    """What is known of one site, and what is in force.

    `latest`: the records of the last articles. `rejected`: lines, in the order in which they were rejected. `wanted`:
    whether a person has not rejected the site. `pinned`: the version that a person has gone back to. `applied`: the
    newest one that was found fit. `proposed`, `why`: the version that was not, and why in a clause. `tried`: the number
    of articles when a version was tried last, -1 if one has to be tried at once. `earlier`: by age (`AGES`), the number
    of articles and the version. `usual`: the lines that stand on nearly every page, as of `usual_since` articles.
    `offset`: that of the site's last record in the topic of lines.
    """

    site: Site | CompiledSite
    latest: deque[bytes] = field(default_factory=lambda: deque(maxlen=LATEST))
    rejected: dict[str, None] = field(default_factory=dict)
    wanted: bool = True
    pinned: Profile | None = None
    applied: Profile | None = None
    proposed: str = ""
    why: str = ""
    tried: int = -1
    earlier: dict[int, tuple[int, Profile]] = field(default_factory=dict)
    usual: frozenset[int] = frozenset()
    usual_since: int = 0
    offset: int = -1

    @classmethod
    def named(cls, name: str) -> LearnedSite:
        """Make one of which nothing is known."""
        return cls(new_site(name, BY_ORDER))

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
        stories = deque(site.stories, STORIES)
        known = Site(site.name, BY_ORDER, int(site.articles * share), site.total, site.total, 0, counted, stories)
        known.bound()
        return cls(known if native.compiled is None else CompiledSite.of(known))

    def learn(self, article: Sketch | bytes) -> bool:
        """Count an article, or the record of one, which is quicker; whether it told something new.

        Raises `ValueError`, which says what is wrong as a clause, if the record is none of an article.
        """
        if isinstance(article, bytes):
            new = self.site.learn_record(article) if isinstance(self.site, CompiledSite) else None
            if new is not None:
                if new:
                    self.latest.append(article)
                return new
            article = read_article(article)
        new = self.site.learn_sketches([article], self.site.total) > 0
        if new:
            self.latest.append(write_sketch(article))
        return new

    def obey(self, command: Command) -> bool:
        """Do what a person asks for, but for forgetting and importing; whether there was anything to do.

        If there was not, nothing has changed: what is not published must not decide what is published next.
        """
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
        self.tried = -1
        return True

    def refresh(self, rules: Rules) -> None:
        """Bring what is in force up to date with what was learned, if enough was; `rules` are the site's."""
        total = self.site.total
        if self.tried >= 0 and total - self.tried < min(MOST_BEHIND, total // SHARE_BEHIND):
            return
        self.tried = total
        newest = self._newest()
        self._watch_usual()
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

    def rejected_keys(self) -> set[int]:
        """Give the keys of the rejected lines, and of their first and last words."""
        return {key for line in self.rejected for key in said(line).keys}

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
        gone = {key for key in self.rejected_keys() if key in profile.known}
        if not gone:
            return profile
        known = {key: each for key, each in profile.known.items() if key not in gone}
        version = xxh3_64_hexdigest(f"{profile.version} {sorted(gone)}".encode())[: len(profile.version)]
        return Profile(profile.site, version, profile.articles, PackedKnown(pack(known)))

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
        found = calls.trial(self.latest, rules, self.applied, newest)
        withholds, prose = self._trial(rules, newest) if found is None else found
        if withholds:
            return "it would take so much of an article that the safety budget withholds it"
        return "" if prose is None else f"it would take the paragraph {_brief(prose)!r}"

    def _trial(self, rules: Rules, newest: Profile) -> tuple[bool, str | None]:
        """Whether an article would be withheld, or else prose that would be taken: the first that is found."""
        for record in self.latest:
            lines = [line for line in read_article(record).lines if line.strip()]
            page = read_lines(lines, rules)[1]
            after = clean_list(lines, rules, newest)
            prose = [removal.line - 1 for removal in after.removed if page[removal.line - 1].prose]
            if not prose and not after.withheld:
                continue
            before = clean_list(lines, rules, self.applied)
            if after.withheld and not before.withheld:
                return True, None
            kept = {removal.line - 1 for removal in before.removed}
            for at in prose:
                if at not in kept:
                    return False, lines[at]
        return False, None

    def _watch_usual(self) -> None:
        """Notice when most of the lines that stand on nearly every page have become others."""
        usual = self.site.everywhere()
        if 2 * len(usual & self.usual) < len(usual | self.usual):
            self.usual, self.usual_since = usual, self.site.total


def _brief(text: str) -> str:
    most = 60
    return text if len(text) <= most else f"{text[: most - 2]} …"
