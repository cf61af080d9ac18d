"""What the Helm chart promises, as far as reading its files tells."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stream._version import __version__
from stream.config.settings import Settings
from stream.observe.metrics import PREFIX

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy" / "helm" / "article-stream"
TEMPLATES = "".join(file.read_text("utf-8") for file in sorted(CHART.glob("templates/**/*")) if file.is_file())
VALUES = (CHART / "values.yaml").read_text("utf-8")
ALERTS = (CHART / "files/alerts.yml").read_text("utf-8")
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
# (list $ "STREAM_NAME" "default"), as templates ask for a setting
ASKED = re.compile(r'"article-stream\.setting" \(list [.$] "STREAM_(\w+)" "([^"]*)"\)')
MADE_BY_THE_CHART = {"INSTANCE_ID", "SESSION_TIMEOUT_MS", "RULES"}


def is_allowed(values: Any) -> bool:
    return not list(jsonschema.Draft7Validator(SCHEMA).iter_errors(values))


def test_its_version_is_the_packages() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


def test_every_setting_that_a_template_names_is_one() -> None:
    named = {name.lower() for name in re.findall(r"\bSTREAM_([A-Z0-9_]+)\b", TEMPLATES)}
    assert named - set(Settings.model_fields) == set()
    assert {name.lower() for name in MADE_BY_THE_CHART} <= named


def test_templates_know_the_workers_own_defaults() -> None:
    asked = dict(ASKED.findall(TEMPLATES))
    assert {"SHUTDOWN_TIMEOUT_S", "START_AT", "INPUT_TOPIC", "GROUP_ID", "HTTP_PORT"} <= set(asked)
    del asked["BOOTSTRAP_SERVERS"]  # the chart asks for them: a worker's default is its own machine
    for name, default in asked.items():
        own = Settings.model_fields[name.lower()].default
        assert (float(default) == own) if isinstance(own, float) else (default == str(own)), name


def test_every_secret_setting_is_refused_among_the_readable_ones() -> None:
    secret = {f"STREAM_{name.upper()}" for name, field in Settings.model_fields.items() if "Secret" in str(field)}
    refused = re.search(r"range list ((?:\"\w+\" ?)+)-}}", (CHART / "templates/_checks.tpl").read_text("utf-8"))
    assert refused is not None
    assert set(re.findall(r"\w+", refused[1])) == secret


def test_its_values_fit_their_schema_which_knows_all_of_them() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    values = yaml.safe_load(VALUES)
    assert is_allowed(values)

    def unknown(values: dict[str, Any], schema: dict[str, Any]) -> set[str]:
        known = schema.get("properties", {})
        assert schema["additionalProperties"] is False
        inner = [
            unknown(value, known[name])
            for name, value in values.items()
            if isinstance(value, dict) and known[name].get("properties")
        ]
        return (set(known) ^ set(values)) - {"global"} | set().union(*inner)

    assert unknown(values, SCHEMA) == set()


@pytest.mark.parametrize(
    "values",
    [
        {"replica": 3},
        {"replicas": "three"},
        {"image": {"name": "x"}},
        {"settings": {"bootstrap_servers": "kafka:9092"}},
        {"settings": {"STREAM_INPUT_TOPIC": ["a", "b"]}},
        {"secretSettings": {"STREAM_SASL_PASSWORD": "open"}},
        {"mounts": [{"path": "/etc/kafka"}]},
        {"mounts": [{"secret": "a", "configMap": "b", "path": "/etc/kafka"}]},
        {"mounts": [{"secret": "a", "path": "etc/kafka"}]},
        {"rules": {"files": {"rules.txt": ""}}},
        {"membership": "sticky"},
        {"membership": "static", "autoscaling": {"enabled": True}},
        {"autoscaling": {"articlesPerSecond": 0}},
        {"podDisruptionBudget": {"maxUnavailable": "one"}},
    ],
)
def test_the_schema_refuses(values: dict[str, Any]) -> None:
    assert not is_allowed(values)


def test_values_in_the_documentation_are_values() -> None:
    page = (ROOT / "docs/kubernetes.md").read_text("utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]
    values = [block for block in blocks if "apiVersion" not in block]
    assert len(values) >= 3
    for block in values:
        jsonschema.Draft7Validator(SCHEMA).validate(block)
        named = {*block.get("settings", {}), *block.get("secretSettings", {})}
        assert {name.removeprefix("STREAM_").lower() for name in named} <= set(Settings.model_fields)


def test_every_value_has_a_sentence() -> None:
    lines = VALUES.splitlines()
    # Deeper lines are a default's content, whose sentence is above the whole.
    of_ours = re.compile(r"^(?:  )?[a-zA-Z]+:")
    inside = ("strategy", "resources", "podSecurityContext", "securityContext", "topologySpread")
    section = ""
    for before, line in zip(["", *lines], lines, strict=False):
        if re.match(r"^[a-zA-Z]+:", line):
            section = line.partition(":")[0]
            if line == f"{section}:" and section not in inside:
                continue  # a group, whose values have their own
        elif section in inside or not of_ours.match(line) or line == "  authentication:":
            continue
        assert before.strip().startswith("# "), line
        assert before.endswith((".", ")")), before


def test_there_is_one_text_of_the_alerts() -> None:
    plain = ROOT / "deploy/prometheus/alerts.yml"  # for a Prometheus without an operator
    assert plain.read_text("utf-8") == ALERTS, "copy it to files/alerts.yml: a chart reads nothing outside its folder"


def test_every_metric_that_an_alert_reads_exists() -> None:
    rules = [rule for group in yaml.safe_load(ALERTS)["groups"] for rule in group["rules"]]
    assert rules
    documented = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/metrics.md").read_text("utf-8"), re.MULTILINE))
    for rule in rules:
        for name in re.findall(rf"{PREFIX}(\w+)", rule["expr"]):
            assert {name, re.sub(r"_(bucket|sum|count)$", "", name)} & documented, f"{rule['alert']} reads {name}"
