"""The live page in a real browser: what a person sees of it, and what nobody can make it do."""

from __future__ import annotations

import re
import tomllib
from itertools import count
from pathlib import Path

import orjson
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from harness.commands import ROOT
from harness.processes import until
from stream import clean, load_rules
from tests.brokers import Sent
from tests.browser.conftest import Live
from tests.hostile import article

FERRY = (ROOT / "examples/ferry.txt").read_text("utf-8")
VIEWS = ("now", "try", "dead-letters", "sites")
BIDI = "\u202egnp.exe\u2066"
SCRIPT = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
SITE, CLOSED = "tidetable.example", "mill.example"
_numbers = count()


def send_one(live: Live, value: bytes, topic: str = "raw") -> None:
    live.broker.send(f"{live.topics.name}.{topic}", [Sent(b"key", value)])


def open_view(page: Page, live: Live, view: str) -> Locator:
    """Go to a view once the worker is connected; give its section."""
    page.goto(f"{live.address}#{view}")
    expect(page.locator("#state")).to_have_text("Ready")
    return page.locator(f"#{view}")


def try_article(page: Page, live: Live, text: str) -> None:
    open_view(page, live, "try")
    page.get_by_label("Article", exact=True).fill(text)
    expect(page.locator("#panes")).to_be_visible()


def button(where: Page | Locator, name: str) -> Locator:
    return where.get_by_role("button", name=name, exact=True)


def click_and_read(page: Page, clicked: Locator, said: str) -> None:
    """Click a button, and wait until it has said something, which it does for two seconds only."""
    clicked.evaluate("""button => {
        window.said = [];
        new MutationObserver(() => window.said.push(button.textContent)).observe(button, { childList: true });
    }""")
    clicked.click()
    until(lambda: said in page.evaluate("window.said"), f"the button to say {said}")


def dead(live: Live, reason: str) -> float:
    return live.worker.metric(f'article_stream_dead_letters_total{{reason="{reason}"}}')


def hacked(page: Page) -> bool:
    return bool(page.evaluate("'hacked' in window"))


def test_it_asks_no_other_host_and_follows_the_worker(page: Page, live: Live) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_view(page, live, "now")
    until(lambda: live.worker.caught_up(4), "what earlier tests have sent to be cleaned")
    before = int(live.worker.metric("article_stream_records_in_total"))
    expect(page.locator(".figure.in .total")).to_have_text(f"{before} since the start")
    for _ in range(3):
        send_one(live, article(f"{FERRY}\n{next(_numbers)}"))
    expect(page.locator(".figure.in .total")).to_have_text(f"{before + 3} since the start")
    expect(page.locator("#partitions tbody tr")).to_have_count(4)
    expect(page.locator("#partitions tbody tr").first).to_contain_text("this worker")
    expect(page.locator("#plot path.line.cleaned")).to_have_attribute("d", re.compile("^M"))
    expect(page.get_by_role("img", name="Records a second")).to_be_visible()
    assert {url.split("/")[2] for url in asked} == {live.address.split("/")[2]}


def test_a_pasted_article_shows_what_goes_and_why(page: Page, context: BrowserContext, live: Live) -> None:
    try_article(page, live, FERRY)
    stays = [line for line in clean(FERRY).text.splitlines() if line.strip()]
    assert page.locator("#after p").all_inner_texts() == stays
    struck = page.locator("#before del").all_inner_texts()
    assert struck == [line for removal in clean(FERRY).removed for line in removal.text.splitlines() if line.strip()]
    repeat = button(page, "repeats line 1")
    repeat.focus()
    expect(page.locator(".echo:visible")).to_have_text(stays[0])
    expect(page.locator("#before li.origin")).to_contain_text(stays[0])
    repeat.blur()
    expect(page.locator(".echo:visible")).to_have_count(0)
    page.locator("#before li.goes", has_text="repeats line 1").hover()
    expect(page.locator(".echo:visible")).to_have_text(stays[0])
    page.locator("#before").get_by_role("button", name="en.legal").click()
    dialog = page.get_by_role("dialog", name="en.legal")
    click_and_read(page, button(dialog, "Copy").first, "Copied")
    snippet = page.evaluate("navigator.clipboard.readText()")
    assert tomllib.loads(snippet)["disable"][0] == "en.legal"
    page.keyboard.press("Escape")
    click_and_read(page, button(page, "Copy a link to this"), "Copied")
    other = context.new_page()
    other.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(other.locator("#before del")).to_have_count(len(struck))
    assert other.locator("#after p").all_inner_texts() == stays


def test_the_demos_articles_can_be_tried(page: Page, live: Live) -> None:
    open_view(page, live, "try")
    expect(page.locator("#example optgroup")).not_to_have_count(0)
    page.get_by_label("An example").select_option(label="Last keeper of Kestrel Bay hands over the lamp")
    expect(page.locator("#try-status")).to_contain_text("14 footer lines go")
    button(page, "Clear").click()
    expect(page.locator("#panes")).to_be_hidden()


def test_a_dead_letter_is_found_shown_and_sent_back(page: Page, live: Live) -> None:
    send_one(live, b'{"text": "cut ' + f"{SCRIPT}{BIDI}".encode())
    send_one(live, b"\x00\xff\xfe binary")
    until(lambda: dead(live, "not_json") > 0 and dead(live, "not_utf8") > 0, "both dead letters")
    section = open_view(page, live, "dead-letters")
    rows = section.locator("tbody tr")
    expect(rows.filter(has_text="not_json")).to_have_count(1)
    section.get_by_label("Reason").select_option("not_utf8")
    expect(rows.filter(has_text="not_json")).to_have_count(0)
    rows.get_by_role("button").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("pre")).to_contain_text("000000  00 ff fe 20 62 69 6e 61 72 79")
    page.keyboard.press("Escape")
    section.get_by_label("Reason").select_option("not_json")
    rows.get_by_role("button").first.click()
    expect(dialog.locator("pre")).to_contain_text(SCRIPT)
    expect(dialog.locator("pre")).to_contain_text("\\u202egnp.exe")
    button(dialog, "Dry run").click()
    expect(dialog).to_contain_text("stays, would fail again: not_json")
    page.keyboard.press("Escape")
    button(section, "Send them back…").click()
    button(dialog, "Send back").click()
    expect(dialog).to_contain_text("0 dead letters went back")
    assert not hacked(page)


def test_a_site_is_shown_and_its_line_rejected(page: Page, live: Live) -> None:
    for number in range(6):
        story = "\n".join(
            f"Story {number} of the harbour tells, in part {part}, what nobody has told before." for part in "abc"
        )
        send_one(live, orjson.dumps({"text": f"{story}\nTides by the pound", "source": SITE}))
    section = open_view(page, live, "sites")
    expect(section.locator("tbody tr", has_text=SITE).locator("td").nth(1)).to_have_text("6")
    button(section, SITE).click()
    dialog = page.get_by_role("dialog", name=SITE)
    row = dialog.locator("tbody tr", has_text="Tides by the pound")
    before, looks = page.evaluate(f"fetch('page/sites/one?name={SITE}').then((answer) => answer.json())"), count()

    def learns_something_else_first(route: Route) -> None:
        if route.request.method == "GET" and next(looks) < 3:
            route.fulfill(json={**before, "version": "another"})
        elif route.request.method == "POST":  # as after partitions were added to the topic of lines
            route.fulfill(json={**route.fetch().json(), "offset": before["offset"] - 1})
        else:
            route.continue_()

    page.route("**/sites/one?*", learns_something_else_first)
    button(row, "Reject").click()
    expect(dialog).to_contain_text("Done.")
    expect(dialog.locator("li", has_text="Tides by the pound")).to_be_visible()
    expect(row).to_have_count(0)


def test_a_panel_that_was_closed_stays_closed_when_what_was_asked_is_done(page: Page, live: Live) -> None:
    for number in range(3):
        send_one(live, orjson.dumps({"text": f"Story {number} of the mill.\nFlour by the pound", "source": CLOSED}))
    section = open_view(page, live, "sites")
    expect(section.locator("tbody tr", has_text=CLOSED).locator("td").nth(1)).to_have_text("3")
    button(section, CLOSED).click()
    dialog = page.get_by_role("dialog", name=CLOSED)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        button(dialog, "Reject: use nothing that is known of it").click()
    page.keyboard.press("Escape")
    expect(section.locator("tbody tr", has_text=CLOSED)).to_contain_text("somebody has rejected it")
    for _ in range(2):  # the page has looked twice since, so it knows that it is done
        with page.expect_response(lambda answer: answer.url.endswith("/page/sites")):
            pass
    expect(dialog).to_have_count(0)


def test_everything_can_be_done_with_the_keyboard(page: Page, live: Live) -> None:
    page.goto(live.address)  # what an address names behind # has the focus before it in the order of the keyboard
    expect(page.locator("#state")).to_have_text("Ready")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Try")).to_be_focused()
    page.keyboard.press("Enter")
    article_box = page.get_by_label("Article", exact=True)
    expect(article_box).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if article_box.evaluate("element => element === document.activeElement"):
            break
    expect(article_box).to_be_focused()
    page.keyboard.insert_text(FERRY)
    reason = page.locator("#before").get_by_role("button", name="en.advertisement")
    expect(reason).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(reason).to_be_focused()
    assert reason.evaluate("element => getComputedStyle(element).outlineStyle") == "solid", "the focus is seen"
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="en.advertisement")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(reason).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_keeps_nobody_out(page: Page, live: Live, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": 360, "height": 780})
    for view in VIEWS:
        open_view(page, live, view)
        if view == "try":
            try_article(page, live, FERRY)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view
        found = Axe().run(page)
        assert found.violations_count == 0, (view, found.generate_report())
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    shade = sum(map(int, re.findall(r"\d+", background)))
    assert (shade < 200) == (scheme == "dark"), background


def test_hostile_articles_are_only_text(page: Page, live: Live) -> None:
    hostile = f"{SCRIPT}\n{BIDI}\n</textarea></bdi>{SCRIPT}\n{SCRIPT}"
    try_article(page, live, hostile)
    expect(page.locator("#before li").first).to_contain_text(SCRIPT)
    expect(page.locator("#before li").nth(1)).to_contain_text("\\u202egnp.exe\\u2066")
    assert page.locator("main script, main img:not(header img)").count() == 0
    page.get_by_label("Article", exact=True).fill("x" * 1_000_000)
    expect(button(page.locator("#before"), "Show all 1M characters")).to_be_visible()
    page.get_by_label("Article", exact=True).fill("x" * 1_100_000)
    expect(page.locator("#try-status")).to_contain_text("longer than")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert not hacked(page)


def test_by_default_no_text_of_an_article_is_shown_and_nothing_can_be_done(page: Page, careful: Live) -> None:
    send_one(careful, b'{"text": "The warden of the island')
    until(lambda: dead(careful, "not_json") == 1, "the dead letter")
    section = open_view(page, careful, "dead-letters")
    rows = section.locator("tbody tr")
    expect(section).to_contain_text("STREAM_HTTP_SHOW_ARTICLES=true")
    expect(button(section, "Send them back…")).to_be_hidden()
    rows.get_by_role("button").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("shown where STREAM_HTTP_SHOW_ARTICLES=true")
    assert "warden" not in page.content()
    page.keyboard.press("Escape")
    assert careful.worker.terminate() == 0, "no open page keeps it from stopping"
    expect(page.locator("#state")).to_have_text("Not connected")
    expect(page.locator("#health")).to_contain_text("does not answer")


def test_one_page_too_many_is_told_so(page: Page, live: Live) -> None:
    def full(route: Route) -> None:
        route.fulfill(status=429, json={"problem": "20 pages of this worker are open, which is the most."})

    page.route("**/page/events", full)
    page.goto(live.address)
    expect(page.locator("#health-title")).to_contain_text("20 pages of this worker are open")


def test_the_snippets_rules_are_rules(tmp_path: Path, page: Page, live: Live) -> None:
    try_article(page, live, FERRY)
    page.locator("#before").get_by_role("button", name="en.advertisement").click()
    snippets = page.locator("dialog pre").all_inner_texts()
    assert len(snippets) == 2
    for at, snippet in enumerate(snippets):
        file = tmp_path / f"{at}.toml"
        file.write_text(snippet, "utf-8")
        load_rules([file])
