"""What docs/performance.md says that a cluster needs is what `python -m bench.scale` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.curve import exponent
from bench.scale import Given, Need, table

PAGE = Path(__file__).parents[3] / "docs" / "performance.md"


def test_the_page_has_the_table_of_the_command() -> None:
    assert table([1_000, 100_000, 1_000_000], Given()) in PAGE.read_text("utf-8"), "python -m bench.scale"


def test_the_needs_follow_from_what_is_given() -> None:
    """By hand."""
    need = Need(10_000, Given(articles_per_second_per_process=1_000, busy=0.5, article_bytes=10_000, compressed=0.5))
    assert (need.processes(), need.partitions(), need.brokers()) == (20, 40, 3)
    assert (need.input_bytes(), need.written_bytes(), need.network_out_bytes()) == (50e6, 300e6, 300e6)
    assert (need.transactions(), need.most_transactions()) == (10, 1_000)
    assert need.touched() == pytest.approx(40)
    assert need.markers() == pytest.approx(410)


@pytest.mark.parametrize("power", [0, 1, 2])
def test_the_exponent_of_a_curve_is_its_power(power: int) -> None:
    places = [10, 100, 1_000]
    assert exponent(places, [3 * place**power for place in places]) == pytest.approx(power)
