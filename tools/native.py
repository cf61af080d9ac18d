"""Checks the compiled core, native/, on its own.

python tools/native.py           build it with all checks at run time (overflow, debug assertions), and run the tests
                                 that compare it with the Python core, in a copy of the checkout
python tools/native.py --fuzz N  likewise, and instead of the tests compare both cores on harmed pages for N seconds,
                                 on each processor
python tools/native.py --lint    only its style, and the compiler's and clippy's warnings as errors
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stream.core import native

ROOT = Path(__file__).resolve().parent.parent
CRATE = ROOT / "native"
SHARED = ROOT.parent / "shared"  # where the corpus is, if there is one
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
    parser.add_argument("--fuzz", type=int, metavar="SECONDS", help="compare both cores on harmed pages for so long")
    arguments = parser.parse_args()
    cargo = shutil.which("cargo")
    if cargo is None:
        sys.stderr.write("native: skipped, there is no Rust compiler\n")
        return
    if arguments.lint:
        lint(cargo)
        return
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "checkout")
        checked(cargo, copy)
        sys.exit(test(copy) if arguments.fuzz is None else fuzz(copy, arguments.fuzz))


def lint(cargo: str) -> None:
    """Check the style, and let no warning pass, where the tools for it are there."""
    for tool, *options in (("fmt", "--check"), ("clippy", "--release", "--quiet", "--", "-D", "warnings")):
        if shutil.which(f"cargo-{tool}") is None:
            sys.stderr.write(f"native: cargo-{tool} skipped, it is not installed\n")
        else:
            run([cargo, tool, *options], CRATE)


def checked(cargo: str, scratch: Path) -> None:
    """Copy the checkout, and build the core with its checks there."""
    for part in PARTS:
        shutil.copytree(ROOT / part, scratch / part, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    shutil.copytree(CRATE, scratch / "native", ignore=shutil.ignore_patterns("target"))
    shutil.copy(ROOT / "pyproject.toml", scratch)
    checks = {"CARGO_PROFILE_DEV_OPT_LEVEL": "1", "PYO3_BUILD_EXTENSION_MODULE": "1", "PYO3_PYTHON": sys.executable}
    state = {"ARTICLE_STREAM_STATE": native.state_of(CRATE), "CARGO_TARGET_DIR": str(CRATE / "target")}
    run([cargo, "build", "--quiet"], scratch / "native", checks | state)
    shutil.copy(CRATE / "target" / "debug" / "libcompiled.so", scratch / "stream/core/native/compiled.abi3.so")


def test(scratch: Path) -> int:
    """Run the tests with the core that was built there; give their exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS]
    required = {**os.environ, "STREAM_TEST_REQUIRE_COMPILED": "1", "PYTHONPATH": str(scratch)}
    return subprocess.run(command, cwd=scratch, env=required, check=False).returncode


def fuzz(scratch: Path, seconds: int) -> int:
    """Compare both cores in a process for each processor; give the worst exit code. Takes the corpus, if it is here."""
    if SHARED.is_dir():
        (scratch.parent / "shared").symlink_to(SHARED)
    here = {**os.environ, "PYTHONPATH": str(scratch)}
    command = [sys.executable, "-m", "tests.fuzz_cleaning", "--seconds", str(seconds), "--seed"]
    began = int(time.time())
    running = [
        subprocess.Popen([*command, str(began + number)], cwd=scratch, env=here)
        for number in range(len(os.sched_getaffinity(0)))
    ]
    return max(each.wait() for each in running)


def run(command: list[str], where: Path, more: dict[str, str] | None = None) -> None:
    """Run a command that has to succeed."""
    ended = subprocess.run(command, cwd=where, env={**os.environ, **(more or {})}, check=False)
    if ended.returncode:
        sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
