"""The records that the benchmark of a learner sends."""

from __future__ import annotations

from collections import Counter
from unittest import mock

from bench import learn
from bench.sites import ENOUGH, TURNS
from stream.learner.messages import read_article
from stream.learner.observation import Sketch


def test_each_site_comes_in_turn_under_each_of_its_names() -> None:
    sites = {
        "one.example": [Sketch((number,), 0, ("one",)) for number in range(ENOUGH)],
        "other.example": [Sketch((number,), 0, ("other",)) for number in range(ENOUGH + 1)],
        "small.example": [Sketch((1,), 0, ("small",))],
    }
    with mock.patch.object(learn, "sketches", return_value=sites):
        records = [*learn.observations(9, 2)]
    names = ["one.example", "n1-one.example", "other.example", "n1-other.example"]
    assert [name for name, _ in records[:4]] == names
    few, more = ENOUGH * TURNS, (ENOUGH + 1) * TURNS
    assert Counter(name for name, _ in records) == dict(zip(names, (few, few, more, more), strict=True))
    assert all(read_article(record).lines[0].strip("x") in name for name, record in records)
