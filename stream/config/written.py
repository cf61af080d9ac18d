"""Values as they are written: what env files, templates and container runtimes add to them, and Kafka's addresses."""

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
LINKED = "Docker or Kubernetes sets it for a service whose name begins with stream: unset it, or rename the service."
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_HOST = re.compile(r"[\w.-]+")
_BRACKETS = re.compile(r"\[(?P<address>[^\[\]]*)\](:(?P<port>.*))?")
LAST_PORT = 65535


def blemish(text: str, *, free: bool = False, in_a_file: bool = False) -> str:
    """What is wrong with how a value is written, as the rest of a sentence; empty when nothing is.

    `free`: the value is a password or a list, which may contain what a name may not. `in_a_file`: the value comes
    from a settings file, which has quotes of its own, so any quotes inside them are intended.
    """
    ends = NAMES.get(text[-1:]) or NAMES.get(text[:1])
    if ends:
        where = "ends" if text[-1:] in NAMES else "begins"
        return f"it {where} with {ends}, probably from a file with Windows line ends; remove it"
    if not in_a_file and len(text) > 1 and QUOTES.get(text[0]) == text[-1]:
        meant = "; if they belong to the value, set it in a settings file (--config)" if free else ""
        return f"the quotes are taken as part of the value, because env files keep them; remove the quotes{meant}"
    if free:
        return ""
    if found := _CONTROL.search(text):
        return f"it contains a control character ({found[0]!r})"
    if text != text.strip():
        return "it begins or ends with white space; remove it"
    return ""


def require_well_written(
    values: dict[str, Any], origin: Mapping[str, str], fields: Mapping[str, FieldInfo], *, file: Path | None
) -> set[str]:
    """Raises `SettingsError` that names every value that was damaged on its way here.

    An empty value of a setting that may be unset becomes the default; gives the names of these.
    `origin` says where each was set; `file` is the settings file.
    """
    problems = []
    unset = set()
    for name, value in values.items():
        if not isinstance(value, str):
            continue
        where, field = origin[name], fields[name]
        several = isinstance(field.default, dict | tuple)  # its parts are stripped of what stands around them
        in_a_file = file is not None and where == f"{name} in {file}"
        wrong = blemish(value.strip() if several else value, free=several or is_secret(field), in_a_file=in_a_file)
        if not value and not field.default:
            values[name] = field.default
            unset.add(name)
        elif not value:
            problems.append(f"{where} is empty: remove it to get the default, {field.default}.")
        elif wrong:
            problems.append(f"{where} is {shown_value(field, value)}: {wrong}.")
        elif SERVICE_ADDRESS.match(value):
            problems.append(f"{where} is {shown_value(field, value)}, the address of a service. {LINKED}")
    if problems:
        raise SettingsError(" ".join(problems))
    return unset


def is_secret(field: FieldInfo) -> bool:
    """Whether the value of this setting must never be shown."""
    return "Secret" in str(field.annotation) or not field.repr


def shown_value(field: FieldInfo, value: object) -> str:
    """A value as a sentence shows it."""
    return "***" if is_secret(field) else re.sub(r"//\S*@", "//***@", repr(value))  # a URL may hold a password


def bad_address(address: str) -> str:
    """What is wrong with one of Kafka's addresses, a host or host:port; empty when nothing is."""
    scheme, slashes, _ = address.partition("://")
    if slashes:
        return f"write host:port, without {scheme}://"
    if bracketed := _BRACKETS.fullmatch(address):
        if not _is_ipv6(bracketed["address"]):
            return f"{address} has no IPv6 address in its brackets"
        return _bad_port(address, bracketed["port"])
    if address.count(":") > 1:
        return _without_brackets(address)
    host, colon, port = address.partition(":")
    if not _HOST.fullmatch(host):
        return f"{address!r} is not host:port"
    return _bad_port(address, port if colon else None)


def _without_brackets(address: str) -> str:
    head, _, last = address.rpartition(":")
    if _is_ipv6(head) and not _bad_port(address, last):
        return f"{address} needs brackets around its IPv6 address: [{head}]:{last} if {last} is the port"
    if _is_ipv6(address):
        return f"{address} needs brackets around its IPv6 address: [{address}]:9092"
    return f"{address} has more than one colon: write host:port, with commas between several addresses"


def _bad_port(address: str, port: str | None) -> str:
    if port is None or (port.isascii() and port.isdigit() and 0 < int(port) <= LAST_PORT):
        return ""
    return f"the port of {address} is not a number from 1 to {LAST_PORT}"


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
