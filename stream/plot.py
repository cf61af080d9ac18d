"""Precision against recall of the footer's cut, as a picture without any library.

Every limit on the likelihood of "no footer" gives a point: how much of what goes is footer, and how much
of the footer goes. The shipped decision is marked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from stream.evaluation import Page
from stream.rules import Rules
from stream.tail.decision import decide
from stream.tail.features import features_of, page_of
from stream.tail.lines import lines_of
from stream.tail.model import chances, shipped

LOSSES = (0, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120)
WIDTH, HEIGHT, EDGE = 560, 440, 60


class Point(NamedTuple):
    """One setting: its cost of losing body, precision and recall by lines; whether it is the shipped one."""

    loss: int
    precision: float
    recall: float
    shipped: bool


def curve(pages: Iterable[Page], rules: Rules) -> list[Point]:
    """Cut each page at every cost of losing body, and count lines."""
    model = shipped()
    costs = sorted({*LOSSES, model.rule["loss"]})
    taken, right, footer = dict.fromkeys(costs, 0), dict.fromkeys(costs, 0), 0
    for page in pages:
        places = [at for at, line in enumerate(page.lines) if line.strip()]
        is_footer = [at >= page.footer_start and not page.neutral[at] for at in places]
        footer += sum(is_footer)
        cuts = page_of(lines_of([page.lines[at].strip() for at in places], model.line_weights, rules.signs))
        likely = chances([model.score(row) for row in features_of(cuts)])
        for loss in costs:
            begin = cuts.cuts[decide(cuts, likely, {**model.rule, "loss": loss})]
            taken[loss] += sum(1 for at in places[begin:] if not page.neutral[at])
            right[loss] += sum(is_footer[begin:])
    return [
        Point(loss, right[loss] / max(1, taken[loss]), right[loss] / max(1, footer), loss == model.rule["loss"])
        for loss in costs
    ]


def svg(points: list[Point]) -> str:
    """Draw the points, recall to the right, precision upwards, on axes that begin where the points do."""
    low_x = min(point.recall for point in points) - 0.01
    low_y = min(point.precision for point in points) - 0.002

    def x_of(recall: float) -> float:
        return EDGE + (recall - low_x) / (1 - low_x) * (WIDTH - 2 * EDGE)

    def y_of(precision: float) -> float:
        return HEIGHT - EDGE - (precision - low_y) / (1 - low_y) * (HEIGHT - 2 * EDGE)

    path = " ".join(f"{x_of(point.recall):.1f},{y_of(point.precision):.1f}" for point in points)
    right, bottom = WIDTH - EDGE, HEIGHT - EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<path d="M{EDGE},{EDGE} V{bottom} H{right}" fill="none" stroke="#888"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 15}" text-anchor="middle">recall: footer lines that go</text>',
        (
            f'<text x="20" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 20 {HEIGHT / 2})">'
            "precision: what goes is footer</text>"
        ),
        f'<polyline points="{path}" fill="none" stroke="#3366aa" stroke-width="2"/>',
    ]
    for share in range(5):
        recall, precision = low_x + share / 4 * (1 - low_x), low_y + share / 4 * (1 - low_y)
        parts += [
            f'<text x="{x_of(recall):.1f}" y="{bottom + 18}" text-anchor="middle">{100 * recall:.1f}%</text>',
            f'<text x="{EDGE - 6}" y="{y_of(precision) + 4:.1f}" text-anchor="end">{100 * precision:.1f}%</text>',
        ]
    for point in points:
        colour = "#cc3322" if point.shipped else "#3366aa"
        title = f"loss {point.loss}: precision {point.precision:.4f}, recall {point.recall:.4f}"
        parts.append(
            f'<circle cx="{x_of(point.recall):.1f}" cy="{y_of(point.precision):.1f}" r="4" fill="{colour}">'
            f"<title>{title}</title></circle>"
        )
    return "\n".join([*parts, "</svg>", ""])
