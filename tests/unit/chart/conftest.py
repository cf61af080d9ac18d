"""What tests of the Helm chart share: `tools/helm.py`, and rendering with the helm that it finds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.scripts import script

ROOT = Path(__file__).parents[3]
Values = dict[str, Any]
Helm = Callable[[Values], subprocess.CompletedProcess[str]]
Refuse = Callable[[Values], str]
LEAST: Values = {"settings": {"STREAM_BOOTSTRAP_SERVERS": "kafka:9092"}}


class Rendered:
    """What helm has made of the chart: the objects, in their order."""

    def __init__(self, text: str) -> None:
        self.objects: list[Values] = [thing for thing in yaml.safe_load_all(text) if thing]

    def of(self, kind: str) -> list[Values]:
        """All objects of a kind."""
        return [thing for thing in self.objects if thing["kind"] == kind]

    def one(self, kind: str, component: str | None = None) -> Values:
        """The only object of a kind, or of a kind and component."""
        found = [
            thing
            for thing in self.of(kind)
            if component in {None, thing["metadata"]["labels"].get("app.kubernetes.io/component")}
        ]
        assert len(found) == 1, f"{len(found)} of {kind} {component}"
        return found[0]

    def pod(self, kind: str = "Deployment", component: str = "worker") -> Values:
        """The specification of the pods of a component."""
        spec: Values = self.one(kind, component)["spec"]["template"]["spec"]
        return spec

    def settings(self) -> dict[str, str]:
        """The settings that the pods get from the ConfigMap."""
        settings: dict[str, str] = self.of("ConfigMap")[0]["data"]
        return settings


Render = Callable[..., Rendered]


@pytest.fixture(scope="session")
def tool() -> ModuleType:
    """`tools/helm.py`, which is a script."""
    return script("helm")


@pytest.fixture(scope="session")
def helm(tool: ModuleType) -> Helm:
    """Runs `helm template` with values, once for the same ones; what needs it is skipped without helm."""
    path = tool.found()
    if path is None:
        pytest.skip("helm is not there; `make helm-check` builds it with Go")

    @cache
    def run(values: str) -> subprocess.CompletedProcess[str]:
        command = [path, "template", "release", str(tool.CHART), "--values", "-", "--kube-version", "1.37.0"]
        return subprocess.run(command, input=values, capture_output=True, text=True, check=False)

    return lambda values: run(json.dumps(values))


@pytest.fixture
def render(helm: Helm) -> Render:
    """Renders the chart with these values beside `LEAST`, or with the file of `ci/` with this name."""

    def rendered(values: Values | str | None = None) -> Rendered:
        if isinstance(values, str):
            file = ROOT / "deploy/helm/article-stream/ci" / f"{values}-values.yaml"
            given: Values = yaml.safe_load(file.read_text("utf-8"))
        else:
            given = {**LEAST, **(values or {})}
            given["settings"] = {**LEAST["settings"], **given["settings"]}
        ended = helm(given)
        assert ended.returncode == 0, ended.stderr
        return Rendered(ended.stdout)

    return rendered


@pytest.fixture
def refusal(helm: Helm) -> Refuse:
    """What helm says of values that it refuses; nothing is added to them."""

    def refused(values: Values) -> str:
        ended = helm(values)
        assert ended.returncode != 0
        return ended.stderr

    return refused
