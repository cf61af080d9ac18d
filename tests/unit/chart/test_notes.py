"""What the chart says after an installation; skipped where there is no helm."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.unit.chart.conftest import LEAST, Values

Notes = Callable[[Values], str]
NO_IMAGE = "No image of article-stream is published"
NO_LEARNER = "nothing is learned"
NO_WORKER = "the alert ArticleStreamDown says so"


@pytest.fixture(scope="module")
def notes(tool: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Notes:
    """The notes for values. `helm template` does not show them, so a copy of the chart renders them as an object."""
    helm = tool.found()
    if helm is None:
        pytest.skip("helm is not there; `make helm-check` builds it with Go")
    chart: Path = tmp_path_factory.mktemp("notes") / "article-stream"
    shutil.copytree(tool.CHART, chart, ignore=shutil.ignore_patterns("ci"))
    text = (chart / "templates/NOTES.txt").read_text("utf-8")
    (chart / "templates/_notes.tpl").write_text('{{- define "notes" }}' + text + "{{ end }}", "utf-8")
    (chart / "templates/shown.yaml").write_text('notes: {{ include "notes" . | quote }}\n', "utf-8")
    options = [
        "--namespace",
        "news",
        "--kube-version",
        "1.37.0",
        "--show-only",
        "templates/shown.yaml",
        "--values",
        "-",
    ]

    def shown(values: Values) -> str:
        command = [helm, "template", "release", str(chart), *options]
        given = json.dumps({**LEAST, **values})
        ended = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
        return str(yaml.safe_load(ended.stdout)["notes"])

    return shown


def test_the_least_that_is_said(notes: Notes) -> None:
    said = notes({})
    assert "helm test release --namespace news --logs" in said
    assert "kubectl --namespace news port-forward deployment/release-article-stream 6066" in said
    assert NO_IMAGE in said
    assert NO_LEARNER not in said
    assert NO_WORKER not in said


def test_what_is_said_follows_the_values(notes: Notes) -> None:
    settings = {**LEAST["settings"], "STREAM_HTTP_PORT": 8080}
    said = notes({"membership": "static", "image": {"repository": "registry.example.org/a"}, "settings": settings})
    assert "statefulset/release-article-stream 8080" in said
    assert NO_IMAGE not in said


def test_sites_without_a_learner_are_noticed(notes: Notes) -> None:
    settings = {**LEAST["settings"], "STREAM_SITES": "propose"}
    assert NO_LEARNER in notes({"settings": settings})
    assert NO_LEARNER not in notes({"settings": settings, "learner": {"enabled": True}})


def test_an_alert_that_wants_a_worker_is_named_where_there_may_be_none(notes: Notes) -> None:
    none = {"autoscaling": {"enabled": True, "minReplicas": 0}}
    assert NO_WORKER in notes({**none, "prometheusRule": {"enabled": True}})
    assert NO_WORKER not in notes({**none, "prometheusRule": {"enabled": True, "without": ["ArticleStreamDown"]}})
    assert NO_WORKER not in notes(none)
