"""Networks that have not seen some of the pages, to measure on these: `article-stream evaluate --learn --folds DIR`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import orjson

from tools.model.data import Page
from tools.model.export import exported
from tools.model.training import fold_of, learn, say

SITES, DATASETS = 5, 4
By = Literal["site", "dataset"]


def folds_of(pages: Sequence[Page], by: By) -> list[list[Page]]:
    """Divide the pages: by site into five parts, or by data set into four of about the same size."""
    if by == "site":
        return [[page for page in pages if fold_of(page.labelled.source, SITES) == fold] for fold in range(SITES)]
    names = [name for name, _ in Counter(page.dataset for page in pages).most_common()]
    parts = [set(names[fold::DATASETS]) for fold in range(DATASETS)]
    return [[page for page in pages if page.dataset in part] for part in parts]


def write(pages: Sequence[Page], by: By, folder: Path, teachers: int) -> None:
    """Train a network for each fold without its pages; write them, and which one each page is to be cleaned with."""
    folder.mkdir(parents=True, exist_ok=True)
    unseen: dict[str, str] = {}
    for number, fold in enumerate(folds_of(pages, by)):
        name = f"{number}.bin"
        left_out = {page.labelled.id for page in fold}
        given = [page for page in pages if page.labelled.id not in left_out]
        (folder / name).write_bytes(exported(learn(given, teachers)))
        unseen |= dict.fromkeys(left_out, name)
        _write_index(folder, unseen)
        say(f"fold {number + 1}: {len(fold)} pages left out")


def _write_index(folder: Path, unseen: Mapping[str, str]) -> None:
    (folder / "folds.json").write_bytes(orjson.dumps(unseen))
