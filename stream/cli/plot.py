"""The picture of `article-stream evaluate --plot`: precision against recall, for a more or a less careful model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stream.cli.console import progress
from stream.errors import StreamError
from stream.offline.evaluation import Report
from stream.offline.playing import Case

CAUTION = (0.02, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""By how much the cost of losing body text is multiplied at each point."""


def require() -> None:
    """Raises `StreamError` where matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        msg = "--plot needs matplotlib."
        raise StreamError(msg, fix="pip install 'article-stream[plot]' installs it.") from None


def plot(path: Path, cases: Sequence[Case], report: Report) -> None:
    """Cleans the pages again with each caution, and draws. Raises `StreamError` where the file cannot be written."""
    from matplotlib.figure import Figure

    points = [(factor, *_at(cases, factor)) for factor in CAUTION] if cases[0].rules.whole_page else []
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([recall for _, recall, _ in points], [precision for *_, precision in points], "o-", color="tab:blue")
    for factor, recall, precision in points:
        axes.annotate(f"{factor:g}×", (recall, precision), textcoords="offset points", xytext=(6, 6), fontsize=8)
    axes.plot([report.total.recall()], [report.total.precision()], "s", color="tab:red", label="the setting in force")
    axes.set_xlabel("recall: footer lines removed, %")
    axes.set_ylabel("precision: removed lines that are not body text, %")
    axes.set_title(
        f"{len(cases):,} pages; at each point: the cost of losing body text, relative to the setting", fontsize=9
    )
    axes.legend(loc="lower left")
    axes.grid(alpha=0.3)
    try:
        figure.savefig(path, format=path.suffix.removeprefix(".") or "none")
    except (OSError, ValueError) as error:  # a format that matplotlib does not know is a ValueError
        msg = f"{path} cannot be written: {error}."
        raise StreamError(msg) from None


def _at(cases: Sequence[Case], factor: float) -> tuple[float, float]:
    """Recall and precision."""
    from stream.core.cleaning import clean
    from stream.core.footer.network import shipped

    report = Report()
    with progress(f"caution {factor:g}", len(cases)) as advance:
        for page, rules, profile in cases:
            other = rules.with_model((rules.model or shipped())._replace(caution=round(100 * factor)))
            report.add(page, clean("\n".join(page.lines), other, profile))
            advance(1)
    return report.total.recall(), report.total.precision()
