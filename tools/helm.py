"""Checks the Helm chart, deploy/helm/article-stream.

python tools/helm.py             lint it, render it with each file of ci/, and compare what comes out with the schemas
                                 of Kubernetes, KEDA and Prometheus' operator; builds helm, once, where there is Go
python tools/helm.py --if-there  the same with what is there already: nothing is built or downloaded
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "deploy" / "helm" / "article-stream"
HELM = "helm.sh/helm/v3/cmd/helm@v3.22.0"
# The modules that have the schemas of what is no part of Kubernetes, and the files with those that the chart makes.
SCHEMAS = {
    "github.com/kedacore/keda/v2@v2.21.0": ["config/crd/bases/keda.sh_scaledobjects.yaml"],
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": [
        "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ],
}
BUILT_IN = ("v1", "apps/v1", "policy/v1")
VERSIONS = ("1.27", "1.37")
"""Versions of Kubernetes: the oldest that the chart takes, and the newest whose schemas are there."""


def main() -> int:
    """Return 1 where something is wrong with the chart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--if-there", action="store_true", help="build and download nothing")
    there = parser.parse_args().if_there
    helm = found() or (None if there else built())
    if helm is None:
        why = "`make helm-check` builds it" if shutil.which("go") else "it is not installed, and neither is Go"
        sys.stderr.write(f"helm: skipped, {why}\n")
        return 0
    crds = {} if there else dict(custom_schemas())
    wrong = [problem for values in choices() for problem in problems(helm, values, crds)]
    for problem in wrong:
        sys.stderr.write(f"{problem}\n")
    if not wrong:
        what = "are linted and rendered" if there else "give what the schemas allow"
        sys.stdout.write(f"helm: {len(choices())} choices of values {what}\n")
    return bool(wrong)


def cached() -> Path:
    """Where helm is kept once it is built, beside what the tests keep."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "article-stream" / HELM.rpartition("@")[2].replace("v", "helm-", 1) / "helm"


def found() -> str | None:
    """The helm of this machine, or the one that was built here before; None if there is none."""
    return shutil.which("helm") or (str(cached()) if cached().exists() else None)


def built() -> str | None:
    """A helm that is built now; None where there is no Go."""
    go = shutil.which("go")
    if go is None:
        return None
    sys.stderr.write("helm: building it, once, takes some minutes of a processor ...\n")
    environment = {**os.environ, "GOBIN": str(cached().parent)}
    command = [go, "install", "-ldflags=-s -w", HELM]
    ended = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        sys.exit(f"helm: Go could not build {HELM}: {ended.stderr.strip().splitlines()[-1]}")
    return str(cached())


def choices() -> list[Path]:
    """The files with values to render the chart with."""
    return sorted((CHART / "ci").glob("*-values.yaml"))


def problems(helm: str, values: Path, crds: dict[tuple[str, str], Any]) -> Iterator[str]:
    """What is wrong with the chart with these values."""
    linted = run(helm, "lint", "--strict", "--quiet", values, VERSIONS[-1])
    if linted.returncode:
        yield f"{values.name}: {linted.stdout}{linted.stderr}"
        return
    for version in VERSIONS:
        rendered = run(helm, "template", "release", values, version)
        if rendered.returncode:
            yield f"{values.name}: {rendered.stderr}"
            return
        for thing in filter(None, yaml.safe_load_all(rendered.stdout)):
            for why in wrong_in(thing, version, crds):
                yield f"{values.name}, Kubernetes {version}: {thing['kind']} {thing['metadata']['name']}: {why}"


def run(helm: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run helm on the chart; the last two arguments are a file with values and the version of Kubernetes."""
    *command, values, version = map(str, arguments)
    options = ["--values", values, "--kube-version", f"{version}.0"]
    return subprocess.run([helm, *command, str(CHART), *options], capture_output=True, text=True, check=False)


def wrong_in(thing: dict[str, Any], version: str, crds: dict[tuple[str, str], Any]) -> Iterator[str]:
    """What in a rendered object its schema does not allow; unknown fields, too."""
    if thing["apiVersion"] not in BUILT_IN:
        if schema := crds.get((thing["apiVersion"], thing["kind"])):
            for error in jsonschema.Draft202012Validator(schema).iter_errors(thing):
                yield f"{error.json_path}: {error.message}"
        elif crds:
            yield f"there is no schema of {thing['apiVersion']}"
        return
    try:
        import kubernetes_validate  # noqa: PLC0415 - `make helm-check` installs it
    except ImportError:
        return
    try:
        kubernetes_validate.validate(thing, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(map(str, error.path))}: {error.message}"


def custom_schemas() -> Iterator[tuple[tuple[str, str], Any]]:
    """By version of the interface and kind, the schemas of KEDA and of Prometheus' operator; none without Go."""
    go = shutil.which("go")
    if go is None:
        sys.stderr.write("helm: objects of KEDA and of Prometheus' operator are not compared, there is no Go\n")
        return
    for module, files in SCHEMAS.items():
        told = json.loads(
            subprocess.run([go, "mod", "download", "-json", module], capture_output=True, check=False).stdout
        )
        if "Dir" not in told:
            sys.exit(f"helm: Go could not download {module}: {told['Error']}")
        for file in files:
            spec = yaml.safe_load(Path(told["Dir"], file).read_text("utf-8"))["spec"]
            for one in spec["versions"]:
                schema = strict(one["schema"]["openAPIV3Schema"])
                yield (f"{spec['group']}/{one['name']}", spec["names"]["kind"]), schema


def strict(schema: Any) -> Any:
    """A schema of Kubernetes that refuses what it does not name, as JSON Schema."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(part) for name, part in schema.items()}
    anything = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not anything:
        closed["additionalProperties"] = False
    return closed


if __name__ == "__main__":
    sys.exit(main())
