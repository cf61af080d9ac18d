"""A phrase is found however its words are spelled, and whatever decoration stands around them."""

from __future__ import annotations

import unicodedata

import pytest

from stream.core.cleaning import clean
from stream.core.rules import builtin, load
from stream.core.spelling import spell

UNSEEN = [
    "\u200b",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u202e",
    "\u2060",
    "\u2066",
    "\u2069",
    "\ufeff",
    "\u00ad",
    "\u061c",
    "\x08",
]
DECORATION = [
    "\U0001f449 ",
    "\u2605",
    "\u27a4 ",
    "\u2b50\ufe0f",
    "\u25cf ",
    "\u00bb ",
    "\ue0a1 ",
    "1\ufe0f\u20e3 ",
    "\u2500\u2500 ",
    "\u300c",
]
STORY = [
    "The lock at Sluis Noord was repaired in the night, and the barges that had waited since Sunday went on at six.",
    "The keeper had warned three years ago that the gates were old. Nobody at the town hall had listened to him then.",
    "Now the barges move again, but only by day, and the skippers ask who will pay them for three days at the quay.",
]
RULES = {"markers": load(whole_page=False), "model": builtin()}
both = pytest.mark.parametrize("footers", RULES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("اقرأ أيضًا", "اقرا ايضاً"),
        ("مقــالات ذات صلة", "مقالات ذات صله"),
        ("بیشتر بخوانید", "بيشتر بخوانيد"),
        ("هم‌چنین ببینید", "همچنین ببینید"),
        ("اشتراک\u200cگذاری", "اشتراكگذاري"),
        ("Διαβάστε επίσης", "ΔΙΑΒΑΣΤΕ ΕΠΙΣΗΣ"),
        ("Weiße Straße", "WEISSE STRASSE"),
        ("İLGİLİ YAZILAR", "ilgili yazılar"),
        ("À lire également", "A LIRE EGALEMENT"),
        ("Citește și", "Citeşte şi"),
        ("читайте ещё", "ЧИТАЙТЕ ЕЩЕ"),
        ("ランキング", "ﾗﾝｷﾝｸﾞ"),
        ("댓글", unicodedata.normalize("NFD", "댓글")),
        ("コメント（３）", "コメント(3)"),
        ("تعليقات (١٢)", "تعليقات (12)"),
        ("l’actualité", "L'ACTUALITE"),
        ("תגובות", "תְּגוּבוֹת"),
        ("𝗥𝗲𝗮𝗱 𝗺𝗼𝗿𝗲", "read more"),
        ("Read \u2605 more", "Read more"),
        ("Re\u00adlated\u2009arti\u200bcles", "related articles"),
    ],
)
def test_one_spelling(one: str, other: str) -> None:
    assert spell(one) == spell(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("か", "が"), ("เสือ", "เสื้อ"), ("कल", "कला"), ("© Reuters", "Reuters"), ("read", "red"), ("ночь", "ноч")],
)
def test_another_word_is_another_one(one: str, other: str) -> None:
    assert spell(one) != spell(other)


@both
@pytest.mark.parametrize("sign", UNSEEN + DECORATION, ids=ascii)
def test_a_marker_is_found_whatever_stands_around_it(footers: str, sign: str) -> None:
    rules = RULES[footers]
    for phrase, middle in (("Advertisement", "Advertise{}ment"), ("Related articles", "Related{} articles")):
        lines = [f"{sign}{phrase}", f"{phrase}{sign}", f"{sign}{phrase}{sign}"]
        lines += [middle.format(sign)] * (sign in UNSEEN[:-1])
        for line in lines:
            assert rules.find(line) is rules.find(phrase) is not None
            assert rules.signs.topic(line) == rules.signs.topic(phrase) > 0


@both
def test_lines_within_the_story(footers: str) -> None:
    raw = "\n".join([
        STORY[0], "\u200fAdvertisement", STORY[1], "\U0001f449 Read more: Old gates worry the canal towns", STORY[2],
        "\ufeffAdvertisement", STORY[0].replace("Noord", "Zuid"),
    ])  # fmt: skip
    assert clean(raw, RULES[footers]).text == "\n".join([*STORY, STORY[0].replace("Noord", "Zuid")])


TAILS = {
    "ar": ["\u200fاقرا ايضاً:", "\u200fمتحف الخشب يفتح ابوابه", "\u200fالطريق الساحلي مغلق"],
    "fa": ["\u2067مطالب مرتبط\u2069", "\u2067موزه تازه باز شد\u2069", "\u2067راه ساحلی بسته است\u2069"],
    "el": ["\U0001f4f0 ΔΙΑΒΑΣΤΕ ΕΠΙΣΗΣ", "Νέο μουσείο στο λιμάνι", "Κλειστός ο παραλιακός δρόμος"],
    "de": ["\u00adMehr zum The\u00adma", "Neues Museum am Hafen", "Küstenstraße bleibt gesperrt"],
    "tr": ["\u25b6 İLGİLİ HABERLER", "Limanda yeni müze", "Sahil yolu kapalı"],
    "fr": ["\u2060A LIRE AUSSI", "Un nouveau musée au port", "La route côtière reste fermée"],
    "ja": ["【\ufeff関連記事】", "港に新しい博物館", "海岸道路は通行止め"],
}


@both
@pytest.mark.parametrize("language", TAILS)
def test_a_tail_goes_and_the_body_keeps_its_bytes(footers: str, language: str) -> None:
    body = [STORY[0], "\u200f" + STORY[1].replace("gates", "ga\u00adtes"), STORY[2]]
    assert clean("\n".join([*body, *TAILS[language]]), RULES[footers]).text == "\n".join(body)
