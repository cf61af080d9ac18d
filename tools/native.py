"""Checks the compiled core, native/, on its own.

python tools/native.py           build it with all checks at run time (overflow, debug assertions), and run the tests
                                 that compare it with the Python core, in a copy of the checkout
python tools/native.py --lint    only its style, and the compiler's and clippy's warnings as errors
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stream.core import native

ROOT = Path(__file__).resolve().parent.parent
CRATE = ROOT / "native"
PARTS = ("stream", "tests", "bench", "harness", "examples")
NAMES = (
    "test_native.py",
    "test_native_calls.py",
    "test_native_counts.py",
    "test_native_network.py",
    "test_native_sites.py",
    "test_whole_articles.py",
    "test_spelling.py",
    "test_separators.py",
)
GOLDEN = Path("tests", "unit", "core", "test_golden.py")
TESTS = [*(str(Path("tests", "property", name)) for name in NAMES), str(GOLDEN)]


def main() -> None:
    """Do what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lint", action="store_true", help="only look at the sources")
    only_lint = parser.parse_args().lint
    cargo = shutil.which("cargo")
    if cargo is None:
        sys.stderr.write("native: skipped, there is no Rust compiler\n")
        return
    if only_lint:
        lint(cargo)
        return
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(test(cargo, Path(scratch)))


def lint(cargo: str) -> None:
    """Check the style, and let no warning pass, where the tools for it are there."""
    for tool, *options in (("fmt", "--check"), ("clippy", "--release", "--quiet", "--", "-D", "warnings")):
        if shutil.which(f"cargo-{tool}") is None:
            sys.stderr.write(f"native: cargo-{tool} skipped, it is not installed\n")
        else:
            run([cargo, tool, *options], CRATE)


def test(cargo: str, scratch: Path) -> int:
    """Build the core with its checks beside a copy of the checkout, and run the tests there; give their exit code."""
    for part in PARTS:
        shutil.copytree(ROOT / part, scratch / part, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    shutil.copytree(CRATE, scratch / "native", ignore=shutil.ignore_patterns("target"))
    shutil.copy(ROOT / "pyproject.toml", scratch)
    checks = {"CARGO_PROFILE_DEV_OPT_LEVEL": "1", "PYO3_BUILD_EXTENSION_MODULE": "1", "PYO3_PYTHON": sys.executable}
    state = {"ARTICLE_STREAM_STATE": native.state_of(CRATE), "CARGO_TARGET_DIR": str(CRATE / "target")}
    run([cargo, "build", "--quiet"], scratch / "native", checks | state)
    shutil.copy(CRATE / "target" / "debug" / "libcompiled.so", scratch / "stream/core/native/compiled.abi3.so")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    required = {**os.environ, "STREAM_TEST_REQUIRE_COMPILED": "1", "PYTHONPATH": str(scratch)}
    return subprocess.run(command, cwd=scratch, env=required, check=False).returncode


def run(command: list[str], where: Path, more: dict[str, str] | None = None) -> None:
    """Run a command that has to succeed."""
    ended = subprocess.run(command, cwd=where, env={**os.environ, **(more or {})}, check=False)
    if ended.returncode:
        sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
