"""Measures how good the footer model is on sites that it has not seen.

    python tools/train_footer.py CORPUS.jsonl.gz --cv FOLDS.json --out /dev/null
    python tools/cross_validate.py CORPUS.jsonl.gz FOLDS.json

Each page is cleaned with the one of five models that was trained without its site. The figures are those of
`article-stream evaluate`, for each genre and for all pages. For news it then shows what went wrong, by cause.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from stream.core.cleaning import clean  # noqa: E402
from stream.core.footer.model import model_of  # noqa: E402
from stream.core.markers import prose  # noqa: E402
from stream.core.rules import Rules, builtin  # noqa: E402
from stream.offline.evaluation import LabelledPage, Report, flags_of, labelled_page, lost_of, shortened  # noqa: E402

FEW = 3
"""The bound, in lines, between small and large errors when they are sorted by cause."""
ALL = "all"


def main() -> None:
    """Evaluate the models on the pages, and print the figures."""
    parser = argparse.ArgumentParser(description="The figures of the tail model on unseen sites.")
    parser.add_argument("corpus")
    parser.add_argument("folds")
    asked = parser.parse_args()
    rules = {}
    for data, pages in json.loads(Path(asked.folds).read_text("utf-8")):
        rules |= dict.fromkeys(pages, builtin().with_model(model_of(data)))
    reports: dict[str, Report] = defaultdict(Report)
    mistakes: dict[str, list[int]] = defaultdict(list)
    with gzip.open(asked.corpus, "rt", encoding="utf-8") as file:
        for page in map(labelled_page, map(json.loads, file)):
            reports[page.genre].measure(page, rules[page.id])
            reports[ALL].measure(page, rules[page.id])
            for cause, lines in mistakes_of(page, rules[page.id]) if page.genre == "news" else ():
                mistakes[cause].append(lines)
    rows = {genre: reports[genre].row() for genre in sorted(reports, key=lambda genre: (genre == ALL, genre))}
    sys.stdout.write(f"{'':34}" + "".join(f"{genre:>12}" for genre in rows) + "\n")
    for name in next(iter(rows.values())):
        sys.stdout.write(f"{name:34}" + "".join(f"{row[name]:12.2f}" for row in rows.values()) + "\n")
    for lang, tally in sorted(reports["news"].by_lang.items(), key=lambda item: -item[1].pages)[:6]:
        found, lost = tally.percent(tally.footer_gone, tally.footer), tally.percent(tally.chars_gone, tally.chars)
        sys.stdout.write(f"news, {lang}: footer lines removed {found:.2f}%, body chars lost {lost:.2f}%\n")
    sys.stdout.write("\n   pages  lines  news: what went wrong\n")
    for cause, counts in sorted(mistakes.items(), key=lambda item: -len(item[1])):
        sys.stdout.write(f"{len(counts):8,} {sum(counts):6,}  {cause}\n")


def mistakes_of(page: LabelledPage, rules: Rules) -> Iterator[tuple[str, int]]:
    """What went wrong on a page, and on how many of its lines."""
    cleaned = clean("\n".join(page.lines), rules)
    kept = flags_of(page, cleaned.text)
    why = {removal.line - 1 + removal.text.count("\n"): removal.reason for removal in cleaned.removed}
    lost = lost_of(page, kept)
    footer = [at for at in range(page.footer_start, len(kept)) if not page.neutral[at] and not page.body[at]]
    left = [at for at in footer if kept[at]]
    if lost:
        short = not any(prose(page.lines[at].strip()) for at in lost)
        reasons = {why.get(at) for at in lost}
        if len(reasons) == 1 and reasons & {"repeat", "junk"}:
            yield f"body lost: taken for {'a repeat' if reasons == {'repeat'} else 'junk'}", len(lost)
        elif short:
            end = "one or two short lines at its end" if len(lost) < FEW else "a list, a table, lines without prose"
            yield f"body lost: {end}", len(lost)
        else:
            yield "body lost: prose", len(lost)
    if left:
        long = any(prose(page.lines[at].strip()) for at in left)
        if cleaned.withheld:
            yield "footer left: withheld by the budget", len(left)
        elif left == footer:
            yield "footer left: none was seen", len(left)
        elif long:
            which = (
                "a paragraph right under the story" if len(left) <= FEW else "teasers, captions, comments: sentences"
            )
            yield f"footer left: {which}", len(left)
        else:
            which = "its first one or two short lines" if len(left) < FEW else "three or more short lines"
            yield f"footer left: {which}", len(left)
    removed = clean("\n".join(shortened(page, 0).lines), rules).removed
    if removed:
        only = {removal.reason for removal in removed}
        what = "a repeat" if only == {"repeat"} else "junk" if "footer" not in only else "a footer"
        yield f"a clean body changed: for {what}", len(removed)


if __name__ == "__main__":
    main()
