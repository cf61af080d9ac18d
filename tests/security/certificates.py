"""Certificates, made with OpenSSL, which every machine with Java has, because ca-certificates requires it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY_PASSWORD = "a-password-of-the-tests"  # noqa: S105 - made up
_SERVER = "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n"
_CLIENT = "extendedKeyUsage=clientAuth\n"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key as PEM files. `both` contains one after the other, as Kafka expects them."""

    certificate: Path
    key: Path
    both: Path


class Authority:
    """A certificate authority in a folder, which exists for as long as the tests run."""

    def __init__(self, folder: Path, name: str) -> None:
        """Make the authority's key and certificate."""
        self._folder = folder
        self._name = name
        self.certificate = folder / f"{name}.pem"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),  # Python 3.13 asks for it
            *("-subj", f"/CN={name}", "-keyout", str(folder / f"{name}.key"), "-out", str(self.certificate)),
        )

    def server(self) -> Certificate:
        """Make a broker's certificate, for 127.0.0.1."""
        return self._issue("broker", _SERVER)

    def client(self, name: str) -> Certificate:
        """Make a client's certificate; Kafka knows it as ``User:CN=<name>``."""
        return self._issue(name, _CLIENT)

    def _issue(self, name: str, extensions: str) -> Certificate:
        stem = self._folder / f"{self._name}-{name}"
        key, request, certificate = (stem.with_suffix(suffix) for suffix in (".key", ".csr", ".crt"))
        _openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request)),
        )
        wanted = stem.with_suffix(".ext")
        wanted.write_text(extensions, "utf-8")
        _openssl(
            *("x509", "-req", "-days", "2", "-in", str(request), "-CA", str(self.certificate)),
            *("-CAkey", str(self.certificate.with_suffix(".key")), "-CAcreateserial"),
            *("-extfile", str(wanted), "-out", str(certificate)),
        )
        both = stem.with_suffix(".both.pem")
        both.write_text(key.read_text("utf-8") + certificate.read_text("utf-8"), "utf-8")
        return Certificate(certificate, key, both)


def lock(certificate: Certificate) -> Path:
    """Make a copy of the key that is encrypted with ``KEY_PASSWORD``."""
    locked = certificate.key.with_suffix(".locked.key")
    _openssl(
        "pkcs8", "-topk8", "-in", str(certificate.key), "-out", str(locked), "-passout", f"pass:{KEY_PASSWORD}"
    )  # fmt: skip
    return locked


def missing() -> str | None:
    """Say why no certificates can be made here; None if they can."""
    return None if shutil.which("openssl") else "OpenSSL is not installed"


def _openssl(*arguments: str) -> None:
    result = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
