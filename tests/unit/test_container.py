"""What the container files promise and no linter looks at."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")


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
