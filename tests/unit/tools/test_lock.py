"""The lock of the image's dependencies is compared with pyproject.toml."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.scripts import script

ROOT = Path(__file__).parents[3]
PROJECT = '[project]\ndependencies = ["Some_thing>=2,<3", "other"]\n'
PINS = "some-thing==2.5 \\\n    --hash=sha256:aa\nother==1 ; sys_platform == 'win32' \\\n    --hash=sha256:bb\n"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """`tools/lock.py`, which is a script."""
    return script("lock")


def found(tool: ModuleType, project: str, pins: str, made_from: str = PROJECT) -> list[str]:
    return list(tool.problems(project, f"{tool.MARK}{tool.fingerprint(made_from)}\n{pins}"))


def test_a_lock_that_is_in_step_has_no_problem(tool: ModuleType) -> None:
    assert found(tool, PROJECT, PINS) == []


def test_the_projects_own_lock_is_in_step(tool: ModuleType) -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert list(tool.problems((ROOT / "pyproject.toml").read_text("utf-8"), lock)) == []


@pytest.mark.parametrize(
    ("project", "pins", "problem"),
    [
        (PROJECT.replace(', "other"', ""), PINS, "it was made from other dependencies than pyproject.toml has now"),
        (PROJECT, PINS.replace("2.5", "3.0"), "Some_thing 3.0 does not fit <3,>=2"),
        (PROJECT, PINS.replace("other", "another"), "other is not in it"),
        (f'{PROJECT}optional-dependencies.registry = ["more"]', PINS, "more is not in it"),
        (PROJECT, PINS.replace(" \\\n    --hash=sha256:bb", ""), "other has no hash"),
        (PROJECT, f"--index-url x\n{PINS}", "it holds the address of an index"),
        (PROJECT, PINS.replace("==1 ", " @ https://example.org/other.whl "), "it holds the address of an index"),
    ],
)
def test_what_is_not_in_step_is_named(tool: ModuleType, project: str, pins: str, problem: str) -> None:
    assert problem in found(tool, project, pins)


def test_a_lock_that_is_missing_is_named(tool: ModuleType) -> None:
    assert list(tool.problems(PROJECT, "")) == ["it is missing"]
