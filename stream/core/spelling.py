"""The lookup spelling: one form for everything that a reader takes for the same words.

- Invisible characters are dropped. Decorative ones (emoji, arrows, bullets, icons) count as white space.
- Case, full and half width, ligatures and the digits of all scripts are unified; punctuation becomes ASCII.
- Marks that people often leave out are dropped: accents (Greek and French capitals, Romanian), points in Arabic and
  Hebrew, the dot of the Turkish I, the special form of a final sigma. German sharp s becomes ss. Letters that Persian,
  Urdu and Arabic write differently for one sound become one.
- Marks that make a different word stay: those of Indic scripts and Thai, and the voicing marks of kana.

Phrases of rules and lines of articles are compared in this spelling. It is never published: a line that stays in an
article stays byte for byte.
"""

from __future__ import annotations

import re
import unicodedata

from stream.core.patterns import pattern

_LEFT_OUT = pattern(  # marks that do not make a different word, and invisible letters
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff\u093c\u115f\u1160\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufe20-\ufe2f\uffa0\U000e0000-\U000e0fff]"
)
_DECORATION = pattern("[\u2190-\u2bff\ue000-\uf8ff\U0001f000-\U0001faff\U000f0000-\U0010ffff]")
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
# What a character becomes by its general category. Letters, numbers and most mathematical symbols are not listed:
# they become their compatibility form (NFKD).
_CATEGORIES = {
    **dict.fromkeys(("Zs", "Zl", "Zp", "So", "Sk", "Po", "No", "Pc", "Co"), " "),
    **dict.fromkeys(("Cf", "Cc", "Me"), ""),
    "Pd": "-", "Pi": '"', "Pf": '"', "Ps": "(", "Pe": ")",
}  # fmt: skip
# Korean syllables and voiced kana that are written as several characters, and have to be composed first.
_PARTS = pattern("[\u1100-\u11ff\u3041-\u30ff\uff66-\uffdc\u3099\u309a]*[\u1160-\u11ff\u3099\u309a\uff9e-\uffdc]+")
_CONTINUES = pattern("[\u1160-\u11ff\u3099\u309a\uff9e-\uffdc]")


def spell(line: str) -> str:
    """Give the lookup spelling of a line, with single spaces inside and none at its ends."""
    if line.isascii():
        return " ".join(line.lower().split())
    return spell_each(line)


def spell_each(line: str) -> str:
    """Do what `spell` does, for a line that is not ASCII."""
    return " ".join(_PARTS.sub(_put_together, line).translate(_SPELLED).split())


def is_part(each: str) -> bool:
    """Whether a character continues a syllable, so that its spelling depends on what stands before it."""
    return _CONTINUES.match(each) is not None


def letter(each: str) -> str:
    """Give the lookup spelling of one character: a space, nothing, or usually one to three characters."""
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
    """A cache for `str.translate`: the spelling of each code point, worked out when it is first met."""

    MOST = 1 << 14  # entries; then it starts over

    def __missing__(self, point: int) -> str:
        if len(self) >= self.MOST:
            self.clear()
        found = self[point] = letter(chr(point))
        return found


def _put_together(run: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", run[0])


_SPELLED = _Spelled()
