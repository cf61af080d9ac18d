"""The page docs/model.md: how good the network is on pages that it has not seen, as tables and pictures.

    python -m tools.model.report CORPUS FOLDS_BY_SITE FOLDS_BY_DATASET

The folders hold the folds' networks (`python -m tools.model CORPUS --folds site --out FOLDER`). Everything is said of
the network's cut alone, of news pages: repeats are gone before, and what rules add is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from matplotlib.figure import Figure

from stream.core.footer import page as page_module
from stream.core.footer.budget import Budget
from stream.core.footer.decision import by_harm, likelihoods
from stream.core.footer.network import ROWS, Network
from stream.core.footer.refusals import Refusals
from stream.core.rules import builtin
from stream.offline.evaluation import Report, Tally, labelled_page
from stream.offline.playing import folds
from tools.model.data import SHOWN, Page, evidence, pages_of, shown

ROOT = Path(__file__).resolve().parents[2]
PAGE, PICTURES = ROOT / "docs" / "model.md", ROOT / "docs" / "images"
BEGIN, END = "<!-- report: begin -->", "<!-- report: end -->"
KNOWN = (0, 1, 2, 4, 8)
LEAST_PAGES, SHOWN_PAGES = 20, 20
"""Languages and data sets with fewer pages are put together."""
COLUMNS = {
    "footer lines removed": "footer lines removed %",
    "body characters lost": "body chars lost %",
    "lose any line": "pages losing body %",
    "lose a paragraph": "pages losing a paragraph %",
    "cut perfectly": "pages cut perfectly %",
}
"""The columns of the tables, and what `Tally.row` calls them."""
GROUPS = {
    "words": (),
    "length and end of a line": (0,),
    "start of a line": (1,),
    "topic by the rules": (2,),
    "digits, capitals, sentences": (3, 4, 5),
    "place on the page": (6, 7),
    "title": (8,),
    "prose above and below": (9, 10),
    "headings and comments above and below": (11, 12, 13),
    "repeated on the page": (14,),
    "the site's other articles": tuple(range(SHOWN, SHOWN + 9)),
}
"""What can be taken from the network, by the columns of its traits."""


class Judged(NamedTuple):
    """A page, the cut that was made, and how likely it and the right ones were held."""

    page: Page
    cut: int
    likely: list[int]


def judged(page: Page, network: Network, known: int, without: Sequence[int] | None = None) -> Judged:
    """Cut a page, with so many other pages of its site known; `without` some columns of traits, () for the words."""
    others = np.random.default_rng(1).permutation(len(page.others))[:known]
    rows = np.hstack([shown(page, np.arange(len(page.story.texts))), evidence(page, others)])
    if without:
        rows[:, without] = ROWS - 1
    words: Sequence[Sequence[int]] = [() if without == () else said.words for said in page.story.said]
    likely = likelihoods(network.scores(words, [tuple(map(int, row)) for row in rows]))
    budget = Budget(page.story.lines)
    cuts = by_harm(likely, [line.length for line in page.story.lines])
    return Judged(page, next(cut for cut in cuts if budget.allows(cut)), likely)


def unseen(pages: Sequence[Page], folder: Path) -> dict[str, Network]:
    """Give for each page, by its id, a network that has not seen it."""
    rules_of = folds(folder, builtin())
    return {page.labelled.id: rules_of(page.labelled.id).model for page in pages}


def count(tally: Tally, done: Judged) -> None:
    """Count what a page's cut kept."""
    tally.add(done.page.labelled, [at < done.cut for at in range(len(done.page.labelled.lines))])


def table(rows: Mapping[str, Tally]) -> Iterator[str]:
    """Give a table of Markdown."""
    yield f"| | pages | {' | '.join(COLUMNS)} |"
    yield "|---|" + "---|" * (len(COLUMNS) + 1)
    for name, tally in rows.items():
        row = tally.row()
        yield f"| {name} | {tally.pages:,} | {' | '.join(f'{row[each]:.2f}%' for each in COLUMNS.values())} |"


def by_known(pages: Sequence[Page], networks: Mapping[str, Network]) -> dict[str, Tally]:
    """Measure by how many other pages of its site are known: all pages, and those whose site has eight others."""
    found: dict[str, Tally] = defaultdict(Tally)
    for page in pages:
        for known in KNOWN:
            if len(page.others) < known:
                continue
            done = judged(page, networks[page.labelled.id], known)
            count(found[f"{known or 'none'} known"], done)
            if len(page.others) >= KNOWN[-1]:
                count(found[f"{known or 'none'} known, sites with eight others"], done)
    return dict(sorted(found.items(), key=lambda item: "sites" in item[0]))


def by(name: Callable[[Page], str], done: Sequence[Judged]) -> dict[str, Tally]:
    """Divide what was judged by a name; those of few pages come together at the end."""
    sizes = Counter(name(each.page) for each in done)
    found: dict[str, Tally] = defaultdict(Tally)
    for each in done:
        key = name(each.page)
        count(found[key if sizes[key] >= LEAST_PAGES else "others"], each)
    return dict(sorted(found.items(), key=lambda item: (item[0] == "others", -item[1].pages)))


def calibration(done: Sequence[Judged]) -> Iterator[tuple[float, float, int]]:
    """Give how likely the likeliest cut was held, how often it was right, and on how many pages; in tenths."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for page, _, likely in done:
        best = max(range(len(likely)), key=likely.__getitem__)
        share = sum(likely[page.first - 1 : page.last]) if page.first <= best + 1 <= page.last else likely[best]
        bins[min(9, 10 * share // sum(likely))].append((share / sum(likely), page.first <= best + 1 <= page.last))
    for _, each in sorted(bins.items()):
        shares, right = zip(*each, strict=True)
        yield float(np.mean(shares)), float(np.mean(right)), len(each)


def imperfect(done: Sequence[Judged]) -> Iterator[str]:
    """Give some of the pages that were not cut perfectly, as a table; the same ones each time."""
    wrong = [each for each in done if not _is_perfect(each)]
    yield f"Of {len(done):,} pages with eight known {len(wrong):,} are not cut perfectly. Here are {SHOWN_PAGES}:"
    yield ""
    yield "| page | lines | right cut | this cut | lines lost | lines left | likelihood of the right cut, of this one |"
    yield "|---|---|---|---|---|---|---|"
    for each in wrong[:: len(wrong) // SHOWN_PAGES or 1][:SHOWN_PAGES]:
        page, cut, likely = each
        tally = Tally()
        count(tally, each)
        right, made = sum(likely[page.first - 1 : page.last]), likely[cut - 1]
        yield (
            f"| `{page.labelled.id}` | {len(page.labelled.lines)} | {page.first} | {cut} | {tally.body_gone} "
            f"| {tally.footer - tally.footer_gone} | {100 * right // sum(likely)}%, {100 * made // sum(likely)}% |"
        )


def _is_perfect(done: Judged) -> bool:
    tally = Tally()
    count(tally, done)
    return tally.perfect == 1


GUARDS: Mapping[str, tuple[Any, str, Callable[..., object]]] = {
    "the prose budget": (Budget, "allows", lambda *_: True),
    "no cut among lines of code": (Refusals, "takes_code", lambda *_: False),
    "no cut above a closing paragraph that nothing speaks against": (Refusals, "takes_the_close", lambda *_: False),
    "no cut without words where sentences end without a full stop": (Refusals, "is_unsaid", lambda *_: False),
    "a marker may begin the footer where the network sees none, or a section above it": (
        page_module, "_marked_tail", lambda _texts, _marks, begin: begin
    ),
}  # fmt: skip
"""What may overrule the network: where it is, and what does nothing in its place."""


def guards(corpus: Path, folder: Path) -> Iterator[str]:
    """Measure the whole cleaning on news, without one guard at a time, as a table."""
    with gzip.open(corpus, "rt", encoding="utf-8") as file:
        pages = [page for page in map(labelled_page, map(json.loads, file)) if page.genre == "news"]
    rules_of = folds(folder, builtin())
    names = [name for name in COLUMNS.values() if "paragraph" not in name]
    names.append("bodies alone changed falsely %")
    yield f"| without | {' | '.join(name.removesuffix(' %') for name in names)} |"
    yield "|---|" + "---|" * len(names)
    for guard, (where, name, nothing) in {"nothing": (Budget, "__doc__", None), **GUARDS}.items():
        with mock.patch.object(where, name, nothing):
            report = Report()
            for page in pages:
                report.measure(page, rules_of(page.id))
        row = report.row()
        yield f"| {guard} | {' | '.join(f'{row[each]:.2f}%' for each in names)} |"


def draw(points: Sequence[tuple[float, float, int]], importance: Mapping[str, float]) -> None:
    """Draw the two pictures."""
    PICTURES.mkdir(exist_ok=True)
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot([x for x, _, _ in points], [y for _, y, _ in points], "o-", color="tab:blue")
    for x, y, count in points:
        axes.annotate(f"{count:,}", (x, y), textcoords="offset points", xytext=(6, -10), fontsize=7)
    axes.set_xlabel("likelihood of the likeliest cut")
    axes.set_ylabel("share of pages where it is right")
    figure.savefig(PICTURES / "model-calibration.svg", metadata={"Date": None})
    figure = Figure(figsize=(6.6, 3.6), layout="constrained")
    axes = figure.subplots()
    names = sorted(importance, key=importance.__getitem__)
    axes.barh(names, [importance[name] for name in names], color="tab:blue")
    axes.set_xlabel("points of pages cut perfectly, lost without it")
    figure.savefig(PICTURES / "model-importance.svg", metadata={"Date": None})


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.model.report")
    for name in ("corpus", "by_site", "by_dataset"):
        parser.add_argument(name, type=Path)
    asked = parser.parse_args()
    pages = [page for page in pages_of(asked.corpus) if page.labelled.genre == "news" and page.story.texts]
    parts = []
    for title, folder in (("Sites left out", asked.by_site), ("Data sets left out", asked.by_dataset)):
        networks = unseen(pages, folder)
        parts += [f"### {title}", "", *table(by_known(pages, networks)), ""]
    networks = unseen(pages, asked.by_site)
    alone = [judged(page, networks[page.labelled.id], 0) for page in pages]
    parts += ["### By language, sites left out, none known", "", *table(by(lambda page: page.labelled.lang, alone)), ""]
    parts += ["### By data set, sites left out, none known", "", *table(by(lambda page: page.dataset, alone)), ""]
    known = [page for page in pages if len(page.others) >= KNOWN[-1]]
    parts += ["### Pages that are not cut perfectly", ""]
    parts += [*imperfect([judged(page, networks[page.labelled.id], KNOWN[-1]) for page in known]), ""]
    importance = {}
    whole = _perfect(known, networks, None)
    for name, columns in GROUPS.items():
        importance[name] = whole - _perfect(known, networks, columns)
    draw([*calibration(alone)], importance)
    parts += ["### What it goes by", "", "| without | fewer pages cut perfectly, in points |", "|---|---|"]
    parts += [f"| {name} | {lost:.1f} |" for name, lost in sorted(importance.items(), key=lambda item: -item[1])]
    parts += ["", "### What may overrule it", "", *guards(asked.corpus, asked.by_site)]
    text = PAGE.read_text("utf-8")
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    PAGE.write_text("\n".join([before, "", *parts, "", after]), encoding="utf-8")


def _perfect(pages: Sequence[Page], networks: Mapping[str, Network], without: Sequence[int] | None) -> float:
    tally = Tally()
    for page in pages:
        count(tally, judged(page, networks[page.labelled.id], KNOWN[-1], without))
    return tally.row()["pages cut perfectly %"]


if __name__ == "__main__":
    main()
