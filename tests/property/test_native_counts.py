"""The compiled core counts a site's articles as the Python core does, to the byte."""

from __future__ import annotations

from random import Random
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from harness.twins import in_python, needs_compiled
from stream.core.footer.words import said
from stream.core.native import calls
from stream.core.packed import pack
from stream.core.rules import builtin, load
from stream.learner import compiled_site, counts
from stream.learner import site as site_module
from stream.learner.compiled_site import CompiledSite
from stream.learner.counts import read_counts, write_counts
from stream.learner.learned import LearnedSite
from stream.learner.messages import Command, read_article, write_sketch
from stream.learner.observation import Sketch, shortened, sketch
from stream.learner.profiles import BY_ORDER, BY_TIME_MS
from stream.learner.site import Counted, Site
from tests.property.test_native import PROSE, known, line, tails
from tests.trials import trials

pytestmark = needs_compiled

NAME = "sea.example"
COMMON = [
    "Footer",
    "Sign up",
    "Posted 3 hours ago",
    "Source: Ada Renn",
    "返回首页",
    "Ещё по теме: море",
    "A “quoted” name",
]
LINES = st.lists(st.sampled_from(COMMON) | line.map(shortened), max_size=12)
TOLD = st.lists(st.integers(0, 25) | st.integers(0, (1 << 64) - 1), max_size=6).map(tuple)


def sketched(told: tuple[int, ...], lines: list[str], end: int) -> Sketch:
    return Sketch(told, min(end, len(lines)), tuple(each.encode("utf-8", "replace").decode() for each in lines))


SKETCHES = st.builds(sketched, TOLD, LINES, st.integers(0, 12))
COMMANDS = st.sampled_from([
    *(Command(do, each) for do in ("reject", "approve") for each in COMMON[:3]),
    Command("reject"), Command("approve"), Command("rollback", version="none"),
])  # fmt: skip
AGAIN = st.just("written and read")
BOUNDS = st.sampled_from([7, 20, 3000])


def state(site: Site | CompiledSite) -> tuple[object, ...]:
    profile = site.profile()
    told = [tuple(each) for each in site.stories]
    numbers = site.articles, site.total, site.at, site.late
    return *numbers, told, [*site.counted.items()], profile.version, pack(profile.known), site.everywhere()


@trials(300)
@given(st.lists(SKETCHES | COMMANDS | AGAIN, max_size=24), BOUNDS)
def test_a_learner_keeps_the_same_of_a_site(steps: list[Sketch | Command | str], most: int) -> None:
    with mock.patch.object(site_module, "KEYS", most), mock.patch.object(compiled_site, "KEYS", most):
        slow, fast = LearnedSite(Site(NAME, BY_ORDER)), LearnedSite(CompiledSite(NAME, BY_ORDER))
        for step in steps:
            if isinstance(step, Sketch):
                assert fast.learn(write_sketch(step)) == slow.learn(step)
            elif isinstance(step, Command):
                assert fast.obey(step) == slow.obey(step)
            else:
                record = write_counts(slow)
                assert write_counts(fast) == record
                with in_python():
                    slow = read_counts(NAME, record)
                fast = read_counts(NAME, record)
                assert isinstance(fast.site, CompiledSite)
                assert isinstance(slow.site, Site)
            slow.refresh(builtin())
            fast.refresh(builtin())
            assert fast.published() == slow.published()
        assert write_counts(fast) == write_counts(slow)
        assert fast.site.everywhere() == slow.site.everywhere()


@trials(60)
@given(st.integers(0, 1 << 32), st.sampled_from([60, 3000]), st.sampled_from([BY_ORDER, 16]))
def test_long_series_fade_alike(seed: int, most: int, half_life: int) -> None:
    chance = Random(seed)  # noqa: S311 - the same series each time
    with mock.patch.object(site_module, "KEYS", most), mock.patch.object(compiled_site, "KEYS", most):
        slow, fast = Site(NAME, half_life), CompiledSite(NAME, half_life, keeps_texts=True)
        for number in range(80):
            lines = [*chance.sample(COMMON, chance.randrange(4)), f"story {'x' * number}", chance.choice(COMMON)]
            at = max(0, slow.total + chance.choice([0, 0, 0, 1, 5, -3]))
            article = Sketch((number, number + 1), chance.randrange(len(lines)), tuple(lines))
            assert fast.learn_sketches([article], at) == slow.learn_sketches([article], at)
        assert state(fast) == state(slow)
        assert fast.written() == slow.written()


INSTANTS = st.lists(
    st.tuples(st.integers(0, 40) | st.sampled_from([8, 9]), st.lists(SKETCHES, max_size=4)), max_size=20
)


@trials(200)
@given(INSTANTS, BOUNDS)
@example([(0, [Sketch((), 0, ("A\u102b", "\u0e01\u0e34a", "7\u102b8"))])], 7)
@example([(0, [Sketch((1,), 0, ("a",)), Sketch((1,), 1, ("a",)), Sketch((1,), 0, ("b",))])], 3000)
@example([(0, [Sketch((number,), 0, ("a",))]) for number in range(9)] + [(20, [Sketch((50,), 0, ("b", "c d e f"))])], 7)
def test_a_site_that_is_learned_by_time_is_counted_alike(instants: list[tuple[int, list[Sketch]]], most: int) -> None:
    with mock.patch.object(site_module, "KEYS", most), mock.patch.object(compiled_site, "KEYS", most):
        slow, fast = Site(NAME, BY_TIME_MS), CompiledSite(NAME, BY_TIME_MS, keeps_texts=True)
        for halves, articles in instants:
            at = halves * BY_TIME_MS // 2
            assert fast.learn_sketches(articles, at) == slow.learn_sketches(articles, at)
            assert state(fast) == state(slow)
            assert state(CompiledSite.of(slow, keeps_texts=True)) == state(slow)


COUNTS = st.integers(0, 1 << 18) | st.integers(0, (1 << 32) - 1) | st.sampled_from([65_534, 65_535, 65_536, 65_537])


@trials(300)
@given(COUNTS, st.lists(st.tuples(COUNTS, COUNTS, COUNTS), max_size=8), st.integers(1, 40))
@example(65_535, [(65_535, 65_535, 1), (32_768, 0, 32_767)], 2)
@example(65_536, [(65_536, 65_535, 1)], 2)
@example(3, [(2, 1, 3_000_000)], 16)
def test_counts_of_any_size_fade_alike(articles: int, rows: list[tuple[int, int, int]], later: int) -> None:
    counted = {
        key: Counted(0, "a", min(count, articles), inside, below, 0, 0)
        for key, (count, inside, below) in enumerate(rows, 1)
    }
    slow = Site(NAME, BY_ORDER, articles, 1, 0, 0, counted)
    fast = CompiledSite.of(slow, keeps_texts=True)
    article = Sketch((1,), 0, ("Footer",))
    assert fast.learn_sketches([article], later) == slow.learn_sketches([article], later)
    assert (fast.articles, [*fast.counted.items()]) == (slow.articles, [*slow.counted.items()])


@trials(300)
@given(st.lists(line | st.tuples(st.integers(0, 90), line).map(lambda parts: "a " * parts[0] + parts[1]), max_size=6))
@example(["a b c d e f g h i j k", "a " * 100 + "b", "-" * 201, "—" * 201 + "a", "х " * 120, "a" * 700])
def test_the_keys_of_lines_of_any_length_are_those_that_cleaning_asks_for(lines: list[str]) -> None:
    site = CompiledSite(NAME, BY_ORDER, keeps_texts=True)
    read = [each.encode("utf-8", "replace").decode() for each in lines]
    site.learn_sketches([Sketch((), 0, tuple(read))], 0)
    assert {*site.counted} == {key for each in read for key in said(each).keys if key}


@trials(300)
@given(SKETCHES, st.sampled_from(["", " ", "\n"]), st.integers(0, 300))
def test_a_record_is_read_alike_however_it_is_written(article: Sketch, blank: str, cut: int) -> None:
    record = write_sketch(article)
    assert read_article(record) == article
    other = record.replace(b',"end"', f'{blank},"end"'.encode()).replace(b"Footer", rb"\u0046ooter")
    slow, fast = LearnedSite(Site(NAME, BY_ORDER)), LearnedSite(CompiledSite(NAME, BY_ORDER))
    assert fast.learn(other) == slow.learn(article)
    assert write_counts(fast) == write_counts(slow)
    for wrong in (record[:cut], record.replace(b'"end":', b'"end":9'), record[:cut] + b"\xff" + record[cut:], b"{}"):
        outcomes: list[bool | str] = []
        for site in (slow, fast):
            try:
                outcomes.append(site.learn(wrong))
            except ValueError as refused:
                outcomes.append(str(refused))
        assert outcomes[0] == outcomes[1]


@trials(200)
@given(st.lists(SKETCHES, min_size=1, max_size=6), st.integers(0, 5000), st.binary(max_size=3), st.integers(0, 9))
def test_a_changed_record_of_counts_is_read_or_refused_alike(
    articles: list[Sketch], place: int, put: bytes, gone: int
) -> None:
    known = LearnedSite(CompiledSite(NAME, BY_ORDER))
    for article in articles:
        known.learn(article)
    record = write_counts(known)
    at = place % len(record)
    changed = record[:at] + put + record[at + gone :]
    outcomes: list[object] = []
    for python in (False, True):
        try:
            if python:
                with in_python():
                    read = read_counts(NAME, changed)
            else:
                read = read_counts(NAME, changed)
            outcomes.append(write_counts(read))
        except ValueError:
            outcomes.append("refused")
    assert outcomes[0] == outcomes[1]
    assert counts.VERSION == 1


SHARED = st.tuples(tails, st.lists(tails, min_size=1, max_size=3)).map(
    lambda parts: [[*each, *parts[0]] for each in parts[1]]
)
"""Articles with lines of their own and lines that all of them have, some of them twice."""


@trials(200)
@given(
    st.lists(tails, min_size=1, max_size=3) | SHARED,
    st.lists(st.integers(0, 3000), min_size=6, max_size=6),
    st.randoms(use_true_random=False),
    st.sampled_from(["page", "markers"]),
)
@example([[*PROSE, *COMMON, *COMMON], [*COMMON, PROSE[2]], [*PROSE[:2], *COMMON]], [3000] * 6, Random(1), "page")  # noqa: S311
@example([[PROSE[2], *COMMON], [PROSE[3], *COMMON], [PROSE[0], *COMMON]], [800] * 6, Random(2), "page")  # noqa: S311
def test_a_version_is_tried_alike(articles: list[list[str]], counts: list[int], chance: Random, way: str) -> None:
    rules = builtin() if way == "page" else load(whole_page=False)
    site = LearnedSite.named(NAME)
    lines = [[each.encode("utf-8", "replace").decode() for each in article] for article in articles]
    site.latest.extend(write_sketch(Sketch((), 0, tuple(map(shortened, article)))) for article in lines)
    keys = sorted({key for each in articles for text in each for key in said(text).keys if key})
    before, after = (known(chance.sample(keys, len(keys) // 2), some) for some in (counts[:3], counts[3:]))
    for one, other in ((before, after), (None, after), (after, known(keys, [3000] * 3))):
        site.applied = one
        assert calls.trial(site.latest, rules, one, other) == site._trial(rules, other)  # noqa: SLF001


def test_prose_that_a_version_takes_is_found_by_both() -> None:
    site = LearnedSite.named(NAME)
    lines = ["The ferry runs all winter.", *PROSE, "Comments (3)", PROSE[0][::-1], *COMMON]
    site.latest.extend([write_sketch(sketch(lines, builtin()))])
    keys = sorted({key for text in lines for key in said(text).keys if key})
    found = {calls.trial(site.latest, builtin(), None, known(keys, [count] * 3)) for count in (300, 800, 3000)}
    assert found == {site._trial(builtin(), known(keys, [count] * 3)) for count in (300, 800, 3000)}  # noqa: SLF001
