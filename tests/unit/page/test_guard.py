"""Who may see and do what: by the name that was asked for, the origin, the token and the settings."""

from __future__ import annotations

import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from stream.config.loading import load
from stream.page.guard import COOKIE, TOKEN_HEADER, Guard, host_in, is_loopback
from stream.page.refused import Refused

OWN = "127.0.0.1:6066"
VALUE = "a" * 32


def guard(**settings: object) -> Guard:
    return Guard(load(settings, environ={}))


def request(host: str = OWN, **headers: str) -> web.Request:
    return make_mocked_request("POST", "/page/try", headers={"Host": host, **headers})


def from_the_page(made: Guard, **changed: str) -> web.Request:
    """Make a request as the page sends it, with some headers changed."""
    cookie = {"Cookie": f"{COOKIE}={VALUE}"}
    token = made.token_for(request(**cookie))
    return request(**{"Origin": f"http://{OWN}", TOKEN_HEADER: token, **cookie, **changed})


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:6066", "127.0.0.1", "127.0.0.2:80", "[::1]:6066", "localhost."]
)
def test_on_the_loopback_its_own_names_are_known(host: str) -> None:
    guard().require_host(request(host))


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:6066", "localhost.evil.example", "10.0.0.1", "", "[fe80::1]", socket.gethostname()],
)
def test_on_the_loopback_no_other_name_is(host: str) -> None:
    with pytest.raises(Refused, match="STREAM_HTTP_NAMES"):
        guard().require_host(request(host))


def test_elsewhere_addresses_are_known_and_the_machines_name_and_those_of_the_settings() -> None:
    made = guard(http_host="192.0.2.1", http_names="cleaner.example, Other.example")
    for host in ("10.0.0.1:6066", "[fe80::1]:6066", socket.gethostname(), "cleaner.example", "other.example:80"):
        made.require_host(request(host))
    with pytest.raises(Refused):
        made.require_host(request("evil.example"))


def test_the_page_itself_may_ask() -> None:
    made = guard()
    made.require_page(from_the_page(made))


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:6067"},
        {"Origin": "null"},
        {"Origin": ""},
        {TOKEN_HEADER: "0" * 64},
        {TOKEN_HEADER: ""},
        {TOKEN_HEADER: "ä"},
        {"Cookie": f"{COOKIE}={'b' * 32}"},
        {"Cookie": ""},
        {"Cookie": "", TOKEN_HEADER: ""},
    ],
)
def test_nobody_else_may(changed: dict[str, str]) -> None:
    made = guard()
    with pytest.raises(Refused) as refused:
        made.require_page(from_the_page(made, **changed))
    assert refused.value.status == 403


def test_what_another_site_has_begun_is_refused() -> None:
    for came in ("cross-site", "same-site"):  # the latter is another port of this machine
        with pytest.raises(Refused):
            guard().require_own(request(**{"Sec-Fetch-Site": came}))
    for came in ("same-origin", "none"):
        guard().require_own(request(**{"Sec-Fetch-Site": came}))
    guard().require_own(request())


def test_a_token_is_one_workers_and_one_browsers() -> None:
    one, other = guard(), guard()
    mine, theirs = request(Cookie=f"{COOKIE}={VALUE}"), request(Cookie=f"{COOKIE}={'b' * 32}")
    assert one.token_for(mine) == one.token_for(mine) != other.token_for(mine)
    assert one.token_for(mine) != one.token_for(theirs)
    assert not one.token_for(request())
    assert not one.token_for(request(Cookie=f"{COOKIE}=short"))
    assert one.cookie_for(request()) != one.cookie_for(request())
    assert not one.cookie_for(mine), "it has one already"


def test_what_is_shown_and_done_is_what_the_settings_allow() -> None:
    made = guard()
    assert (made.tries, made.articles, made.actions) == (True, False, False)
    with pytest.raises(Refused, match="STREAM_HTTP_ALLOW_ACTIONS=true"):
        made.require_actions()
    assert not guard(http_host="192.0.2.1").tries
    with pytest.raises(Refused, match="STREAM_HTTP_SHOW_ARTICLES=true"):
        guard(http_host="192.0.2.1").require_tries()
    made = guard(http_host="192.0.2.1", http_show_articles=True, http_allow_actions=True)
    made.require_tries()
    made.require_actions()


DEFAULT = guard()


@given(st.text())
def test_any_host_is_known_or_not(text: str) -> None:
    host = host_in(text)
    assert not DEFAULT.knows(host) or host == "localhost" or is_loopback(host)
