"""One spelling for all that a reader takes for the same words: what phrases and lines are looked up in.

Invisible characters are left out, and decorative ones (emoji, arrows, bullets, icons) are white space, wherever they
stand. Small letters, wide and narrow forms, ligatures and digits of all scripts have one form; so have the marks, that
of ASCII. Letters lose what is left out as often as not: accents (Greek and French capitals, Romanian, points in Arabic
and Hebrew), the dot of the Turkish I, the tail of a final sigma; the German sharp s is ss, and Persian, Urdu and Arabic
letters of one sound are one. Marks that make another word stay: those of Indic scripts and Thai, and the kana's.

Nothing of this is ever published: a line that stays, stays byte for byte.
"""

from __future__ import annotations

import re
import unicodedata

from stream.core import native

_LEFT_OUT = re.compile(  # marks that do not make another word, and letters that are not seen
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff\u093c\u115f\u1160\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufe20-\ufe2f\uffa0\U000e0000-\U000e0fff]"
)
_DECORATION = re.compile("[\u2190-\u2bff\ue000-\uf8ff\U0001f000-\U0001faff\U000f0000-\U0010ffff]")
_MARKS = {
    **dict.fromkeys("\u3002\uff61\u0964\u0965\u06d4\u0589\u17d4\u104a\u104b", "."),
    **dict.fromkeys("\u060c\u3001\uff0c\uff64\u066b\u066c", ","),
    **dict.fromkeys("\u061b\u037e\uff1b", ";"),
    **dict.fromkeys("\u061f\uff1f\u055e", "?"),
    **dict.fromkeys(
        "\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u02b9\u02bb\u02bc\u02bd\u02c8\u05f3\u055a\uff07\u00b4", "'"
    ),
    **dict.fromkeys("\u2033\u05f4\uff02", '"'),
    "\u2026": "...",
    "\u00a9": "\u00a9",
    "\u2212": "-",
}
_LETTERS = {
    "\u0131": "i", "\u0671": "\u0627", "\u0672": "\u0627", "\u0673": "\u0627", "\u0649": "\u064a", "\u06cc": "\u064a",
    "\u06d2": "\u064a", "\u0629": "\u0647", "\u06c1": "\u0647", "\u06c3": "\u0647", "\u06d5": "\u0647",
    "\u06be": "\u0647", "\u06a9": "\u0643", "\u06aa": "\u0643", "\u00e6": "ae", "\u0153": "oe",
}  # fmt: skip
# By general category; of a letter, a number and most symbols of mathematics the compatible form counts.
_CATEGORIES = {
    **dict.fromkeys(("Zs", "Zl", "Zp", "So", "Sk", "Po", "No", "Pc", "Co"), " "),
    **dict.fromkeys(("Cf", "Cc", "Me"), ""),
    "Pd": "-", "Pi": '"', "Pf": '"', "Ps": "(", "Pe": ")",
}  # fmt: skip
# Parts of a syllable, and of a kana, that are written as characters of their own.
_PARTS = re.compile("[\u1100-\u11ff\u3041-\u30ff\uff66-\uffdc\u3099\u309a]*[\u1160-\u11ff\u3099\u309a\uff9e-\uffdc]+")
PARTS_SET = native.letters("\u1160\u11ff", "\u3099\u309a", "\uff9e\uffdc")
"""What makes the compiled twin ask for `spell_each`, as a set."""


def spell(line: str) -> str:
    """Give the one spelling of a line, with single spaces and none at its ends."""
    if line.isascii():
        return " ".join(line.lower().split())
    if native.compiled is not None:
        return str(native.compiled.spelled(line))
    return spell_each(line)


def spell_each(line: str) -> str:
    """Do what `spell` does for a line that is not of ASCII, letter by letter."""
    return " ".join(_PARTS.sub(_put_together, line).translate(_SPELLED).split())


def letter(each: str) -> str:
    """Give what one character is in the one spelling: white space, nothing, or one to three characters, seldom more."""
    if each.isspace():
        return " "
    if each.isascii():
        return each.lower() if each.isprintable() else ""
    if _LEFT_OUT.match(each):
        return ""
    if each in _MARKS:
        return _MARKS[each]
    if _DECORATION.match(each) and not each.isalnum():
        return " "
    category = unicodedata.category(each)
    plain = unicodedata.normalize("NFKD", each)
    if category in _CATEGORIES and not (plain.isascii() and category != "So" and not plain.isspace()):
        return _CATEGORIES[category]
    if category == "Nd":
        return str(unicodedata.decimal(each))
    if category == "Sm" and not plain.isascii():
        return " "
    small = unicodedata.normalize("NFKD", plain.casefold())
    kept = (_LETTERS.get(one, one) for one in _LEFT_OUT.sub("", small))
    return unicodedata.normalize("NFC", "".join(kept)).replace("\u2044", "/")


class _Spelled(dict[int, str]):
    """What each character becomes, worked out when it is met for the first time."""

    MOST = 1 << 14  # that are remembered

    def __missing__(self, point: int) -> str:
        if len(self) >= self.MOST:
            self.clear()
        found = self[point] = letter(chr(point))
        return found


def _put_together(run: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", run[0])


_SPELLED = _Spelled()
