"""One site: what is counted, how it fades, and its bounds."""

from __future__ import annotations

import pytest

from stream.core.footer.words import WHOLE
from stream.core.sites import UNIT
from stream.learner import site as site_module
from stream.learner.observation import Observation, Seen
from stream.learner.profiles import BY_ORDER, BY_TIME_MS
from stream.learner.site import LEAST, LITTLE, Site
from tests.observations import article, key_of

HOUR_MS = 60 * 60 * 1000
OLD, NEW = "Follow us on the old network", "Get the new application"


def by_order() -> Site:
    return Site("example.org", BY_ORDER)


def learn(site: Site, *observations: Observation) -> None:
    for observation in observations:
        site.learn([observation], site.total)


def share(site: Site, line: str) -> float:
    return site.profile().of_line(key_of(line)).articles / site.articles


def test_a_line_is_counted_by_articles_and_by_the_side_of_the_story_s_end() -> None:
    site = by_order()
    learn(site, article(1, "Footer"), article(2, "Footer"), article(3, inside=["Footer"]))
    known = site.profile().of_line(key_of("Footer"))
    assert (known.articles, known.inside, known.below) == (3 * UNIT, UNIT, 2 * UNIT)
    assert site.counted[key_of("Footer")].first == 0
    assert site.counted[key_of("Footer")].last == 2


def test_another_edition_counts_once() -> None:
    site = by_order()
    story = article(1, "Footer")
    other = Observation((7, *story.told[1:]), story.seen)
    assert site.learn([story], 0) == 1
    assert site.learn([story, story, other], 0) == 0
    assert (site.total, site.articles, site.profile().of_line(key_of("Footer")).articles) == (1, UNIT, UNIT)


def test_a_notice_below_each_short_report_does_not_make_them_one_story() -> None:
    site = by_order()
    for number in range(20):
        learn(site, Observation((number + 1, 1000, 1001), article(number, "The law says this.").seen))
    assert site.total >= 18


def test_an_article_without_words_is_none() -> None:
    site = by_order()
    assert site.learn([Observation((), ())] * 3, 0) == 0
    assert site.total == 0


def test_a_redesign_is_learned_after_about_as_many_articles_as_are_kept_whatever_their_age() -> None:
    site = Site("example.org", BY_TIME_MS)
    for week in range(30):
        site.learn([article(week, OLD)], week * 7 * 24 * HOUR_MS)
    assert site.articles <= (LEAST + 1) * UNIT
    for week in range(30, 30 + LEAST + 2):
        site.learn([article(week, NEW)], week * 7 * 24 * HOUR_MS)
    assert share(site, OLD) < 1 / 3 < 0.6 < share(site, NEW)


def test_a_redesign_is_learned_in_days_where_much_is_published() -> None:
    site = Site("example.org", BY_TIME_MS)
    for number in range(400):
        site.learn([article(number, OLD)], number * HOUR_MS // 2)
    begin = 400 * HOUR_MS // 2
    for number in range(400, 400 + 48 * 4):
        site.learn([article(number, NEW)], begin + (number - 400) * HOUR_MS // 2)
    assert share(site, OLD) < 1 / 3


def test_what_no_article_has_any_more_is_let_go() -> None:
    site = by_order()
    learn(site, *(article(number, OLD) for number in range(10)))
    learn(site, *(article(number, NEW) for number in range(10, 400)))
    assert key_of(OLD) not in site.counted
    assert site.counted[key_of(NEW)].first == 10


def test_a_late_article_counts_what_it_would_have_left_by_now() -> None:
    site = Site("example.org", BY_TIME_MS)
    site.learn([article(number) for number in range(LITTLE)], 10 * BY_TIME_MS)
    site.learn([article(50, "Late where little is known")], 0)
    site.learn([article(51, "Late")], 9 * BY_TIME_MS)
    assert site.counted[key_of("Late where little is known")].articles == UNIT
    assert site.counted[key_of("Late")].articles == UNIT // 2
    assert site.counted[key_of("Late")].first == 9 * BY_TIME_MS
    assert site.learn([article(52, "Far too late")], 0) == 0
    assert key_of("Far too late") not in site.counted


def test_one_wrong_date_in_the_future_is_not_the_last_that_a_site_learns_from() -> None:
    site = Site("example.org", BY_TIME_MS)
    site.learn([article(0, OLD)], 0)
    site.learn([article(1, "From the future")], 1 << 47)
    for number in range(2, 40):
        site.learn([article(number, NEW)], number * HOUR_MS)
    assert site.at < BY_TIME_MS
    assert share(site, NEW) > 0.5


def test_an_old_article_now_and_then_does_not_turn_the_time_back() -> None:
    site = Site("example.org", BY_TIME_MS)
    site.learn([article(number, NEW) for number in range(100, 100 + LITTLE + 1)], 100 * BY_TIME_MS)
    for number in range(40):
        site.learn([article(2 * number, NEW)], 100 * BY_TIME_MS + number * HOUR_MS)
        assert site.learn([article(2 * number + 1, OLD)], number * HOUR_MS) == 0
    assert share(site, NEW) == 1
    assert key_of(OLD) not in site.counted


def test_a_site_is_bounded_and_what_is_rare_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "KEYS", 100)
    site = by_order()
    for number in range(40):
        new = tuple(Seen(number * 50 + at + 1, WHOLE, "new", inside=True, below=False) for at in range(50))
        learn(site, Observation(article(number).told, (*article(number, "Footer").seen, *new)))
        assert len(site.counted) <= 100
    assert share(site, "Footer") == 1


def test_what_stood_once_is_no_part_of_the_profile_of_a_site_with_many_articles() -> None:
    site = by_order()
    learn(site, article(1, "Once"), article(2))
    assert site.profile().of_line(key_of("Once")).articles == UNIT
    learn(site, article(3))
    assert site.profile().of_line(key_of("Once")).articles == 0


def test_the_version_of_a_profile_tells_its_content() -> None:
    one, other = by_order(), by_order()
    learn(one, article(1, "Footer"))
    learn(other, article(1, "Footer"))
    assert one.profile().version == other.profile().version
    learn(other, article(2, "Footer"))
    assert one.profile().version != other.profile().version
