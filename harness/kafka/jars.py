"""Kafka's jars, resolved by Maven into a cache: once per machine, not once per run."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.kafka.errors import KafkaServerError

POM = Path(__file__).with_name("pom.xml")
VERSION_VARIABLE = "STREAM_TEST_KAFKA_VERSION"
RESOLVE_TIMEOUT_S = 600.0


def kafka_version() -> str:
    """Return the version that ``STREAM_TEST_KAFKA_VERSION`` asks for, or else the one that ``pom.xml`` pins."""
    if asked := os.environ.get(VERSION_VARIABLE):
        return asked
    found = re.search(r"<kafka\.version>([\d.]+)</kafka\.version>", POM.read_text(encoding="utf-8"))
    if found is None:
        msg = f"{POM} names no kafka.version"
        raise KafkaServerError(msg)
    return found.group(1)


def version_numbers() -> tuple[int, int]:
    """Return the major and minor number of that version."""
    major, minor, *_ = kafka_version().split(".")
    return int(major), int(minor)


def cache_folder() -> Path:
    """Return the folder of the cached jars; it exists only when they are all there."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "article-stream" / f"kafka-{kafka_version()}"


def missing() -> str | None:
    """Say why a Kafka cannot be run with Java here; None if it can."""
    if shutil.which("java") is None:
        return "Java is not installed"
    if shutil.which("mvn") is None and not cache_folder().is_dir():
        return "Maven is not installed, and Kafka's jars are not in the cache"
    return None


def jars() -> Path:
    """Return the folder of the jars, after resolving them if this machine has none yet.

    Raises:
        KafkaServerError: Maven could not resolve them.
    """
    folder = cache_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        # Two runs that start together download once. The lock goes with the process that held it, however it ended.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _resolve(folder)
    return folder


def _resolve(folder: Path) -> None:
    """Resolve into a temporary folder, then rename: a download that broke off leaves no half cache behind."""
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.parent))
    try:
        maven = subprocess.run(
            [
                "mvn",
                "-q",
                "-B",
                "-f",
                str(POM),
                f"-Dkafka.version={kafka_version()}",
                "dependency:copy-dependencies",
                f"-DoutputDirectory={partial}",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RESOLVE_TIMEOUT_S,
            check=False,
        )
        if maven.returncode != 0 or not any(partial.glob("kafka_*.jar")):
            msg = f"Maven could not resolve Kafka's jars (exit code {maven.returncode}):\n{maven.stdout[-3000:]}"
            raise KafkaServerError(msg)
        partial.rename(folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"Maven could not resolve Kafka's jars: {error}"
        raise KafkaServerError(msg) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
