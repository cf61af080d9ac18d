"""Whoever opens a room finds each of its modules in the docstring of its `__init__.py`, and the room in the picture."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import stream
from harness.commands import ROOT

ROOMS = sorted(path.parent for path in (ROOT / "stream").glob("*/__init__.py"))
LISTED = [room for room in ROOMS if room.name not in {"cli", "demo"}]  # cli lists its commands, demo has one module


@pytest.mark.parametrize("room", LISTED, ids=lambda room: room.name)
def test_a_room_lists_its_modules(room: Path) -> None:
    says = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    modules = [part.stem for part in room.iterdir() if part.suffix == ".py" or (part / "__init__.py").exists()]
    assert [name for name in modules if name != "__init__" and not re.search(rf"\b{name}\b", says)] == []


def test_the_picture_has_the_lines_that_imports_are_checked_by() -> None:
    linted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in linted if contract.get("containers") == ["stream"]]
    drawn = [line.strip() for line in (stream.__doc__ or "").splitlines()]
    first = drawn.index(layers[0])
    assert [set(line.split(" | ")) for line in drawn[first : first + len(layers)]] == [
        set(line.split(" | ")) for line in layers
    ]
    rooms = {name for line in layers for name in line.split(" | ")}
    assert rooms == {room.name for room in ROOMS} | {"errors"}
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    assert [name for name in rooms if f"| `stream/{name}" not in text] == []
