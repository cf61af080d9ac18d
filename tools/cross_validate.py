# ruff: noqa: INP001 - a script in a folder of scripts, not a package
"""How good the tail model is on sites that it has not seen.

    python tools/train_footer.py CORPUS.jsonl.gz --cv FOLDS.json --out /dev/null
    python tools/cross_validate.py CORPUS.jsonl.gz FOLDS.json

Each page is cleaned with the one of the five models that learned without its site. The figures are those of
`article-stream evaluate`, for each genre.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from stream.evaluation import Report, page_of  # noqa: E402
from stream.rules import builtin  # noqa: E402
from stream.tail.model import model_of  # noqa: E402


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The figures of the tail model on unseen sites.")
    parser.add_argument("corpus")
    parser.add_argument("folds")
    asked = parser.parse_args()
    rules = {}
    for data, pages in json.loads(Path(asked.folds).read_text("utf-8")):
        rules |= dict.fromkeys(pages, builtin().with_model(model_of(data)))
    reports: dict[str, Report] = defaultdict(Report)
    with gzip.open(asked.corpus, "rt", encoding="utf-8") as file:
        for page in map(page_of, map(json.loads, file)):
            reports[page.genre].measure(page, rules[page.id])
    rows = {genre: report.row() for genre, report in reports.items()}
    sys.stdout.write(f"{'':34}" + "".join(f"{genre:>12}" for genre in rows) + "\n")
    for name in next(iter(rows.values())):
        sys.stdout.write(f"{name:34}" + "".join(f"{row[name]:12.2f}" for row in rows.values()) + "\n")
    for lang, tally in sorted(reports["news"].by_lang.items(), key=lambda item: -item[1].pages)[:6]:
        found, lost = tally.percent(tally.footer_gone, tally.footer), tally.percent(tally.chars_gone, tally.chars)
        sys.stdout.write(f"news, {lang}: footer lines removed {found:.2f}%, body chars lost {lost:.2f}%\n")


if __name__ == "__main__":
    main()
