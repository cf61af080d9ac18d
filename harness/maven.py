"""What Maven resolves, in a cache: once per machine, not once per run."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness.kafka.errors import KafkaServerError

RESOLVE_TIMEOUT_S = 600.0


def cache_folder(name: str) -> Path:
    """Return a folder of the cache; it exists only when it is complete."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "article-stream" / name


def missing(name: str) -> str | None:
    """Say why what is cached under this name cannot be run with Java here; None if it can."""
    if shutil.which("java") is None:
        return "Java is not installed"
    if shutil.which("mvn") is None and not cache_folder(name).is_dir():
        return f"Maven is not installed, and {name} is not in the cache"
    return None


def cached(name: str, fill: Callable[[Path], None]) -> Path:
    """Return a folder of the cache, which ``fill`` fills if this machine has none yet.

    It is filled as a temporary folder and then renamed: a download that broke off leaves no half cache behind.

    Raises:
        KafkaServerError: it could not be filled.
    """
    folder = cache_folder(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        # Two runs that start together download once. The lock goes with the process that held it, however it ended.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.parent))
        try:
            fill(partial)
            partial.rename(folder)
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"Maven could not resolve {name}: {error}"
            raise KafkaServerError(msg) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def copy_dependencies(pom: Path, folder: Path, wanted: str, *properties: str) -> None:
    """Let Maven copy what a ``pom.xml`` names into a folder, in which ``wanted`` (a pattern) must then be found.

    Raises:
        KafkaServerError: Maven could not resolve it.
    """
    command = ["mvn", "-q", "-B", "-f", str(pom), *properties, "dependency:copy-dependencies"]
    maven = subprocess.run(
        [*command, f"-DoutputDirectory={folder}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RESOLVE_TIMEOUT_S, check=False,
    )  # fmt: skip
    if maven.returncode != 0 or not any(folder.glob(wanted)):
        msg = f"Maven could not resolve {wanted} of {pom} (exit code {maven.returncode}):\n{maven.stdout[-3000:]}"
        raise KafkaServerError(msg)
