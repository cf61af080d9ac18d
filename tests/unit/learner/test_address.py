"""The site of an article, from its address."""

import pytest

from stream.learner.address import site_of


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("example.org", "example.org"),
        ("https://example.org/news/1?x=2#top", "example.org"),
        ("https://WWW.Example.ORG.:8443/", "example.org"),
        ("https://user:secret@www.example.org/@someone", "example.org"),
        ("//www2.example.org/news", "example.org"),
        ("https://news.example.org/", "news.example.org"),
        ("https://münchen.example/", "xn--mnchen-3ya.example"),
        ("https://MÜNCHEN.example/", "xn--mnchen-3ya.example"),
        ("https://XN--MNCHEN-3YA.example/", "xn--mnchen-3ya.example"),
        ("https://例え。jp/", "xn--r8jz45g.jp"),
        ("https://www.com/", "www.com"),
    ],
)
def test_one_site_has_many_spellings(address: str, site: str) -> None:
    assert site_of(address) == site


@pytest.mark.parametrize(
    "address",
    [
        *("", " ", "news", "localhost:8000", "http://localhost/", "file:///tmp/article.html", "urn:uuid:1", "https://"),
        *("https://127.0.0.1/", "https://127.1/", "https://[::1]:8080/", "[2001:db8::1]", "https://1.2.3.4.:80"),
        *("https://a b.org/", "https://exa%6dple.org/", "a..org", "-a.org", "https://?.org", "\0.org", "<b>.org"),
        *("a" * 64 + ".org", "a." * 127 + "org", "ü" * 64 + ".org", "\udc80.org", "x" * 2_000_000),
    ],
)
def test_a_made_up_address_names_no_site(address: str) -> None:
    assert site_of(address) == ""


def test_names_that_differ_in_one_letter_are_two_sites() -> None:
    assert len({site_of(name) for name in ("faß.example", "fass.example", "fas.example", "fáss.example")}) == 4


def test_the_name_of_a_site_is_its_own_site() -> None:
    for address in ("https://www.www.example.org", "https://faß.example", "http://www.Example.org"):
        assert site_of(site_of(address)) == site_of(address)
