"""`python -m bench.sites`: what learning sites costs the worker and the learner, in time, bytes and memory."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from random import Random
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.texts import REAL, about, real_pages
from harness.known_sites import by_site
from stream.core import native
from stream.core.cleaning import clean
from stream.core.packed import ROW, PackedKnown, pack
from stream.core.rules import Rules, builtin
from stream.core.sites import Known, Profile
from stream.learner.counts import read_counts, write_counts
from stream.learner.learned import LearnedSite
from stream.learner.messages import clean_and_sketch, write_published, write_sketch
from stream.learner.observation import Sketch, sketch

ENOUGH = 8
"""A site with fewer pages is left out."""
COMMIT = 7
"""Articles of each site between two commits: 7,000 of 1,000 sites."""
TURNS = 8
"""Each page comes so many times, as a story of its own, so that sites grow."""
SITES = (1_000, 10_000, 100_000)
LINES = 300
"""Lines and templates of a made-up site."""
ASKED, OF_ARTICLE = 400_000, 500
"""So many keys are looked up in all, and of one article, which asks for its site once."""
YOUNG = 64
AGES = f"the first {YOUNG} articles of each site", f"after {YOUNG} articles"
_MASK = (1 << 64) - 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.sites", description=__doc__)
    parser.add_argument("--pages", type=int, default=1697, help="the most pages that are learned from (1697)")
    parser.add_argument("--sites", type=int, default=SITES[-1], help="the most made-up sites (100,000)")
    arguments = parser.parse_args()
    out = Console(width=None if sys.stdout.isatty() else 110)
    pages = [page.lines for page in real_pages()[: arguments.pages]]
    show(out, "The worker: µs a page", worker(["\n".join(lines) for lines in pages], builtin()))
    sites = {site: found for site, found in sketches(arguments.pages, builtin()).items() if len(found) >= ENOUGH}
    sizes = [len(write_sketch(each)) for found in sites.values() for each in found]
    if sizes:
        for name, found in learner(sites, builtin()).items():
            show(out, f"The learner: {name}", found)
        out.print(
            f"An observation has {fmean(sizes) / 1000:.1f} KB in the mean; {len(sites)} sites, {len(sizes)} pages."
        )
    show(
        out, f"Looking a line up in profiles of {LINES} lines: ns", lookups([n for n in SITES if n <= arguments.sites])
    )
    out.print(f"{native.NAME} core. Pages: {about(REAL)}.")


def show(out: Console, title: str, rows: Mapping[str, str]) -> None:
    """Print a table of two columns."""
    table = Table(title=title, show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(name, value)
    out.print(table)


def worker(texts: Sequence[str], rules: Rules) -> dict[str, str]:
    """What cleaning and looking at a page take, each the least of several rounds."""
    calls: dict[str, Callable[[str], object]] = {
        "clean": lambda text: clean(text, rules),
        "clean, with the record of what it teaches": lambda text: clean_and_sketch(text, rules),
        "the sketch alone": lambda text: sketch(text, rules),
    }
    best = dict.fromkeys(calls, 0.0)
    for text in texts:
        least = dict.fromkeys(calls, float("inf"))
        for _ in range(3):
            for name, call in calls.items():
                began = time.perf_counter()
                call(text)
                least[name] = min(least[name], time.perf_counter() - began)
        for name, took in least.items():
            best[name] += took
    return {name: f"{took / len(texts) * 1e6:.1f}" for name, took in best.items()}


def sketches(most: int, rules: Rules) -> dict[str, list[Sketch]]:
    """What the pages teach, by site."""
    return {
        site: [sketch("\n".join(page.lines), rules) for page in pages]
        for site, pages in by_site(real_pages()[:most]).items()
    }


def commits(sites: Mapping[str, Sequence[Sketch]]) -> Iterator[list[tuple[str, list[bytes]]]]:
    """The records of each commit, by site. A page that comes again tells another story, with the same lines."""
    streams = {site: iter(told_anew(found)) for site, found in sites.items()}
    while streams:
        commit = []
        for site, stream in [*streams.items()]:
            some = [*islice(stream, COMMIT)]
            if some:
                commit.append((site, some))
            else:
                del streams[site]
        yield commit


def told_anew(found: Sequence[Sketch]) -> Iterable[bytes]:
    """The records of a site's pages, again and again: with other stories, and other lines where they are the page's."""
    often = Counter(line for each in found for line in each.lines)
    for turn in range(TURNS):
        for each in found:
            told = tuple(told + turn & _MASK for told in each.told)
            anew = "x" * turn
            yield write_sketch(
                Sketch(told, each.end, tuple(line if often[line] > 1 else f"{anew}{line}{anew}" for line in each.lines))
            )


def learner(sites: Mapping[str, Sequence[Sketch]], rules: Rules) -> dict[str, dict[str, str]]:
    """What a learner takes of a core for an observation, while its sites are young and when they are not."""
    known = {site: LearnedSite.named(site) for site in sites}
    clocks = {age: Clock() for age in AGES}
    sizes: dict[str, list[int]] = defaultdict(list)
    for commit in commits(sites):
        for site, records in commit:
            one = known[site]
            clock = clocks[AGES[one.site.total >= YOUNG]]
            before = one.applied
            with clock.of("read and learn"):
                for record in records:
                    one.learn(record)
            with clock.of("refresh"):
                one.refresh(rules)
            with clock.of("write counts"):
                counts = write_counts(one)
            sizes["a record of counts"].append(len(counts))
            if one.applied is not before:
                with clock.of("write the profile"):
                    told = write_published(one.published())
                sizes["a published profile"].append(len(told))
            clock.articles += len(records)
    return {age: clock.rows() for age, clock in clocks.items()} | {"bytes": of_sites(known, sizes)}


class Clock:
    """Adds up the processor time of steps, for each of which there were so many articles."""

    def __init__(self) -> None:
        self.articles = 0
        self._spent_s: dict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Take the time of the block."""
        began = time.process_time()
        yield
        self._spent_s[step] += time.process_time() - began

    def rows(self) -> dict[str, str]:
        """Microseconds an observation, and how many a core takes in a second."""
        if not self.articles:
            return {}
        us = {step: spent / self.articles * 1e6 for step, spent in self._spent_s.items()}
        in_all = sum(us.values())
        return {f"{step}, µs": f"{each:.1f}" for step, each in us.items()} | {
            "in all, µs": f"{in_all:.1f}", "observations a second": f"{1e6 / in_all:,.0f}"
        }  # fmt: skip


def of_sites(known: Mapping[str, LearnedSite], sizes: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """The bytes of what is written, and of what is kept of a site."""
    began = time.process_time()
    for site, one in known.items():
        read_counts(site, write_counts(one))
    found = {name: f"{fmean(some):,.0f}" for name, some in sizes.items()}
    if native.compiled is not None:
        memory = fmean(sys.getsizeof(each.site) for each in known.values())
        found["a site in the learner, without its last articles"] = f"{memory:,.0f}"
    packed = [pack(each.published().profile.known) for each in known.values()]
    found["lines and templates that the workers know of a site"] = f"{fmean(map(len, packed)) / ROW.size:,.0f}"
    if native.compiled is not None:
        kept = fmean(sys.getsizeof(native.compiled.Packed.small(data)) for data in packed)
        found["these in a worker"] = f"{kept:,.0f}"
    found["writing and reading a record of counts, µs"] = f"{(time.process_time() - began) / len(known) * 1e6:.0f}"
    return found


def lookups(counts: Sequence[int]) -> dict[str, str]:
    """Looking a line up where so many sites are known, each with keys of its own: by its site, then by its key."""
    pick = Random(1)  # noqa: S311 - the same sites each time
    found = {}
    profiles: list[Profile] = []
    for count in counts:
        while len(profiles) < count:
            keys = sorted({pick.getrandbits(64) | 1 for _ in range(LINES)})
            data = b"".join(ROW.pack(key, 512, 0, 512) for key in keys)
            profiles.append(Profile(str(len(profiles)), "", 1024, PackedKnown(data)))
        tables = {each.site: looked_up(each.known) for each in profiles}
        asked = [(str(pick.randrange(count)), pick.getrandbits(64)) for _ in range(ASKED // OF_ARTICLE)]
        began = time.process_time()
        for site, key in asked:
            known = tables[site].get
            for more in range(OF_ARTICLE):
                known(key ^ more << 40)
        took = time.process_time() - began
        found[f"{count:,} sites of {ROW.size * LINES:,} bytes"] = f"{took / ASKED * 1e9:.0f}"
    return found


def looked_up(known: Mapping[int, Known]) -> Any:
    """What the worker asks for a key."""
    return known if native.compiled is None else native.compiled.Packed.small(pack(known))


if __name__ == "__main__":
    main()
