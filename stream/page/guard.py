"""Who may see and do what.

Another site's page, opened in the same browser, can send requests to the worker, but must not get anything by it:

- Where a request goes to a name that is not the worker's own, it is refused. Else that site could let its own name lead
  to the worker's address and read everything (DNS rebinding).
- Where a browser says that another site has begun a request (`Sec-Fetch-Site`), only the page itself is given: a link
  may lead to it.
- What does something needs an `Origin` that is the page's own, and a token. The page gets the token only together with
  a cookie that a browser sends to no request which another site has begun (`SameSite=Strict`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import socket
from ipaddress import ip_address

from aiohttp import web

from stream.config.settings import Settings
from stream.page.refused import Refused

COOKIE = "article_stream_page"
TOKEN_HEADER = "X-Article-Stream-Token"  # noqa: S105 - the name of a header
_COOKIE_VALUE = re.compile(r"[0-9A-Za-z_-]{22,64}")
_LOCAL = "localhost"
ELSEWHERE = "Only the page itself may ask for this: the request came from somewhere else."


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on this address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == _LOCAL


def host_in(header: str) -> str:
    """The host of a `Host` header, in small letters and without its port; "" if there is none."""
    host = header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


class Guard:
    """Knows the settings' permissions. `tries`: whether articles may be tried; `articles`, `actions`: see there."""

    def __init__(self, settings: Settings) -> None:
        self._on_loopback = is_loopback(settings.http_host)
        names = {_LOCAL, *(name.strip().lower() for name in settings.http_names.split(",") if name.strip())}
        self._names = names if self._on_loopback else names | {settings.http_host.lower(), socket.gethostname().lower()}
        self._secret = secrets.token_bytes(32)
        self.articles = settings.http_show_articles
        self.actions = settings.http_allow_actions
        self.tries = self._on_loopback or self.articles

    def knows(self, host: str) -> bool:
        """Whether a name may be the worker's: an address may, unless it cannot be, and the names of the settings."""
        if host in self._names:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or not self._on_loopback

    def require_host(self, request: web.Request) -> None:
        """Raises `Refused` if a request went to a name that is not known to be the worker's."""
        host = host_in(request.headers.get("Host", ""))
        if not self.knows(host):
            raise Refused(
                403,
                f"This worker does not know the name {host[:80]!r}. Where it is its own, set STREAM_HTTP_NAMES to it.",
            )

    def require_own(self, request: web.Request) -> None:
        """Raises `Refused` if the browser says that a page of another site, or of another port, has sent a request."""
        if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            raise Refused(403, ELSEWHERE)

    def cookie_for(self, request: web.Request) -> str:
        """The value of a new cookie for the page, "" if the browser has one."""
        return "" if self._cookie(request) else secrets.token_urlsafe(24)

    def token_for(self, request: web.Request) -> str:
        """The token that belongs to a request's cookie, "" if it has none."""
        cookie = self._cookie(request)
        return hmac.new(self._secret, cookie.encode(), hashlib.sha256).hexdigest() if cookie else ""

    def require_page(self, request: web.Request) -> None:
        """Raises `Refused` unless the page itself has sent the request."""
        origin, host = request.headers.get("Origin", ""), request.headers.get("Host", "")
        if origin.partition("://")[2].lower() != host.strip().lower() or not host:
            raise Refused(403, ELSEWHERE)
        token, given = self.token_for(request), request.headers.get(TOKEN_HEADER, "")
        if not token or not hmac.compare_digest(token.encode(), given.encode("utf-8", "replace")):
            raise Refused(403, "The page's token is missing or is an earlier worker's: load the page again.")

    def require_tries(self) -> None:
        """Raises `Refused` where articles may not be tried."""
        if not self.tries:
            raise Refused(
                403,
                "Articles can be tried where the page listens on the loopback, or with STREAM_HTTP_SHOW_ARTICLES=true.",
            )

    def require_articles(self) -> None:
        """Raises `Refused` where no text of articles may be shown."""
        if not self.articles:
            raise Refused(403, "The text of articles is shown where STREAM_HTTP_SHOW_ARTICLES=true.")

    def require_actions(self) -> None:
        """Raises `Refused` where nothing may be done."""
        if not self.actions:
            raise Refused(403, "That is allowed where STREAM_HTTP_ALLOW_ACTIONS=true.")

    def _cookie(self, request: web.Request) -> str:
        cookie = request.cookies.get(COOKIE, "")
        return cookie if _COOKIE_VALUE.fullmatch(cookie) else ""
