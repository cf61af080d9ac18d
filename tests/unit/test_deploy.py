"""The alerts and the dashboard are whole: each alert has its runbook and its test, each panel its place."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from typing import Any

import pytest
import yaml

from harness.commands import ROOT
from tests.queries import ALERTS, DASHBOARD, DEPLOY, RULES, Query, alerts, exported, filled_in, missing, named
from tests.unit.docs.test_pages import anchors

EVERY_RULE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


@EVERY_RULE
def test_an_alert_says_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor == rule["alert"].lower()
    assert anchor in anchors(ROOT / page)


@EVERY_RULE
def test_an_alert_is_seen_to_fire(rule: dict[str, Any]) -> None:
    tests = (ALERTS.parent / "alerts_test.yml").read_text("utf-8")
    fired = {
        case["alertname"]
        for test in yaml.safe_load(tests)["tests"]
        for case in test.get("alert_rule_test", ())
        if case["exp_alerts"]
    }
    assert rule["alert"] in fired or f'ALERTS{{alertname="{rule["alert"]}", alertstate="firing"' in tests


def test_the_dashboard_is_what_its_source_says() -> None:
    made = subprocess.run([sys.executable, "tools/dashboard.py", "--check"], cwd=ROOT, check=False)
    assert made.returncode == 0


def test_uids_are_fixed_and_no_panel_names_a_datasource_of_its_own() -> None:
    provisioned = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text("utf-8"))
    assert (DASHBOARD["uid"], provisioned["datasources"][0]["uid"]) == ("article-stream", "article-stream-prometheus")
    used = {place["datasource"]["uid"] for panel in PANELS for place in (panel, *panel["targets"])}
    assert used == {"${datasource}"}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_no_panel_lies_on_another() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    assert max(place["x"] + place["w"] for place in places) == 24


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    assert panel["targets"]
    assert panel["fieldConfig"]["defaults"]["unit"]


def test_what_a_query_names_is_found() -> None:
    text = 'histogram_quantile(0.9, sum by (le) (rate(a_bucket{b="$job"}[$__rate_interval]))) > 0 or -max by (c) (d)'
    assert named(Query("", text)) == {"a_bucket": {"b", "le"}, "d": {"c"}}
    there = exported(['# TYPE a histogram\na_bucket{le="1",x="y"} 1\n# TYPE d gauge\n'])
    query = Query("Panel", text)
    assert [*missing(query, there, empty_ok=True)] == ["Panel: a_bucket has no label b"]
    assert len([*missing(query, there, empty_ok=False)]) == 2
    assert [*missing(Query("It", "e"), there, empty_ok=True)] == ["It: there is no e"]
    assert "$" not in filled_in(text)
    assert all(named(query) for query in alerts())
