"""A labelled corpus played as a stream: each page is cleaned with what the pages of its site before it taught."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson

from stream.core.footer.network import network_of
from stream.core.rules import Rules
from stream.core.sites import Profile
from stream.errors import SettingsError, unreadable
from stream.learner.observation import observe
from stream.learner.profiles import Profiles
from stream.offline.evaluation import LabelledPage, Report, Tally

BEFORE = {"none": 0, "1": 1, "2 to 3": 3, "4 to 7": 7, "8 or more": 1 << 62}
"""How many articles of the site came before, at most."""


class Case(NamedTuple):
    """A page, and what it was cleaned with."""

    page: LabelledPage
    rules: Rules
    profile: Profile | None


class Play:
    """Cleans and counts page by page; with `learns` it learns from each one, too."""

    def __init__(self, *, learns: bool) -> None:
        self.report = Report()
        self.by_before = {name: Tally() for name in BEFORE} if learns else {}
        self._profiles = Profiles() if learns else None

    def measure(self, page: LabelledPage, rules: Rules) -> Case:
        """Clean and count one page, and then learn from it. One whose source is not known teaches nothing."""
        rules = rules.for_site(page.source)
        if self._profiles is None:
            self.report.measure(page, rules)
            return Case(page, rules, None)
        known = self._profiles.sites.get(page.source)
        profile, before = (None, 0) if known is None else (known.profile(), known.total)
        kept = self.report.measure(page, rules, profile)
        self.by_before[next(name for name, most in BEFORE.items() if before <= most)].add(page, kept)
        if page.source:
            self._profiles.learn_together([(page.source, observe("\n".join(page.lines), rules))])
        return Case(page, rules, profile)


def folds(folder: Path, rules: Rules) -> Callable[[str], Rules]:
    """Give what tells the rules for a page by its id: with the network that has not seen it.

    The folder's `folds.json` maps the ids to the names of the files in it that hold the networks. Raises
    `SettingsError`, and so does asking for a page that has none.
    """
    index = folder / "folds.json"
    try:
        names = orjson.loads(index.read_bytes())
        if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
            msg = f"{index} does not map the ids of pages to the names of files."
            raise SettingsError(msg)
        found = {name: _network(folder / name, rules) for name in sorted(set(names.values()))}
    except OSError as error:
        raise SettingsError(unreadable(error.filename, error)) from None
    except orjson.JSONDecodeError:
        msg = f"{index} is not JSON."
        raise SettingsError(msg) from None

    def rules_of(page_id: str) -> Rules:
        if page_id not in names:
            msg = f"{index} names no network for the page {page_id!r}."
            raise SettingsError(msg)
        return found[names[page_id]]

    return rules_of


def _network(path: Path, rules: Rules) -> Rules:
    try:
        return rules.with_model(network_of(path.read_bytes()))
    except ValueError as error:
        msg = f"{path}: {error}"
        raise SettingsError(msg) from None
