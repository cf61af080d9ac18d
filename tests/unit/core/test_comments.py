"""Comments are removed with their head, however much prose they are; the article stays, wherever it goes on."""

from __future__ import annotations

import pytest

from stream.core.cleaning import clean
from stream.core.comments import TRIES, comments_of
from stream.core.markers import weigh
from stream.core.rules import builtin, load
from tests.work import Work

RULES = {"markers": load(whole_page=False), "model": builtin()}
both = pytest.mark.parametrize("footers", RULES)
STORY = {
    "en": [
        "The lock at Sluis Noord was repaired in the night, and the barges that had waited since Sunday went on.",
        "The keeper had warned three years ago that the gates were old. Nobody at the town hall listened to him.",
        "Now the barges move again, but only by day, and the skippers ask who pays them for three days at the quay.",
        "A second pair of gates has been ordered from a yard upriver, which needs until spring to build them.",
    ],
    "de": [
        "Die Schleuse am Nordkanal ist seit gestern Nacht repariert, und um sechs Uhr fuhren die ersten Kähne los.",
        "Der Wärter hatte schon vor drei Jahren gewarnt, die Tore seien alt. Im Rathaus hörte ihm niemand zu.",
        "Gefahren wird vorerst nur bei Tag, und die Schiffer fragen, wer ihnen drei Tage an der Mauer bezahlen soll.",
        "Ein zweites Paar Tore ist bei einer Werft flussaufwärts bestellt, sie braucht dafür den ganzen Winter.",
    ],
    "ru": [
        "Шлюз на Северном канале починили ночью, и баржи, ждавшие с воскресенья, в шесть утра пошли дальше вверх.",
        "Смотритель ещё три года назад предупреждал, что ворота старые. В мэрии его никто не слушал.",
        "Теперь баржи ходят, но только днём, и капитаны спрашивают, кто заплатит им за три дня простоя у стенки.",
        "Вторые ворота заказаны на верфи выше по реке, и раньше весны их, по словам мастера, никто не построит.",
    ],
    "zh": [
        "水门昨夜修好，等了三天的货船今晨六点通过，船长们说他们还不知道损失由谁来承担，市政府也没有回答他们的问题。",
        "看守人三年前就警告说闸门已经老化，当时市政厅里没有人听他的话，直到星期日第一扇门再也打不开，水位开始下降。",
        "现在货船只能在白天通行，码头上的商店每天傍晚就关门，因为晚上再也没有人来买东西，店主们希望春天快点到来。",
        "第二对闸门已经在上游的船厂订购，工人们说最快也要到春天才能完工，在那之前所有大船都要绕道南边的运河。",
    ],
}
SAID = {
    "en": [
        "My uncle kept that lock for thirty years and always said that the left gate would go first, and so it did.",
        "And who pays the skippers? Every winter it is the same story, and every winter the town hall knows nothing.",
        "Let them build the new gates before they talk about a second bridge, which nobody ever asked for.",
    ],
    "de": [
        "Mein Onkel war dreißig Jahre Schleusenwärter und hat immer gesagt, dass das linke Tor zuerst nachgeben wird.",
        "Und wer bezahlt die Schiffer? Jeden Winter dasselbe, und jeden Winter weiß im Rathaus keiner etwas davon.",
        "Sollen sie erst die Tore bauen, bevor sie von einer zweiten Brücke reden, die hier niemand haben will.",
    ],
    "ru": [
        "Мой дядя тридцать лет работал на этом шлюзе и всегда говорил, что первыми откажут левые ворота, так и вышло.",
        "А кто заплатит капитанам? Каждую зиму одно и то же, и каждую зиму в мэрии никто ни о чём не знает.",
        "Пусть сначала построят ворота, а потом говорят о втором мосте, которого здесь никто никогда не просил.",
    ],
    "zh": [
        "我叔叔在那里看了三十年的水门，他一直说左边的门会先坏掉，大家都笑他胡说，结果现在真的坏了，一点办法也没有。",
        "那么谁来赔偿船长们的损失呢？每年冬天都是这样，每年冬天市政厅都说什么也不知道，这样下去真的没有人愿意再跑船。",
        "先把闸门建好再谈第二座桥吧，这么多年来没有一个人要过那座桥，钱花在那里还不如修一修学校门口的那条小路。",
    ],
}
HEADS = {
    "en": ("Comments (3)", "Comments", "Write a comment"),
    "de": ("3 Kommentare", "Kommentare", "Kommentar schreiben"),
    "ru": ("Комментарии (3)", "Комментарии", "Добавить комментарий"),
    "zh": ("评论（3）", "网友评论", "发表评论"),
}
DATED = {
    "en": ["Ida M. 3 March at 18:40", "Jonas 4/3 07:12", "T. R. 2 hours ago"],
    "de": ["Ida M. 03.03. um 18:40", "Jonas vor 2 Stunden", "T. R. 04.03.2025"],
    "ru": ["Ида М. 3 марта в 18:40", "Йонас 2 часа назад", "Т. Р. 04.03.2025"],
    "zh": ["河边人 3月3日 18:40", "老王 2小时前", "阿明 2025-03-04"],
}
NAMES = {
    "en": ["Ida M.", "jonas77", "Theo Rank"],
    "de": ["Ida M.", "jonas77", "Theo Rank"],
    "ru": ["Ида М.", "йонас77", "Фёдор Ранк"],
    "zh": ["河边人", "老王", "阿明"],
}
LANGUAGES = pytest.mark.parametrize("language", STORY)


def cleaned(footers: str, lines: list[str]) -> list[str]:
    return clean("\n".join(lines), RULES[footers]).text.split("\n")


def below(names: list[str], said: list[str], *, reply: bool = False) -> list[str]:
    return [
        line for name, what in zip(names, said, strict=True) for line in (name, *what.split("\n"), *["Reply"] * reply)
    ]


@both
@LANGUAGES
@pytest.mark.parametrize("counted", [0, 1], ids=["counted", "not counted"])
@pytest.mark.parametrize("names", [DATED, NAMES], ids=["dated", "named"])
@pytest.mark.parametrize("after", [False, True], ids=["to the end", "a form below"])
def test_comments_go(
    footers: str,
    language: str,
    counted: int,
    names: dict[str, list[str]],
    after: bool,  # noqa: FBT001
) -> None:
    thread = [HEADS[language][counted], *below(names[language], SAID[language])]
    form = [HEADS[language][2]] if after else []
    assert cleaned(footers, [*STORY[language], *thread, *form]) == STORY[language]


@both
@LANGUAGES
def test_no_names_but_as_many_paragraphs_as_the_head_counts(footers: str, language: str) -> None:
    counted, _, form = HEADS[language]
    assert cleaned(footers, [*STORY[language], counted, *SAID[language], form]) == STORY[language]


@both
@LANGUAGES
@pytest.mark.parametrize("names", [DATED, NAMES], ids=["dated", "named"])
def test_the_article_goes_on_below_comments(footers: str, language: str, names: dict[str, list[str]]) -> None:
    """Nobody can tell where the last comment ends, so it stays."""
    story, said = STORY[language], SAID[language]
    thread = [HEADS[language][0], *below(names[language][:2], said[:2])]
    rest = [names[language][2], said[2], *(line.replace("3", "4") + "!" for line in reversed(story))]
    out = cleaned(footers, [*story, *thread, *rest])
    assert out[: len(story)] == story
    assert out[-len(rest) + 1 :] == rest[1:]
    assert not set(said[:2]) & set(out)


@both
@LANGUAGES
@pytest.mark.parametrize("above", [0, 1, 2])
def test_a_counter_near_the_top_takes_nothing(footers: str, language: str, above: int) -> None:
    story = STORY[language]
    lines = (
        [*story[:above], HEADS[language][0], *story[above:]]
        if above
        else [DATED[language][0], HEADS[language][0], *story]
    )
    assert [line for line in cleaned(footers, lines) if line in story] == story


@both
def test_what_does_not_go(footers: str) -> None:
    story, said = STORY["en"], SAID["en"]
    for tail in (
        ["Comments", *said],  # may be a part of the article
        ["Comments (12)", *said],  # the article may go on
        ["Comments", "Ida M.", said[0]],  # a single name is none
        ["Comments (2)", "The second pair of gates", *said],
    ):
        assert cleaned(footers, [*story, *tail])[len(story) :] == tail, tail[0]


@both
def test_comments_of_several_paragraphs_and_short_ones(footers: str) -> None:
    story, said = STORY["en"], SAID["en"]
    thread = ["Comments (4)", "Ida M. 3/3 18:40", said[0], said[1], "Reply", "Jonas 4/3 07:12", "So true!", "Reply"]
    thread += ["T. R. 4/3 08:00", said[2], story[0][:90] + ".", "Reply", "Log in to comment"]
    assert cleaned(footers, [*story, *thread]) == story


@both
def test_comments_on_two_things(footers: str) -> None:
    story, said = STORY["en"], SAID["en"]
    first = ["Comments (1)", "Ida M. 3/3 18:40", said[0]]
    then = ["Comments (2)", *below(DATED["en"][1:], said[1:])]
    out = cleaned(footers, [*story[:3], *first, "The other lock", story[3], *then])
    assert [line for line in out if line in story] == story
    assert not set(said) & set(out)


def test_the_work_grows_with_the_page_and_not_faster() -> None:
    def work(times: int) -> int:
        heads = ["Comments (2)", "Ida 3/3", "Discussion (3)", "Jonas 3/3", "Storm over the dunes"] * times
        lines = [*STORY["en"], *heads]
        rules = builtin()
        marks = {at: rule for at, line in enumerate(lines) if (rule := rules.find(line)) is not None}
        wide = weigh(lines)
        return Work().of(lambda: comments_of(lines, marks, wide))

    few, many = work(10 * TRIES), work(40 * TRIES)
    assert many < 5 * few
