"""What the container files promise and no linter looks at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from stream.cli.commands import app
from stream.config.loading import load

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "article-stream"]


def test_health_is_asked_by_the_command_that_knows_the_settings() -> None:
    assert 'CMD ["article-stream", "health"]' in DOCKERFILE
    assert 'test: ["CMD", "article-stream", "health"]' in COMPOSE
    assert "urllib" not in DOCKERFILE


def test_a_change_of_the_source_does_not_install_the_dependencies_again() -> None:
    order = ["COPY requirements.lock", "--require-hashes --no-deps -r requirements.lock", "COPY stream", "--no-deps ."]
    places = [DOCKERFILE.index(step) for step in order]
    assert places == sorted(places)
    assert "!requirements.lock" in (ROOT / ".dockerignore").read_text("utf-8")


def test_compose_builds_the_image_once() -> None:
    assert len(re.findall(r"^ +build:", COMPOSE, re.MULTILINE)) == 1
    assert COMPOSE.count("image: article-stream\n") == 1


def test_plain_up_shows_everything_and_another_profile_keeps_it_lean() -> None:
    """As Compose reads it: --profile takes the place of COMPOSE_PROFILES, and no profile means always."""
    chosen = re.search(r"^COMPOSE_PROFILES=(.+)$", (ROOT / ".env").read_text("utf-8"), re.MULTILINE)
    assert chosen is not None
    seen = {name for name, service in SERVICES.items() if service.get("profiles") == [chosen[1]]}
    lean = {name for name, service in SERVICES.items() if not service.get("profiles")}
    assert seen == {"articles", "prometheus", "grafana"}
    assert lean == {"kafka", "topics", "worker"}
    for name in lean:
        assert set(SERVICES[name].get("depends_on", ())) <= lean


def test_every_port_is_this_machine_s_alone() -> None:
    for service in SERVICES.values():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_every_image_has_an_exact_version() -> None:
    for name, service in SERVICES.items():
        if name not in OURS:
            assert re.fullmatch(r"[\w/-]+:v?\d+\.\d+\.\d+", service["image"])


def test_what_is_mounted_is_there() -> None:
    mounted = [volume for service in SERVICES.values() for volume in service.get("volumes", ()) if volume[0] == "."]
    assert mounted
    for volume in mounted:
        path, _, mode = volume.split(":")
        assert (ROOT / path).is_dir()
        assert mode == "ro"


def test_the_dashboard_is_the_first_page_and_nobody_can_log_in() -> None:
    grafana = SERVICES["grafana"]
    folders = dict(volume.split(":")[1::-1] for volume in grafana["volumes"])
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / folders[str(home.parent)] / home.name).is_file()
    provider = ROOT / "deploy/grafana/provisioning/dashboards/article-stream.yml"
    (provided,) = yaml.safe_load(provider.read_text("utf-8"))["providers"]
    assert provided["options"]["path"] == str(home.parent)
    assert grafana["environment"]["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert grafana["environment"]["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"


def test_once_kafka_runs_a_jvm_is_seldom_started_to_ask_it() -> None:
    check = SERVICES["kafka"]["healthcheck"]
    assert int(check["interval"].removesuffix("s")) >= 60
    assert int(check["start_interval"].removesuffix("s")) <= 5


@pytest.mark.parametrize("name", OURS)
def test_its_command_and_its_settings_are_taken(name: str) -> None:
    words = SERVICES[name]["command"]
    command: Any = typer.main.get_command(app)
    while hasattr(command, "list_commands"):
        first, *words = words
        command = command.get_command(typer.Context(command), first)
    command.make_context(command.name, words)
    settings = load(environ=SERVICES[name]["environment"])
    assert settings.log_format == "text"
    assert settings.sites == "apply"
