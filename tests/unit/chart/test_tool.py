"""`tools/helm.py` finds what is wrong with the chart, and says so when it cannot look."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CRD = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "spec": {
            "type": "object",
            "required": ["interval"],
            "properties": {
                "interval": {"type": "integer"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "free": {"type": "object", "properties": {}, "x-kubernetes-preserve-unknown-fields": True},
                "list": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
            },
        },
    },
}


def wrong(tool: ModuleType, **spec: Any) -> list[str]:
    crds = {("keda.sh/v1alpha1", "ScaledObject"): tool.strict(CRD)}
    thing = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"}, "spec": spec}
    return list(tool.wrong_in(thing, "1.37", crds))


def test_what_a_schema_names_is_right(tool: ModuleType) -> None:
    assert wrong(tool, interval=1, labels={"a": "b"}, free={"any": 1}, list=[{"name": "c"}]) == []


@pytest.mark.parametrize(
    "spec", [{}, {"interval": "1"}, {"interval": 1, "intervall": 1}, {"interval": 1, "list": [{"nam": "c"}]}]
)
def test_what_a_schema_does_not_name_is_wrong(spec: dict[str, Any], tool: ModuleType) -> None:
    assert len(wrong(tool, **spec)) == 1


def test_a_kind_without_a_schema_is_wrong(tool: ModuleType) -> None:
    thing = {"apiVersion": "keda.sh/v2", "kind": "ScaledObject", "metadata": {"name": "a"}}
    assert list(tool.wrong_in(thing, "1.37", {("keda.sh/v1alpha1", "ScaledObject"): CRD})) == [
        "there is no schema of keda.sh/v2"
    ]


def test_kubernetes_own_kinds_are_compared(tool: ModuleType) -> None:
    pytest.importorskip("kubernetes_validate", reason="`make helm-check` installs it")
    thing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1"}}
    assert list(tool.wrong_in(thing, tool.VERSIONS[0], {})) == []
    assert list(tool.wrong_in({**thing, "dta": {}}, tool.VERSIONS[0], {}))
    assert list(tool.wrong_in({**thing, "data": {"a": 1}}, tool.VERSIONS[-1], {}))


def test_there_is_a_choice_for_every_template(tool: ModuleType) -> None:
    names = {path.name.removesuffix("-values.yaml") for path in tool.choices()}
    assert {"default", "static", "autoscaled", "topics", "pattern", "learner", "secrets", "monitored"} <= names


def test_without_helm_and_go_it_says_so_and_is_no_failure(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["helm.py"])
    assert tool.main() == 0
    assert capsys.readouterr().err == "helm: skipped, it is not installed, and neither is Go\n"


def test_what_helm_refuses_is_a_failure(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if tool.found() is None:
        pytest.skip("helm is not there; `make helm-check` builds it with Go")
    chart = tmp_path / "chart"
    shutil.copytree(tool.CHART, chart)
    (chart / "ci" / "default-values.yaml").write_text(json.dumps({"replica": 1}), "utf-8")
    for other in chart.glob("ci/*-values.yaml"):
        if other.name != "default-values.yaml":
            other.unlink()
    monkeypatch.setattr(tool, "CHART", chart)
    monkeypatch.setattr(sys, "argv", ["helm.py", "--if-there"])
    assert tool.main() == 1
    assert "default-values.yaml: " in capsys.readouterr().err
