"""A real schema registry, Apicurio's, on 127.0.0.1: it speaks Confluent's interface, and keeps schemas in memory."""

from __future__ import annotations

import atexit
import re
import shutil
import tarfile
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Protocol, Self

from harness import maven
from harness.kafka.errors import KafkaServerError
from harness.kafka.process import BrokerProcess
from harness.kafka.properties import HOST, free_ports

POM = Path(__file__).with_name("pom.xml")
CONFLUENTS = "/apis/ccompat/v7"
START_TIMEOUT_S = 180.0
ASK_EVERY_S = 0.1
JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-XX:TieredStopAtLevel=1")


class SchemaRegistry(Protocol):
    """A schema registry that a test may use but not stop."""

    @property
    def url(self) -> str:
        """Where Confluent's interface is."""


class GivenRegistry:
    """One that was started by somebody else."""

    def __init__(self, url: str) -> None:
        """Use it as it is."""
        self.url = url


class RealRegistry:
    """A schema registry, run with Java: ``with RealRegistry() as registry: registry.url``."""

    def __init__(self) -> None:
        """Choose a port; nothing is started or written yet."""
        self.address = f"{HOST}:{free_ports(1)[0]}"
        self._folder: Path | None = None
        self._process: BrokerProcess | None = None

    @staticmethod
    def why_not() -> str | None:
        """Say why it cannot be run on this machine; None if it can."""
        return maven.missing(_name())

    @property
    def url(self) -> str:
        """Where Confluent's interface is."""
        return f"http://{self.address}{CONFLUENTS}"

    def __enter__(self) -> Self:
        """Start it, and wait until it answers.

        Raises:
            KafkaServerError: it did not; the message has the tail of its log.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="article-stream-registry-"))
        atexit.register(self.close)
        host, port = self.address.split(":")
        options = (f"-Dquarkus.http.host={host}", f"-Dquarkus.http.port={port}")
        main = (*options, "io.quarkus.runner.GeneratedMain")
        self._process = BrokerProcess(_app(), self._folder / "registry", "", JVM, main=main)
        try:
            self._process.start()
            self._wait_until_ready(self._process)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Kill it and remove its folder; can be called again."""
        atexit.unregister(self.close)
        if self._process is not None:
            self._process.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_ready(self, process: BrokerProcess) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while process.running and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://{self.address}{CONFLUENTS}/subjects", timeout=2):
                    return
            except OSError:
                time.sleep(ASK_EVERY_S)
        what = "did not answer in time" if process.running else "ended"
        msg = f"the schema registry at {self.url} {what}. The end of its log:\n{process.log_tail()}"
        raise KafkaServerError(msg)


def registry_version() -> str:
    """Return the version that ``pom.xml`` pins."""
    found = re.search(r"<registry\.version>([\w.]+)</registry\.version>", POM.read_text(encoding="utf-8"))
    if found is None:
        msg = f"{POM} names no registry.version"
        raise KafkaServerError(msg)
    return found.group(1)


def _name() -> str:
    return f"apicurio-registry-{registry_version()}"


def _app() -> Path:
    """Return the folder of the unpacked archive."""

    def fill(folder: Path) -> None:
        maven.copy_dependencies(POM, folder, "apicurio-registry-app-*-all.tar.gz")
        (archive,) = folder.glob("*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        archive.unlink()

    return maven.cached(_name(), fill)
