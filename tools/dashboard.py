"""Make the Grafana dashboard from the rows and panels of `deploy/grafana/dashboard.toml`.

`--write` puts it into its file, `--check` tells whether the file holds it. Grafana's own form takes forty lines a
panel, of which a person decides five.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "grafana"
SOURCE, FILE = FOLDER / "dashboard.toml", FOLDER / "dashboards" / "article-stream.json"
COLUMNS, HEIGHT = 24, 8  # of Grafana's grid; of a panel, if neither it nor its row says another
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

Json = dict[str, Any]


def dashboard(source: Json) -> Json:
    """Give the dashboard as Grafana reads it."""
    return {
        "uid": "article-stream",
        "title": "article-stream",
        "description": "Workers and learners of article-stream. Made from dashboard.toml by tools/dashboard.py.",
        "tags": ["article-stream", "kafka"],
        "schemaVersion": 41,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,  # the cursor of one panel shows in all
        "timezone": "browser",
        "time": {"from": "now-15m", "to": "now"},
        "refresh": "5s",
        "templating": {"list": [*_variables()]},
        "panels": [*_panels(source["row"])],
    }


def _variables() -> Iterator[Json]:
    """Give what can be chosen at the top: a source of data, a job, and workers of it."""
    yield {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    for name, where, several in (("job", "", False), ("instance", '{job="$job"}', True)):
        query = f"label_values(article_stream_build_info{where}, {name})"
        chosen = {"current": {"text": ["All"], "value": ["$__all"]}} if several else {}
        yield {
            "name": name,
            "label": name.capitalize(),
            "type": "query",
            "datasource": DATASOURCE,
            "query": {"query": query, "refId": name},
            "refresh": 2,  # with the time
            "sort": 1,  # by the alphabet
            "multi": several,
            "includeAll": several,
            **chosen,
        }


def _panels(rows: list[Json]) -> Iterator[Json]:
    """Give rows and panels with their places, from left to right and from the top down."""
    number = top = 0
    for row in rows:
        number += 1
        place = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
        yield {"id": number, "type": "row", "title": row["title"], "collapsed": False, "panels": [], "gridPos": place}
        top += 1
        left = height = 0
        for panel in row["panel"]:
            if left + panel["width"] > COLUMNS:
                left, top = 0, top + height
            height = panel.get("height", row.get("height", HEIGHT))
            number += 1
            place = {"x": left, "y": top, "w": panel["width"], "h": height}
            yield {"id": number, "gridPos": place, **_panel(panel)}
            left += panel["width"]
        top += height


def _panel(panel: Json) -> Json:
    kind = panel.get("kind", "timeseries")
    made = {
        "type": kind,
        "title": panel["title"],
        "description": panel["description"],
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": _field(panel, kind), "overrides": [*_colors(panel.get("colors", {}))]},
        "options": _options(panel, kind),
        "targets": [*_targets(panel, kind)],
    }
    return made if kind != "table" else {**made, "transformations": [_columns(panel["columns"])]}


def _field(panel: Json, kind: str) -> Json:
    steps = [{"value": step.get("from"), "color": step["color"]} for step in panel.get("steps", [])]
    color = "palette-classic"
    if kind == "stat":
        color = "thresholds" if steps else "fixed"
    made: Json = {"unit": panel.get("unit", "short"), "min": 0, "noValue": "–", "color": {"mode": color}}
    if color == "fixed":
        made["color"]["fixedColor"] = "blue"
    if steps:
        made["thresholds"] = {"mode": "absolute", "steps": steps}
    if kind == "timeseries":
        stacked = panel.get("stacked", False)
        made["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 30 if stacked else 8,
            "showPoints": "never",
            "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if steps else "off"},
        }
    return made


def _options(panel: Json, kind: str) -> Json:
    if kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if kind == "table":
        return {"showHeader": True, "cellHeight": "sm"}
    several = len(panel["queries"]) > 1
    return {
        "graphMode": "none" if several else "area",
        "colorMode": "value",
        "textMode": "value_and_name" if several else "value",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }


def _colors(colors: dict[str, str]) -> Iterator[Json]:
    for name, color in colors.items():
        fixed = {"id": "color", "value": {"mode": "fixed", "fixedColor": color}}
        yield {"matcher": {"id": "byName", "options": name}, "properties": [fixed]}


def _targets(panel: Json, kind: str) -> Iterator[Json]:
    once = {"instant": True, "format": "table"} if kind == "table" else {"range": True}
    for letter, query in zip("ABCDEF", panel["queries"], strict=False):
        name = query.get("name", "__auto")
        yield {"refId": letter, "datasource": DATASOURCE, "expr": query["expr"].strip(), "legendFormat": name, **once}


def _columns(shown: list[str]) -> Json:
    """Only these labels of a metric, in this order."""
    hidden = ("Time", "Value", "__name__", "job")
    places = {name: place for place, name in enumerate(shown)}
    return {"id": "organize", "options": {"excludeByName": dict.fromkeys(hidden, True), "indexByName": places}}


def main() -> int:
    """Return 1 where `--check` finds another dashboard in the file."""
    parser = argparse.ArgumentParser(description="The Grafana dashboard.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="put it into its file")
    what.add_argument("--check", action="store_true", help="tell whether the file holds it")
    asked = parser.parse_args()
    made = dashboard(tomli.loads(SOURCE.read_text(encoding="utf-8")))
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if asked.write:
        FILE.write_text(text, encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{FILE.name} is not what {SOURCE.name} says: python tools/dashboard.py --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
