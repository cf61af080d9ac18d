"""A curve: how a cost grows with the amount of something, as a table, a picture and the exponent of its growth."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

COLOURS = ("#2f81d6", "#d9730d", "#2da44e", "#a475f9")
MARKERS = ("o", "s", "^", "D")
GREY = "#808080"  # legible on white and on black
STYLE: dict[Any, str] = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), GREY),
    "svg.fonttype": "none",
    "svg.hashsalt": "article-stream",  # so that the same figures give the same bytes
}


@dataclass(frozen=True)
class Curve:
    """Several series of values at the same places.

    `unit`: of the values. `over`: what grows from place to place, with its unit.
    """

    name: str
    title: str
    over: str
    unit: str
    places: Sequence[int]
    series: Mapping[str, Sequence[float]]
    notes: Sequence[str] = ()

    def exponents(self, series: str) -> tuple[float, float]:
        """The exponents of the growth: over all places, and between the last two."""
        values = self.series[series]
        return exponent(self.places, values), exponent(self.places[-2:], values[-2:])


def exponent(places: Sequence[float], values: Sequence[float]) -> float:
    """The slope of the least-squares line through the logarithms: 0 is constant, 1 linear, 2 quadratic."""
    across, up = [math.log(place) for place in places], [math.log(value) for value in values]
    middle, height = sum(across) / len(across), sum(up) / len(up)
    spread = sum((place - middle) ** 2 for place in across)
    return sum((place - middle) * (value - height) for place, value in zip(across, up, strict=True)) / spread


def show(curve: Curve) -> None:
    """Print the table, with the exponents below it."""
    out = Console(width=None if sys.stdout.isatty() else 120)
    table = Table(title=curve.title)
    table.add_column(curve.over, justify="right")
    for series in curve.series:
        table.add_column(f"{series}, {curve.unit}", justify="right")
    for at, place in enumerate(curve.places):
        table.add_row(f"{place:,}", *(f"{values[at]:,.0f}" for values in curve.series.values()))
    found = [curve.exponents(series) for series in curve.series]
    table.add_section()
    table.add_row("exponent, all", *(f"{whole:.2f}" for whole, _ in found))
    table.add_row("exponent, last step", *(f"{last:.2f}" for _, last in found))
    out.print(table)
    for said in curve.notes:
        out.print(said)


def draw(curve: Curve, folder: Path) -> None:
    """Write the picture, an SVG without a background."""
    import matplotlib as mpl  # noqa: PLC0415 - importing it takes a second, and only --plot needs it
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        for (name, values), colour, marker in zip(curve.series.items(), COLOURS, MARKERS, strict=False):
            label = f"{name} (exponent {curve.exponents(name)[0]:.2f})"
            axes.loglog(curve.places, values, marker=marker, color=colour, label=label)
        axes.set_title(curve.title, fontsize=10)
        axes.set_xlabel(curve.over)
        axes.set_ylabel(curve.unit)
        axes.set_xticks(curve.places, [f"{place:,}" for place in curve.places])
        axes.minorticks_off()
        if min(map(min, curve.series.values())) * 20 > max(map(max, curve.series.values())):
            axes.set_yscale("linear")
            axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3, color=GREY)
        axes.legend(framealpha=0)
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(folder / f"growth-{curve.name}.svg", transparent=True, metadata={"Date": None})
