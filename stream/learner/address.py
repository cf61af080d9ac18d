"""The site of an article, from its address."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from stream.core.patterns import pattern
from stream.core.rules.model import LONGEST_HOST, spelled_host

_DOTS = pattern("[\u3002\uff0e\uff61]")
"""What Chinese and Japanese keyboards give for a dot; a browser takes them for one (RFC 3490)."""
_DIFFERENT = pattern("[\u00df\u1e9e\u03c2\u200c\u200d]")
"""Characters that Python's codec drops or replaces, although names that differ in these alone are different names."""
_LABEL = pattern(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
HOSTS = 4096
"""Beginnings of addresses of which it is remembered whose site they are: a worker meets few of them again and again."""
_WWW = pattern(r"^(?:www\d?\.)+(?=.*\.)")


def site_of(address: str) -> str:
    """Give the site that an address or host name belongs to; "" if it names none.

    A site is a host without `www.`: ports, users, upper case, a dot at the end, and the spelling of a name with other
    letters (`münchen.example`, `xn--mnchen-3ya.example`) make no difference. A name without a dot (`localhost`), or a
    bare IP address, is no site: such hosts serve anybody's pages.

    >>> site_of("https://user@WWW.Example.org:8443/news/1?x=2")
    'example.org'
    """
    slashes = address.find("//")
    end = address.find("/", slashes + 2 if slashes >= 0 else 0) + 1
    begin = address[:end] if end else address  # nothing behind the host's slash matters
    return _remembered(begin) if len(begin) <= LONGEST_HOST else _worked_out(begin)


def _worked_out(address: str) -> str:
    host = spelled_host(address)
    if len(host) > LONGEST_HOST:
        return ""
    host = _DOTS.sub(".", host)
    if "." not in host:
        return ""
    labels = [_in_letters(label) for label in host.strip(".").split(".")]
    if labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        return ""
    return _WWW.sub("", ".".join(labels))


def _in_letters(label: str) -> str:
    """Give a part of a host name in small letters, digits and hyphens; "" where that is not possible."""
    if label.isascii():
        return label.lower()
    try:
        if _DIFFERENT.search(label):
            return "xn--" + unicodedata.normalize("NFC", label.lower()).encode("punycode").decode("ascii")
        return label.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


_remembered = lru_cache(HOSTS)(_worked_out)
