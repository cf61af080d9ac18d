"""The benchmark of learning sites."""

from __future__ import annotations

from bench.sites import AGES, COMMIT, TURNS, commits, learner, lookups
from stream.core.rules import builtin
from stream.learner.messages import read_article
from stream.learner.observation import Sketch, sketch
from tests.unit.learner.test_learned import FOOTER, article

SITE = {"halsey.example": [article(number, FOOTER) for number in range(9)]}


def test_all_pages_of_a_site_come_in_commits_each_time_as_another_story() -> None:
    records = [record for commit in commits(SITE) for _, some in commit for record in some]
    assert len(records) == 9 * TURNS
    assert max(len(some) for commit in commits(SITE) for _, some in commit) == COMMIT
    read: list[Sketch] = [read_article(record) for record in records]
    assert len({each.told for each in read}) == len(read)
    assert all(FOOTER in each.lines for each in read)


def test_young_and_old_sites_have_figures_of_their_own() -> None:
    found = learner(SITE, builtin())
    assert [*found] == [*AGES, "bytes"]
    for age in AGES:
        assert {"read and learn, µs", "refresh, µs", "write counts, µs", "observations a second"} <= {*found[age]}
    assert int(found["bytes"]["a record of counts"].replace(",", "")) > len(repr(sketch([FOOTER], builtin())))


def test_lookups_have_a_row_for_each_number_of_sites() -> None:
    assert [*lookups([3, 30])] == ["3 sites of 4,200 bytes", "30 sites of 4,200 bytes"]
