"""Apicurio's serializers, resolved by Maven into a cache and run by a small program, ``Values.java``."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from harness import maven
from harness.kafka.errors import KafkaServerError
from harness.registry.server import CONFLUENTS, SchemaRegistry, registry_version

POM = Path(__file__).with_name("pom.xml")
PROGRAM = Path(__file__).with_name("Values.java")
APICURIOS = "/apis/registry/v2"
TIMEOUT_S = 300.0
JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1")


def why_not() -> str | None:
    """Say why they cannot be run on this machine; None if they can."""
    if shutil.which("java") is not None and shutil.which("javac") is None:
        return "Java is here without its compiler, which a JDK has and a JRE has not"
    return maven.missing(_name())


def run(
    do: Literal["write", "read"], registry: SchemaRegistry, topics: str, given: Sequence[tuple[str, bytes]]
) -> list[bytes]:
    """Write texts to values, or read values to JSON, all in one start of Java; each is given with ``avro`` or ``json``.

    What is of type ``avro`` belongs to the subject ``{topics}.avro-value``.

    Raises:
        KafkaServerError: a serializer refused one.
    """
    lines = "".join(f"{kind} {base64.b64encode(it).decode()}\n" for kind, it in given)
    address = registry.url.removesuffix(CONFLUENTS) + APICURIOS
    java = subprocess.run(
        ["java", *JVM, "-cp", f"{_jars()}/*", str(PROGRAM), do, address, topics],
        input=lines, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    if java.returncode != 0:
        msg = f"the serializers for Java ended with exit code {java.returncode}:\n{java.stderr[-3000:]}"
        raise KafkaServerError(msg)
    return [base64.b64decode(line) for line in java.stdout.splitlines()]


def _name() -> str:
    return f"apicurio-serializers-{registry_version()}"


def _jars() -> Path:
    def fill(folder: Path) -> None:
        maven.copy_dependencies(
            POM, folder, "apicurio-registry-serdes-*.jar", f"-Dregistry.version={registry_version()}"
        )  # fmt: skip

    return maven.cached(_name(), fill)
