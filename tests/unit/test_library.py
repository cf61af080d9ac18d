"""The library: public names load what they need when they are asked for, are documented, and their examples run."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import stream
from harness.commands import ROOT

FUNCTIONS = ("clean", "clean_list", "restore", "restore_list", "load_rules")
VALUES = ("Cleaned", "CleanedList", "Profile", "Profiles", "Removal", "Rule", "RuleError", "Rules")


def python(code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    return ended.stdout.strip()


def test_importing_it_imports_no_other_module_of_it() -> None:
    code = "import sys, stream; print(sorted(name for name in sys.modules if name.startswith('stream.')))"
    assert python(code) == "[]"


def test_a_name_loads_the_core_alone() -> None:
    code = (
        "import sys; from stream import clean; print({name.split('.')[1] for name in sys.modules if "
        "name.startswith('stream.') and name != 'stream._version'}, 'confluent_kafka' in sys.modules)"
    )
    assert python(code) == "{'core'} False"


def test_all_public_names_are_there_and_no_others() -> None:
    assert set(stream.__all__) == {*FUNCTIONS, *VALUES, "__version__"}
    assert dir(stream) == sorted(stream.__all__)
    for name in stream.__all__:
        assert getattr(stream, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = stream.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [*FUNCTIONS, *VALUES])
def test_each_has_an_example_that_runs(name: str) -> None:
    found = [
        test
        for test in doctest.DocTestFinder(recurse=False).find(getattr(stream, name), name, globs={})
        if test.examples
    ]
    assert found, f"{name} has no example"
    for test in found:
        assert doctest.DocTestRunner().run(test).failed == 0


def test_the_example_of_the_package_runs() -> None:
    assert doctest.testmod(stream).failed == 0
    assert doctest.testmod(stream).attempted


def test_its_values_cannot_be_changed() -> None:
    cleaned = stream.clean("The ferry runs all winter, the board said today.\nAdvertisement\nIt leaves at six.")
    rules = stream.load_rules()
    for value, field in ((cleaned, "text"), (cleaned.removed[0], "line"), (rules, "version"), (rules.rules[0], "id")):
        with pytest.raises(AttributeError):
            setattr(value, field, "x")


def test_without_an_argument_the_rules_are_the_built_in_ones() -> None:
    assert stream.load_rules().version == stream.clean("x").rules_version


def test_types_reach_whoever_uses_it(tmp_path: Path) -> None:
    assert (Path(stream.__file__).parent / "py.typed").exists()
    program = tmp_path / "uses.py"
    program.write_text(
        "from stream import Cleaned, Rules, clean, load_rules\n"
        "rules: Rules = load_rules()\n"
        "cleaned: Cleaned = clean('x', rules)\n"
        "line: int = cleaned.removed[0].line\n"
        "wrong: int = cleaned.text\n"
        "from stream import nothing\n",
        "utf-8",
    )
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), str(program)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    errors = [line for line in ended.stdout.splitlines() if "uses.py" in line and "error" in line]
    assert [error.split(":")[1] for error in errors] == ["5", "6"], ended.stdout
