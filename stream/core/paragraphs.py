"""Splits a text into lines, and tells which lines are equal: by their normal form, or a hash of it.

Everything here makes a fixed number of passes over a text, each of them in C. Nothing raises on any `str`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Sequence
from itertools import chain

from xxhash import xxh3_128_digest

from stream.core.patterns import pattern

SEPARATORS = ("\n", "\r", "\u2029", "\u2028")
_ASCII_SPACES = "\t\r\x0b\x0c\x1c\x1d\x1e\x1f\n"
_OTHER_SPACES = "\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
_ASCII = bytes(range(128))
BLANK = xxh3_128_digest(b"")
"""The digest of a blank line's outline (see `outline`)."""
_INNER_SPACES = b" " + _ASCII_SPACES[:-1].encode()
# Plain characters: all of ASCII, and others that are not white space, do not combine, and that NFC never changes. They
# are Latin, Greek and Cyrillic letters, general punctuation, currency signs, symbols, kana, ideographs, CJK
# punctuation, Hangul and full-width forms.
_PLAIN_SET = (
    "\x00-\x84\x86-\x9f\xa1-\u02ff\u0370-\u0373\u0388-\u03ff\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e"
    "\u200b-\u200f\u20a0-\u20b0\u2190-\u2328\u2500-\u27bf\ufe0f\U0001f300-\U0001faff\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uffef"
)
_PLAIN = pattern(f"[{_PLAIN_SET}]*")
# A run of other characters, longer than any word with its marks in a language that puts spaces between words.
_UNUSUAL_RUN = pattern(f"[^{_PLAIN_SET}]{{64,}}")
_BELOW = bytes(range(0xE3))  # all bytes of UTF-8 but those that begin a character from U+3000 on
_RADICAL = pattern(b"\xe2[\xba-\xbf]")
# As wide as three Latin letters.
_WIDE = pattern("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff]")
# Format characters (general category Cf) are invisible, and do not count for a line's length or shape.
_FORMAT_SET = (
    *("\u00ad", "\u0600-\u0605", "\u061c", "\u06dd", "\u070f", "\u0890-\u0891", "\u08e2", "\u180e"),
    *("\u200b-\u200f", "\u202a-\u202e", "\u2060-\u2064", "\u2066-\u206f", "\ufeff", "\ufff9-\ufffb"),
    *("\U000110bd", "\U000110cd", "\U00013430-\U0001343f", "\U0001bca0-\U0001bca3", "\U0001d173-\U0001d17a"),
    *("\U000e0001", "\U000e0020-\U000e007f"),
)
_FORMAT = pattern(f"[{''.join(_FORMAT_SET)}]")
FORMATS = tuple(chr(code) for each in _FORMAT_SET for code in range(ord(each[0]), ord(each[-1]) + 1))


def separator_of(text: str) -> str:
    """Tell what separates the lines of `text`.

    It is a line feed if there is one, else a carriage return, else U+2029 or U+2028. The carriage return of a CR LF is
    thus white space at the end of its line (see `stream.core.line_ends`).
    """
    for separator in SEPARATORS:
        if separator in text:
            return separator
    return "\n"


def split(text: str) -> tuple[list[str], str]:
    """Split `text` into its lines, and give the separator that joins them to exactly `text` again."""
    separator = separator_of(text)
    return text.split(separator), separator


def normal(paragraph: str) -> str:
    """Give the normal form of a paragraph, which equality is defined on: NFC, white space collapsed; "" if blank."""
    paragraph = " ".join(paragraph.split())
    return paragraph if paragraph.isascii() else composed(paragraph)


def composed(text: str) -> str:
    """Apply NFC in linear time.

    `unicodedata` sorts the marks on a letter by insertion, in quadratic time: minutes for a hostile record of half a
    million marks. So long runs of unusual characters are sorted here first.
    """
    return unicodedata.normalize("NFC", _UNUSUAL_RUN.sub(_decomposed, text))


def _decomposed(run: re.Match[str]) -> str:
    """Apply NFD to a run: decompose each character, and sort the marks between two letters by combining class."""
    done: list[str] = []
    marks: list[str] = []
    for character in chain.from_iterable(unicodedata.normalize("NFD", each) for each in run[0]):
        if unicodedata.combining(character):
            marks.append(character)
        else:
            done += sorted(marks, key=unicodedata.combining)
            marks.clear()
            done.append(character)
    return "".join(done + sorted(marks, key=unicodedata.combining))


def normal_lines(text: str, lines: list[str], separator: str) -> list[str]:
    """Give the normal form of each of `lines`, which is `text.split(separator)`.

    All are worked out at once, for speed: white space never composes and no combining mark moves across a separator, so
    the normal form of the text consists of those of its lines. Returns `lines` itself if all are in normal form
    already.
    """
    changed = text
    others = (
        ""
        if text.isascii()
        else text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    )
    for space in _ASCII_SPACES:
        if space in changed and space != separator:
            changed = changed.replace(space, " ")
    if others and not _PLAIN.fullmatch(others):
        for space in _OTHER_SPACES:
            if space in others and space != separator:
                changed = changed.replace(space, " ")
        changed = composed(changed)
    while "  " in changed:  # each pass halves the runs of spaces, so that all passes together take linear time
        changed = changed.replace("  ", " ")
    if " " + separator in changed:
        changed = changed.replace(" " + separator, separator)
    if separator + " " in changed:
        changed = changed.replace(separator + " ", separator)
    if changed[:1] == " " or changed[-1:] == " ":
        changed = changed.strip(" ")
    return lines if changed is text else changed.split(separator)


def first_of(text: str, separator: str) -> tuple[list[str], list[int]]:
    """Split `text` into lines. Give them, and for each the index of the first line equal to it; -1 for a blank line."""
    lines, outlines = text.split(separator), outline(text, separator)
    if outlines is not None:
        first = first_places(digests(outlines), BLANK)
        if outlines_tell(first, lines):
            return lines, first
    return lines, first_places(keys(normal_lines(text, lines, separator)))


def outline(text: str, separator: str) -> list[bytes] | None:
    """Give each line of `text` in UTF-8 without its white space, in one pass over the text.

    Lines that are equal in normal form have equal outlines; the reverse is nearly always true (`outlines_tell` checks).
    None if that cannot be guaranteed without normalising, because of combining marks, unusual white space or unusual
    scripts, or if the separator is not a line feed.
    """
    if separator != "\n":
        return None
    encoded = text.encode("utf-8", "surrogatepass")
    more = len(encoded) - len(text)
    if more:  # the regular expression is slow: where few characters are not ASCII, give it only these
        few = 4 * more < len(text)
        others = encoded.translate(None, _ASCII).decode("utf-8", "surrogatepass") if few else text
        if not _PLAIN.fullmatch(others):
            return None
    return encoded.translate(None, _INNER_SPACES).split(b"\n")


def normal_list(paragraphs: Sequence[str]) -> list[str]:
    """Give the normal form of each item of a list; line breaks inside an item are white space."""
    lines = [item.replace("\n", " ") if "\n" in item else item for item in paragraphs]
    return normal_lines("\n".join(lines), lines, "\n") if lines else []


def digests(encoded: Sequence[bytes]) -> list[bytes]:
    """Hash each item with XXH3-128 (16 bytes)."""
    return list(map(xxh3_128_digest, encoded))


def keys(normals: Sequence[str]) -> list[bytes]:
    """Give the digest of each normal form, b"" for a blank line. Lone surrogates are hashed as they are."""
    # Encoding everything at once is faster than a call for each line. No line in normal form holds a line feed.
    encoded = "\n".join(normals).encode("utf-8", "surrogatepass").split(b"\n") if normals else []
    return [xxh3_128_digest(line) if line else b"" for line in encoded]


def first_places(keys: Sequence[Hashable], blank: Hashable = b"") -> list[int]:
    """Give for each key the index where it first occurs, and -1 for `blank`, the key of blank lines."""
    seen: dict[Hashable, int] = {}
    first = list(map(seen.setdefault, keys, range(len(keys))))
    if blank in seen:
        of_blanks = seen[blank]
        return [-1 if place == of_blanks else place for place in first]
    return first


def outlines_tell(first: Sequence[int], lines: list[str]) -> bool:
    """Whether lines with equal outlines are equal in normal form, too ("on line" and "online" are not).

    `first` is `first_places` of the outlines.
    """
    if list(map(lines.__getitem__, first)) == lines:
        return True
    # The first of several equal lines is normalised only once: white space may make it far longer than its copies.
    known: dict[int, str] = {}
    for place, line in zip(first, lines, strict=True):
        if place >= 0 and lines[place] != line:
            if place not in known:
                known[place] = normal(lines[place])
            if known[place] != normal(line):
                return False
    return True


def width(line: str) -> int:
    """Width of a line in Latin characters: an ideograph, kana or Hangul syllable says as much as three of them.

    Format characters have none.
    """
    if line.isascii():
        return len(line)
    size = len(line) - len(_FORMAT.findall(line))
    encoded = line.encode("utf-8", "surrogatepass")
    if not encoded.translate(None, _BELOW) and not _RADICAL.search(encoded):
        return size
    return size + 2 * len(_WIDE.findall(line))


def is_wide(each: str) -> bool:
    """Whether a character is as wide as three Latin ones."""
    return _WIDE.match(each) is not None


def is_format(each: str) -> bool:
    """Whether a character is a format character."""
    return _FORMAT.match(each) is not None


def without_format(lines: list[str]) -> list[str]:
    """Remove the format characters of each line, and white space then left at its ends; `lines` itself if none."""
    whole = "\n".join(lines)
    if whole.isascii() or not _FORMAT.search(whole):
        return lines
    return [line if line.isascii() else _FORMAT.sub("", line).strip() for line in lines]
