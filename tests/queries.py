"""What the alerts and the dashboard ask Prometheus for, and which metrics and labels that names."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import promql_parser
import yaml
from prometheus_client.parser import text_string_to_metric_families

from harness.commands import ROOT

DEPLOY = ROOT / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/dashboards/article-stream.json").read_text("utf-8"))
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]
]
RATE_INTERVAL = "20s"
PROMETHEUS_OWN = {"up": set[str](), "ALERTS": {"alertname", "alertstate"}}
"""Series that Prometheus makes itself, with their labels."""
TARGET_LABELS = {"job", "instance"}
"""Labels that Prometheus gives to every series that it reads."""
SERIES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "info": ("_info",),
    "gauge": ("",),
}

Labels = Mapping[str, set[str]]
"""By the name of a series, the names of labels."""


class Query(NamedTuple):
    """A query, with the panel or alert that it is of, and the labels that are named beside it."""

    of: str
    expr: str
    labels: frozenset[str] = frozenset()


def alerts() -> list[Query]:
    """The alerts', with the labels in their annotations."""
    named = re.compile(r"\$labels\.(\w+)")
    return [
        Query(rule["alert"], rule["expr"], frozenset(named.findall(" ".join(rule["annotations"].values()))))
        for rule in RULES
    ]


def panels() -> list[Query]:
    """The dashboard's panels', with the labels in the names of their series."""
    return [
        Query(panel["title"], target["expr"], frozenset(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])))
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", ())
    ]


def variables() -> list[Query]:
    """Those of what can be chosen at the top of the dashboard."""
    found = []
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert asked is not None
            found.append(Query(f"${variable['name']}", asked[1], frozenset({asked[2]})))
    return found


def filled_in(expr: str, job: str = "job", instance: str = ".*") -> str:
    """A query of the dashboard as Grafana sends it."""
    values = {"$__rate_interval": RATE_INTERVAL, "$job": job, "$instance": instance}
    for variable, value in values.items():
        expr = expr.replace(variable, value)
    return expr


def named(query: Query) -> Labels:
    """The series that a query names, each with the labels that it is to have."""
    found: dict[str, set[str]] = defaultdict(set)
    _walk(promql_parser.parse(filled_in(query.expr)), set(query.labels), found)
    return found


def _walk(node: Any, wanted: set[str], found: dict[str, set[str]]) -> None:
    """Add what is named below a node. `wanted`: labels that are grouped by around it."""
    if isinstance(node, promql_parser.VectorSelector):
        found[node.name or ""] |= wanted | {matcher.name for matcher in node.matchers.matchers}
    elif isinstance(node, promql_parser.MatrixSelector):
        _walk(node.vector_selector, wanted, found)
    elif isinstance(node, promql_parser.AggregateExpr):
        grouped = set(node.modifier.labels) if node.modifier is not None else set()
        _walk(node.expr, grouped, found)
    elif isinstance(node, promql_parser.Call):
        for argument in node.args:
            more = {"le"} if node.func.name == "histogram_quantile" else set()
            _walk(argument, wanted | more, found)
    elif isinstance(node, promql_parser.BinaryExpr):
        _walk(node.lhs, wanted, found)
        _walk(node.rhs, wanted, found)
    else:
        inner = getattr(node, "expr", None)
        assert inner is not None or isinstance(node, promql_parser.NumberLiteral), node
        if inner is not None:
            _walk(inner, wanted, found)


def exported(pages: Iterable[str]) -> Labels:
    """What metrics pages have; of a metric without samples the series that it would have, without labels."""
    found: dict[str, set[str]] = defaultdict(set)
    for page in pages:
        for family in text_string_to_metric_families(page):
            for suffix in SERIES[family.type]:
                found[family.name.removesuffix(suffix) + suffix] |= set()
            for sample in family.samples:
                found[sample.name] |= set(sample.labels)
    return found


def missing(query: Query, there: Labels, *, empty_ok: bool) -> Iterator[str]:
    """What a query names that is not there. `empty_ok`: a metric without samples may have any label."""
    for name, labels in named(query).items():
        own = PROMETHEUS_OWN.get(name)
        if own is None and name not in there:
            yield f"{query.of}: there is no {name}"
            continue
        has = (there[name] if own is None else own) | TARGET_LABELS
        if not (empty_ok and has == TARGET_LABELS):
            yield from (f"{query.of}: {name} has no label {label}" for label in sorted(labels - has))
