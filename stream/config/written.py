"""What env files, templates and container runtimes do to a value on its way, and how Kafka's addresses are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from stream.errors import SettingsError

QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»"}
NAMES = {"\r": "a carriage return (\\r)", "\n": "a line feed (\\n)"}
# What Kubernetes, or `docker run --link`, puts into a container for a service whose name begins with `stream`.
SERVICE_LINK = re.compile(r"STREAM_(\w+_)?(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP|SCTP)\w*)?)")
SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")
LINKED = "Docker or Kubernetes adds it for a service whose name begins with stream: unset it, or rename the service."
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_HOST = re.compile(r"[\w.-]+")
_BRACKETS = re.compile(r"\[(?P<address>[^\[\]]*)\](:(?P<port>.*))?")
LAST_PORT = 65535


def blemish(text: str, *, free: bool = False, in_a_file: bool = False) -> str:
    """What is wrong with how a value is written, as the rest of a sentence; empty where nothing is.

    `free`: a password or a list, which may hold what a name may not. `in_a_file`: a settings file has quotes of its
    own, so those within them are meant.
    """
    ends = NAMES.get(text[-1:]) or NAMES.get(text[:1])
    if ends:
        where = "ends" if text[-1:] in NAMES else "begins"
        return f"it {where} with {ends}, as of a file with other line ends; take that off"
    if not in_a_file and len(text) > 1 and QUOTES.get(text[0]) == text[-1]:
        meant = "; if they belong to it, set it in a settings file (--config)" if free else ""
        return f"the quotes around it are part of the value, as env files keep them; write it without quotes{meant}"
    if free:
        return ""
    if found := _CONTROL.search(text):
        return f"it holds a control character ({found[0]!r})"
    if text != text.strip():
        return "it begins or ends with white space; take that off"
    return ""


def require_well_written(
    values: dict[str, Any], origin: Mapping[str, str], fields: Mapping[str, FieldInfo], *, file: Path | None
) -> None:
    """Raises `SettingsError` that names every value that was changed on its way here; unsets what is empty.

    `origin` says where each was set; `file` is the settings file.
    """
    problems = []
    for name, value in values.items():
        if not isinstance(value, str):
            continue
        where, field = origin[name], fields[name]
        several = isinstance(field.default, dict | tuple)  # its parts are stripped of what stands around them
        in_a_file = file is not None and where == f"{name} in {file}"
        wrong = blemish(value.strip() if several else value, free=several or is_secret(field), in_a_file=in_a_file)
        if not value and not field.default:
            values[name] = field.default
        elif not value:
            problems.append(f"{where} is empty: leave it out, and it is {field.default}.")
        elif wrong:
            problems.append(f"{where} is {shown_value(field, value)}: {wrong}.")
        elif SERVICE_ADDRESS.match(value):
            problems.append(f"{where} is {shown_value(field, value)}, the address of a service. {LINKED}")
    if problems:
        raise SettingsError(" ".join(problems))


def is_secret(field: FieldInfo) -> bool:
    """Whether its value is never shown."""
    return "Secret" in str(field.annotation) or not field.repr


def shown_value(field: FieldInfo, value: object) -> str:
    """A value as a sentence shows it."""
    return "***" if is_secret(field) else repr(value)


def bad_address(address: str) -> str:
    """What is wrong with one of Kafka's addresses, a host or host:port; empty where nothing is."""
    scheme, slashes, _ = address.partition("://")
    if slashes:
        return f"write host:port, without {scheme}://"
    if bracketed := _BRACKETS.fullmatch(address):
        if not _is_ipv6(bracketed["address"]):
            return f"{address} has no IPv6 address within its brackets"
        return _bad_port(address, bracketed["port"])
    if address.count(":") > 1:
        return _without_brackets(address)
    host, colon, port = address.partition(":")
    if not _HOST.fullmatch(host):
        return f"{address!r} is no host:port"
    return _bad_port(address, port if colon else None)


def _without_brackets(address: str) -> str:
    head, _, last = address.rpartition(":")
    if _is_ipv6(head) and not _bad_port(address, last):
        return f"{address} needs brackets around its IPv6 address: [{head}]:{last} if {last} is the port"
    if _is_ipv6(address):
        return f"{address} needs brackets around its IPv6 address: [{address}]:9092"
    return f"{address} has more than one colon: write host:port, and commas between several"


def _bad_port(address: str, port: str | None) -> str:
    if port is None or (port.isascii() and port.isdigit() and 0 < int(port) <= LAST_PORT):
        return ""
    return f"the port of {address} is no number from 1 to {LAST_PORT}"


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def in_a_url(host: str) -> str:
    """A host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
