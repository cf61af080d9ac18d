"""Trains the footer model on labelled pages, and writes the weights that the package ships.

    OMP_NUM_THREADS=1 python tools/train_footer.py CORPUS.jsonl.gz [--cv FOLDS.json] [--out FILE]

The pages are those of `article-stream evaluate` (docs/cleaning.md). `--cv` first trains five models, each without a
fifth of the sites, and writes them, each with the pages that it has not seen. With one thread, fixed seeds and integer
weights the same pages give the same file. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import random
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import lightgbm  # noqa: E402
import numpy as np  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

from stream.core.footer.candidates import FEATURES, features_of, page_lines  # noqa: E402
from stream.core.footer.codes import Codes, codes_of, halves  # noqa: E402
from stream.core.footer.lines import COLUMNS, columns, line_of  # noqa: E402
from stream.core.footer.model import LEAVES, UNIT  # noqa: E402
from stream.core.paragraphs import first_places, keys, normal_list  # noqa: E402
from stream.core.repeats import repeats_of  # noqa: E402
from stream.core.rules import builtin  # noqa: E402

WEIGHTS = ROOT / "stream" / "core" / "footer" / "weights.json"
FOLDS = 5
LINE_UNIT = 100
TREES = 128
GENRES = {"news": 1.0, "blog+news": 0.4, "web": 0.5}  # the weight of a page in training, by genre
# The costs and limits that stream/core/footer/decision.py uses, found by a search on cross-validated likelihoods.
RULE = {
    "loss": 26, "share": 57, "right": 1, "right_few": 162, "third": 425,
    "none_opens_1": 980, "none_opens_3": 1000, "none_opens_10": 924, "none_opens_more": 1000,
    "none_marked_1": 1000, "none_marked_3": 979, "none_marked_10": 1000, "none_marked_more": 1000,
    "none_shape_1": 12, "none_shape_3": 105, "none_shape_10": 198, "none_shape_more": 499,
}  # fmt: skip
PARAMETERS = {
    "learning_rate": 0.14, "num_leaves": LEAVES, "min_data_in_leaf": 150, "min_sum_hessian_in_leaf": 1.0,
    "lambda_l2": 40, "feature_fraction": 0.6, "feature_fraction_seed": 3, "max_bin": 63, "seed": 1,
    "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip


class Sample(NamedTuple):
    """A page, or a part of one: the codes of its lines, and the first and the last of the cuts that are right."""

    page: int
    codes: list[Codes]
    first: int
    last: int
    weight: float


def main() -> None:
    """Train the model, write it, and print what was written."""
    parser = argparse.ArgumentParser(description="Learn the tail model.")
    parser.add_argument("corpus")
    parser.add_argument("--cv", help="cross-validate: file for the five models and their pages")
    parser.add_argument("--out", default=str(WEIGHTS))
    asked = parser.parse_args()
    with gzip.open(asked.corpus, "rt", encoding="utf-8") as file:
        pages = [json.loads(line) for line in file]
    samples, design = samples_of(pages), design_of(pages)
    if asked.cv:
        folds = [int(hashlib.sha256(page["source"].encode()).hexdigest(), 16) % FOLDS for page in pages]
        parts = []
        for fold in range(FOLDS):
            data = fit(samples, design, np.array([other != fold for other in folds]))
            parts.append((data, [page["id"] for page, other in zip(pages, folds, strict=True) if other == fold]))
            sys.stderr.write(f"fold {fold + 1} of {FOLDS}\n")
        Path(asked.cv).write_text(json.dumps(parts), encoding="utf-8")
    text = json.dumps(fit(samples, design, np.ones(len(pages), bool)), separators=(",", ":"), sort_keys=True) + "\n"
    Path(asked.out).write_text(text, encoding="utf-8")
    sys.stderr.write(f"{asked.out}: {len(text):,} bytes, sha256 {hashlib.sha256(text.encode()).hexdigest()}\n")


def variants(page: dict[str, Any], lines: list[str], rng: random.Random) -> list[tuple[list[int], float]]:
    """Variants of a page (lines, weight): whole, body alone, with junk, with one to ten or half of its footer lines."""
    start, end, keep = page["footer_start"], len(lines), page["keep"]
    body, raw = [at for at in range(start) if keep[at]], list(range(start))
    foot = list(range(start, end))
    found = [(list(range(end)), 2.0), (body, 2.0)]
    if raw != body:
        found.append((raw, 1.4))
    if foot:
        found.append((body + foot[: rng.randint(1, 10)], 1.0))
        found.append((raw + foot[: rng.randint(1, 10)], 0.7))
        if len(foot) > 11:
            found.append((raw + foot[: rng.randint(11, len(foot))], 0.6))
        found.append((body + foot, 0.7))
        found.append((body + foot[: rng.randint(1, 10)], 0.5))
    return found


def samples_of(pages: list[dict[str, Any]]) -> list[Sample]:
    """All variants of all training pages."""
    signs = builtin().signs
    samples = []
    for number, page in enumerate(pages):
        if page["genre"] not in GENRES:
            continue
        lines = page["raw"].split("\n")
        neutral = page.get("neutral") or [False] * len(lines)
        codes: dict[int, list[Codes]] = {}
        chance = random.Random(number)  # noqa: S311 - reproducible on purpose
        for chosen, weight in variants(page, lines, chance):
            places = [chosen[at] for at in once([lines[at] for at in chosen])]
            per_letter = halves([lines[at] for at in places])
            if per_letter not in codes:
                codes[per_letter] = [codes_of(line, per_letter, signs) for line in lines]
            first = max((at + 1 for at, place in enumerate(places) if page["keep"][place]), default=0)
            if len(places) < 2 or not first:
                continue
            last = first
            while last < len(places) and neutral[places[last]]:
                last += 1
            mine = [codes[per_letter][at] for at in places]
            samples.append(Sample(number, mine, first, last, weight * GENRES[page["genre"]]))
        page["codes"] = codes_of_page(lines)
    return samples


def once(lines: list[str]) -> list[int]:
    """The lines without repeats, because the footer is looked for after these are removed."""
    first = first_places(keys(normal_list(lines)))
    repeats = repeats_of(lines, first)
    return [at for at, place in enumerate(first) if place >= 0 and at not in repeats]


def codes_of_page(lines: list[str]) -> list[Codes]:
    """The codes of the lines of a whole page."""
    signs, per_letter = builtin().signs, halves(lines)
    return [codes_of(line, per_letter, signs) for line in lines]


class Design(NamedTuple):
    """The lines as one-hot columns; and for each whether it is footer, its weight, and its page."""

    columns: Any
    footer: Any
    weights: Any
    pages: Any


def design_of(pages: list[dict[str, Any]]) -> Design:
    """Every line of every training page. The body and the footer of a page have the same total weight."""
    rows, footer, weights, numbers = [], [], [], []
    for number, page in enumerate(pages):
        start = page["footer_start"]
        for at, codes in enumerate(page.get("codes", ())):
            rows.append(columns(codes))
            footer.append(at >= start)
            numbers.append(number)
            side = start if at < start else len(page["codes"]) - start
            weights.append((20 if page["genre"] == "news" else 10) / max(1, side))
    flat = np.array(rows)
    ones = (np.ones(flat.size), flat.ravel(), np.arange(0, flat.size + 1, flat.shape[1]))
    return Design(csr_matrix(ones, shape=(len(flat), COLUMNS)), np.array(footer), np.array(weights), np.array(numbers))


def fit(samples: list[Sample], design: Design, chosen: Any) -> dict[str, Any]:
    """Both stages on the chosen pages, as the content of a weights file."""
    mine = chosen[design.pages]
    # A solver that comes so near to the best weights that a processor's way to add up changes none of the hundredths.
    learned = LogisticRegression(C=1.0, max_iter=100, tol=1e-10, solver="newton-cholesky")
    learned.fit(design.columns[mine], design.footer[mine], sample_weight=design.weights[mine])
    line_weights = [round(float(weight) * LINE_UNIT) for weight in np.round(learned.coef_[0] * LINE_UNIT) / LINE_UNIT]
    offset = round(float(learned.intercept_[0]) * LINE_UNIT)
    for column in range(161):  # each line has exactly one of these
        line_weights[column] += offset
    trees = fit_trees([sample for sample in samples if chosen[sample.page]], line_weights)
    data = {"features": list(FEATURES), "line_weights": line_weights, "trees": trees, "rule": RULE, "version": ""}
    data["version"] = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]
    return data


def fit_trees(samples: list[Sample], line_weights: list[int]) -> list[dict[str, list[int]]]:
    """Boosted trees over each page's possible cuts: a softmax over them, the right one (or the next after it) wins."""
    rows: list[tuple[int, ...]] = []
    right: list[int] = []
    sizes: list[int] = []
    weights: list[float] = []
    for sample in samples:
        page = page_lines([line_of(codes, line_weights) for codes in sample.codes], quick=False)
        hits = [int(sample.first <= cut <= sample.last) for cut in page.cuts]
        if not any(hits):
            following = min(cut for cut in page.cuts if cut > sample.first)
            hits = [int(cut == following) for cut in page.cuts]
        rows += features_of(page)
        right += hits
        sizes.append(len(hits))
        weights.append(sample.weight)
    groups, weight = np.repeat(np.arange(len(sizes)), sizes), np.repeat(weights, sizes)
    starts = np.searchsorted(groups, np.arange(len(sizes)))

    def objective(scores: Any, data: Any) -> tuple[Any, Any]:
        raised = np.exp(scores - np.maximum.reduceat(scores, starts)[groups])
        chance = raised / np.add.reduceat(raised, starts)[groups]
        wanted = chance * data.get_label()
        wanted /= np.maximum(np.add.reduceat(wanted, starts)[groups], 1e-12)
        return (chance - wanted) * weight, np.maximum(chance * (1 - chance), 1e-3) * weight

    data = lightgbm.Dataset(np.array(rows, np.float32), np.array(right, float))
    booster = lightgbm.train({**PARAMETERS, "objective": objective}, data, TREES)
    trees = []
    for tree in booster.dump_model()["tree_info"]:
        flat: dict[str, list[int]] = {"f": [], "v": [], "l": [], "r": []}
        flatten(tree["tree_structure"], flat)
        trees.append(flat)
    return trees


def flatten(node: dict[str, Any], flat: dict[str, list[int]]) -> int:
    """A nested tree to flat lists; thresholds rounded down, for features are integers."""
    at = len(flat["f"])
    for column in flat.values():
        column.append(0)
    if "leaf_value" in node:
        flat["f"][at] = -1
        flat["v"][at] = math.floor(node["leaf_value"] * UNIT + 0.5)
    else:
        flat["f"][at] = node["split_feature"]
        flat["v"][at] = math.floor(node["threshold"])
        flat["l"][at] = flatten(node["left_child"], flat)
        flat["r"][at] = flatten(node["right_child"], flat)
    return at


if __name__ == "__main__":
    main()
