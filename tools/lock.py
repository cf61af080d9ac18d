"""requirements.lock: the exact versions and hashes that the container image installs; `--check` compares it.

`make lock` resolves the dependencies of pyproject.toml anew, for every platform and Python that the project takes.
`--check` needs no network: the lock is in step where its first line names the dependencies that stand in
pyproject.toml now, and where every version in it has a hash and fits them.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT, LOCK = ROOT / "pyproject.toml", ROOT / "requirements.lock"
MARK = "# Made by `make lock` from the dependencies "
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;\\]+)")
EXTRAS = ("registry", "otel")  # nobody can add them to an image
ADDRESS = re.compile(r"\w+://|--(extra-)?index-url|--find-links")


def main() -> int:
    """Return 1 where `--check` finds that the lock is not in step."""
    parser = argparse.ArgumentParser(description="Write requirements.lock.")
    parser.add_argument("--check", action="store_true", help="tell whether it is in step with pyproject.toml")
    if not parser.parse_args().check:
        write()
        return 0
    found = list(problems(PROJECT.read_text("utf-8"), LOCK.read_text("utf-8") if LOCK.exists() else ""))
    for problem in found:
        sys.stderr.write(f"{LOCK.name}: {problem}. Run `make lock`.\n")
    return 1 if found else 0


def write() -> None:
    """Resolve the dependencies and write the lock; what is locked already stays unless it no longer fits."""
    command = [
        *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
        *(part for extra in EXTRAS for part in ("--extra", extra)),
        *("--output-file", LOCK.name, PROJECT.name),
    ]
    subprocess.run([f"{Path(sys.executable).parent}/{command[0]}", *command[1:]], cwd=ROOT, check=True)
    content = LOCK.read_text("utf-8")
    content = "".join(line for line in content.splitlines(keepends=True) if not line.startswith(MARK))
    LOCK.write_text(f"{MARK}{fingerprint(PROJECT.read_text('utf-8'))}\n{content}", "utf-8")


def fingerprint(project: str) -> str:
    """Give a short hash of the dependencies in the text of pyproject.toml."""
    return hashlib.sha256("\n".join(sorted(_dependencies(project))).encode()).hexdigest()[:12]


def problems(project: str, lock: str) -> Iterator[str]:
    """Give what is wrong with the text of a lock, for the text of pyproject.toml."""
    if not lock:
        yield "it is missing"
        return
    if not lock.startswith(f"{MARK}{fingerprint(project)}\n"):
        yield "it was made from other dependencies than pyproject.toml has now"
    if ADDRESS.search(lock):
        yield "it holds the address of an index"
    pins = [(pin, entry) for entry in re.split(r"\n(?=\S)", lock) if (pin := PIN.match(entry))]
    yield from (f"{pin['name']} has no hash" for pin, entry in pins if "--hash=sha256:" not in entry)
    versions: dict[str, set[str]] = {}
    for pin, _ in pins:
        versions.setdefault(canonicalize_name(pin["name"]), set()).add(pin["version"])
    for wanted in map(Requirement, _dependencies(project)):
        locked = versions.get(canonicalize_name(wanted.name), set())
        if not locked:
            yield f"{wanted.name} is not in it"
        for version in locked:
            if Version(version) not in wanted.specifier:
                yield f"{wanted.name} {version} does not fit {wanted.specifier}"


def _dependencies(project: str) -> list[str]:
    """The dependencies of the program, and those of the extra that the image has as well."""
    told = tomllib.loads(project)["project"]
    extras = told.get("optional-dependencies", {})
    return [*told["dependencies"], *(each for extra in EXTRAS for each in extras.get(extra, []))]


if __name__ == "__main__":
    sys.exit(main())
