"""Which lines are code, and that code stays as it was written."""

from __future__ import annotations

import pytest

from stream.core.cleaning import clean, clean_list
from stream.core.listing import is_code
from stream.core.rules import Rules, builtin, load

BOTH = pytest.mark.parametrize("rules", [load(whole_page=False), builtin()], ids=["markers", "model"])
BODY = [
    "The ferry company has given its timetable a programming interface: anybody may ask it when the next boat leaves.",
    "Behind it stands a small service that reads the tide tables once an hour and works out which piers can be used.",
    "It was written by two pupils of the harbour school, who had grown tired of walking down to the quay for nothing.",
    "“We wanted to know before we put our boots on,” said one of them, Nuria Baum, who is sixteen years old.",
    "The company pays for the machine. It is no larger than a loaf of bread and stands in the harbour master's office.",
]
CLOSE = [
    "Nobody has missed a boat since then, and the harbour master has taken the old board with the chalk home with him.",
    "Next year the two want to add the buses, which have never yet been on time in the memory of anyone on the island.",
]
LISTINGS = {
    "python": [
        "def next_boat(pier, tries=3):",
        "    for number in range(tries):",
        "        try:",
        "            return timetable.ask(pier)",
        "        except Silent:",
        '            log.info("nobody answered from the pier %s, asking once more in a moment: %d", pier, number)',
        "def last_boat(pier, tries=3):",
        "    for number in range(tries):",
        '            log.info("nobody answered from the pier %s, asking once more in a moment: %d", pier, number)',
    ],
    "javascript": [
        "async function nextBoat(pier) {",
        '  const answer = await fetch("https://ferry.example/api/piers/north/boats?limit=1", { headers });',
        "  if (!answer.ok) { return null; }",
        "}",
        "async function lastBoat(pier) {",
        '  const answer = await fetch("https://ferry.example/api/piers/north/boats?limit=1", { headers });',
        "}",
    ],
    "yaml": [
        "services:",
        "  tides:",
        "    image: registry.ferry.example/harbour/timetable-and-tides:2024-06-01-r4",
        "    tags: [north, south]",
        "  boats:",
        "    image: registry.ferry.example/harbour/timetable-and-tides:2024-06-01-r4",
        "    tags: [east]",
    ],
    "shell": [
        "$ export TIMETABLE=/srv/ferry/timetable",
        "$ curl --silent --header 'Accept: application/json' https://ferry.example/api/piers/north",
        "$ sudo systemctl restart timetable",
        "$ curl --silent --header 'Accept: application/json' https://ferry.example/api/piers/north",
    ],
    "c": [
        "#include <stdio.h>",
        "static int pier_is_open(const struct pier *pier) {",
        '\tfprintf(stderr, "pier %s: the water stands at %d centimetres\\n", pier->name, pier->water);',
        "\treturn pier->water > 40;",
        '\tfprintf(stderr, "pier %s: the water stands at %d centimetres\\n", pier->name, pier->water);',
        "}",
    ],
    "sql": [
        "SELECT name, water FROM piers WHERE water > 40 AND (open = 1) ORDER BY name LIMIT 10;",
        "DELETE FROM boats WHERE pier = 'north';",
        "SELECT name, water FROM piers WHERE water > 40 AND (open = 1) ORDER BY name LIMIT 10;",
    ],
    "html": [
        '<ul class="piers">',
        '  <li class="pier"><a href="/piers/north">The pier in the north, which is open today</a></li>',
        '  <li class="pier"><a href="/piers/north">The pier in the north, which is open today</a></li>',
        "</ul>",
    ],
    "table": [
        "| Pier  | First boat | Last boat | Days | Remark                          |",
        "| North | 6.15       | 21.40     | all  | closed when the water stands low |",
        "| North | 6.15       | 21.40     | all  | closed when the water stands low |",
    ],
    "in other words": [
        "def 下一班(码头):",
        '    log.info("码头没有人回答，过一会儿再问一次，请大家耐心等待，不要离开码头：%s", 码头)',
        '    print("Никто не отвечает с причала, спросим ещё раз через минуту:", 码头)',
        '    log.info("码头没有人回答，过一会儿再问一次，请大家耐心等待，不要离开码头：%s", 码头)',
        '    print("Никто не отвечает с причала, спросим ещё раз через минуту:", 码头)',
    ],
}
EACH = pytest.mark.parametrize("listing", LISTINGS.values(), ids=LISTINGS)


@BOTH
@EACH
@pytest.mark.parametrize("closing", [1, 2])
def test_an_article_with_code_stays_as_it_is(rules: Rules, listing: list[str], closing: int) -> None:
    for lines in (
        [*BODY, *listing, *CLOSE[:closing]],
        [*BODY[:3], *listing, *BODY[3:], *listing, *CLOSE[:closing]],
        [*BODY[:3], "", *listing, "", *CLOSE[:closing], ""],
    ):
        assert clean("\n".join(lines), rules).removed == ()
        assert clean_list(lines, rules).removed == ()


@BOTH
@EACH
def test_what_is_a_footer_below_code_goes_and_the_close_stays(rules: Rules, listing: list[str]) -> None:
    footer = ["Related articles", "The bridge that nobody wanted", "Share", "Tweet"]
    cleaned = clean("\n".join([*BODY, *listing, *CLOSE, *footer]), rules)
    assert cleaned.text == "\n".join([*BODY, *listing, *CLOSE])


@BOTH
@pytest.mark.parametrize("word", ["share", "tags", "comments", "related", "print", "next", "home", "photo", "services"])
def test_the_words_of_code_open_no_footer(rules: Rules, word: str) -> None:
    body = [
        "It takes sixty people and four cars.",
        "In winter it leaves every second hour, and not at all when the water stands low.",
        "Three captains have promised to teach the young ones. The oldest of them is seventy-one.",
        "The company pays half of it.",
        "The boat leaves every hour, and children travel free.",
        "The old boat has been in the harbour since 1994. Its deck gave in six years ago, after a storm.",
    ]
    north = ["  north:", "    image: registry.ferry.example/tides/worker:r17", "    open: {QUEUE: short}"]
    south = ["  south:", "    image: registry.ferry.example/tides/worker:r18", "    open: {QUEUE: long}"]
    close = [
        "Nobody has missed the boat since then.",
        "The rest will be told in spring, when the archive has moved as well.",
    ]
    for at in range(len(body) - 2):
        for closing in (close[1:], close):
            lines = [*body[at:], f"{word}:", *north, *south, *closing]
            assert clean("\n".join(lines), rules).removed == ()


@BOTH
def test_an_article_given_twice_goes_once_with_its_code(rules: Rules) -> None:
    lines = [*BODY, *LISTINGS["python"], *CLOSE]
    assert clean("\n".join(lines * 2), rules).text == "\n".join(lines)


@BOTH
def test_of_a_listing_that_comes_again_changed_nothing_goes(rules: Rules) -> None:
    """Not below a repeated paragraph, not above one, and not where it continues other code."""
    code, said = LISTINGS["python"][:6], CLOSE[0]
    other = [*code[:5], "            raise Closed(pier)"]
    for lines in (
        [BODY[0], said, *code, BODY[1], said, *other, BODY[2]],
        [BODY[0], *code, said, BODY[1], "def first_boat(pier, tries=5):", *code[1:], said, BODY[2]],
    ):
        gone = [removal.text for removal in clean("\n".join(lines), rules).removed]
        assert gone == [said]


@pytest.mark.parametrize(
    "line",
    [
        "The ship(s) left on Monday (again), and nobody at the quay was surprised by it, he said.",
        "Tel. 030/1234-5678, Fax 030/1234-5679 | office@ferry.example | Harbour Street 4, Port Carrow",
        "Home > News > Islands > The north > Ferries",
        "{ 18 comments… read them below or add one }",
        "Read more: https://ferry.example/stories/the_ferry_leaves?from=home&to=pier",
        "She wrote “if a = b, then b = a” on the board; the class, all of nine pupils, was silent.",
        "    The harbour master, who had seen it all (and said so), went home before the last boat left.",
        "    — 第二艘船正从大陆赶来，预计星期五到达（如果天气允许），港务长说。",
        "Tweet (3) | Share (12) | Print",
        "Q: How long did you wait?",
        "",
        "   ",
    ],
)
def test_what_is_no_code(line: str) -> None:
    assert not is_code([line], 0)


def test_what_a_line_is_beside_code() -> None:
    """A line of text inside a string or comment is part of the code around it."""
    inside = "    The harbour master, who had seen it all, went home before the last boat left the quay that day."
    assert is_code(["NOTE = {", "", inside], 2)
    assert is_code([inside, "}"], 0)
    assert not is_code([BODY[0], inside, BODY[1]], 1)
    assert not is_code(["NOTE = {", "", BODY[0], "", inside], 4)


def test_an_item_of_a_list_may_be_a_whole_listing() -> None:
    item = "\n".join(LISTINGS["python"])
    assert is_code([item], 0)
    assert clean_list([BODY[0], item, BODY[1], item, BODY[2]]).removed == ()
    assert not is_code([f"{BODY[0]}\n{BODY[1]} (again)"], 0)
