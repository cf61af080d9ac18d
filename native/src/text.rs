//! Lines, and what Python's `str` says of them. Twins: `str`, stream/core/paragraphs.py, stream/core/spelling.py.

use crate::alphabet::{self as abc, is};
use crate::guarded::raise;
use pyo3::prelude::*;
use std::borrow::Cow;

/// The most bytes of an article, as places are kept in 32 bits. A character is at most three wide, and has three bytes.
pub const MOST_BYTES: usize = u32::MAX as usize / 2;

/// A part of the article, and what one pass over it tells. There may be as many of them as the article has bytes, so it
/// is kept small.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    pub text: &'a str,
    chars: u32,
    width: u32,
    /// The kinds that any of its characters has, but for those that are ASCII; and the `marks` that any of its bytes has,
    /// or had before it was stripped.
    seen: u64,
}

/// Lines that stand one below the other.
pub trait Page {
    fn line(&self, at: usize) -> Line<'_>;
    fn size(&self) -> usize;

    fn lines<'p>(&'p self) -> impl DoubleEndedIterator<Item = Line<'p>> + ExactSizeIterator + Clone
    where
        Self: 'p,
    {
        (0..self.size()).map(|at| self.line(at))
    }
}

impl Page for [Line<'_>] {
    fn line(&self, at: usize) -> Line<'_> {
        self[at]
    }
    fn size(&self) -> usize {
        self.len()
    }
}

/// What a byte may be: one bit for each small letter, and these. A line without the bit need not be searched. They stand
/// above the kinds of a line's characters.
pub mod marks {
    use crate::alphabet::KINDS;

    pub const SMALL: u64 = ((1 << 26) - 1) << KINDS;
    pub const CAPITAL: u64 = 1 << (KINDS + 26);
    pub const DIGIT: u64 = 1 << (KINDS + 27);
    pub const DOT: u64 = 1 << (KINDS + 28);
    pub const COLON: u64 = 1 << (KINDS + 29);
    pub const AT: u64 = 1 << (KINDS + 30);
    pub const CONTROL: u64 = 1 << (KINDS + 31);
    /// Signs of source code, see `listing::may_be_code`.
    pub const CODE: u64 = 1 << (KINDS + 32);
    /// Begins the copyright sign in UTF-8.
    pub const BEGINS_COPYRIGHT: u64 = 1 << (KINDS + 33);

    pub static OF: [u64; 256] = {
        let mut marks = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            marks[byte] = match byte as u8 {
                each @ b'a'..=b'z' => 1 << (KINDS + (each - b'a') as u32),
                b'A'..=b'Z' => CAPITAL,
                b'0'..=b'9' => DIGIT,
                b'.' => DOT,
                b':' => COLON,
                b'@' => AT,
                0..b' ' => CONTROL,
                b'{' | b'}' | b'<' | b'>' | b'=' | b'_' | b'|' | b'\\' | b'`' | b'&' | b'-' | b'$' | b'(' | b'[' => {
                    CODE
                }
                0xC2 => BEGINS_COPYRIGHT,
                _ => 0,
            };
            byte += 1;
        }
        marks
    };

    /// The marks of all letters of some words.
    pub const fn all(words: &[u8]) -> u64 {
        let (mut all, mut at) = (0, 0);
        while at < words.len() {
            all |= OF[words[at] as usize];
            at += 1;
        }
        all
    }
}

impl<'a> Line<'a> {
    pub fn new(text: &'a str) -> Self {
        let marks = text.bytes().fold(0, |marks, byte| marks | marks::OF[usize::from(byte)]);
        if text.is_ascii() {
            return Line { text, chars: text.len() as u32, width: text.len() as u32, seen: marks };
        }
        let (mut wide, mut none, mut any) = (0, 0, 0);
        for letter in text.chars() {
            if !letter.is_ascii() {
                let kinds = abc::kinds(letter);
                any |= kinds;
                wide += u32::from(kinds & abc::WIDE != 0);
                none += u32::from(kinds & abc::FORMAT != 0);
            }
        }
        let chars = text.chars().count() as u32;
        let kinds = u64::from(any) & ((1 << abc::KINDS) - 1);
        Line { text, chars, width: chars + 2 * wide - none, seen: kinds | marks }
    }

    /// The number of its characters.
    #[inline]
    pub fn chars(&self) -> usize {
        self.chars as usize
    }

    /// Its width in Latin characters: an ideograph is as wide as three, a format character has none.
    #[inline]
    pub fn width(&self) -> usize {
        self.width as usize
    }

    pub fn is_ascii(&self) -> bool {
        self.text.len() == self.chars()
    }

    /// Its text without white space at the ends.
    pub fn stripped_text(&self) -> &'a str {
        let plain = |end: Option<&u8>| end.is_some_and(|&byte| byte > b' ');
        let bytes = self.text.as_bytes();
        let certain = plain(bytes.first()) && plain(bytes.last()) && !self.is_any(abc::SPACE);
        if certain { self.text } else { strip(self.text) }
    }

    /// Without white space at its ends.
    pub fn stripped(self) -> Self {
        let text = self.stripped_text();
        if text.len() == self.text.len() {
            self
        } else if self.is_ascii() {
            Line { text, chars: text.len() as u32, width: text.len() as u32, ..self }
        } else {
            Line::new(text)
        }
    }

    /// Whether any character beyond ASCII is of one of these kinds.
    #[inline]
    pub fn is_any(&self, kinds: u32) -> bool {
        self.seen & u64::from(kinds) != 0
    }

    /// Whether any byte has one of these marks.
    #[inline]
    pub fn has(&self, any: u64) -> bool {
        self.seen & any != 0
    }

    /// Whether there is a byte for each of these marks.
    #[inline]
    pub fn has_all(&self, all: u64) -> bool {
        self.seen & all == all
    }

    /// Whether any character may be a capital or a small letter.
    pub fn is_cased(&self) -> bool {
        self.is_any(abc::UPPER | abc::LOWER | abc::TITLE) || self.has(marks::CAPITAL | marks::SMALL)
    }

    /// `str.isupper`
    pub fn is_upper(&self) -> bool {
        let small = self.is_any(abc::LOWER | abc::TITLE) || self.has(marks::SMALL);
        !small && (self.is_any(abc::UPPER) || self.has(marks::CAPITAL))
    }
}

/// The number of characters.
#[inline]
pub fn count(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Which bytes of ASCII are white space to Python.
pub const SPACES: [bool; 256] = {
    let mut spaces = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        spaces[byte] = matches!(byte as u8, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f);
        byte += 1;
    }
    spaces
};

#[inline]
pub fn is_space(letter: char) -> bool {
    if letter.is_ascii() { SPACES[letter as usize] } else { is(letter, abc::SPACE) }
}

pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

/// The words between white space, as `str.split` gives them.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// Joins words with single spaces.
pub fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut made = String::new();
    for word in words {
        if !made.is_empty() {
            made.push(' ');
        }
        made.push_str(word);
    }
    made
}

/// The first so many characters, and the rest.
pub fn cut(text: &str, chars: usize) -> (&str, &str) {
    if text.len() <= chars {
        return (text, "");
    }
    let at = if text.is_ascii() { Some(chars) } else { text.char_indices().nth(chars).map(|(at, _)| at) };
    at.map_or((text, ""), |at| text.split_at(at))
}

/// The last so many characters.
pub fn tail(text: &str, chars: usize) -> &str {
    match text.char_indices().rev().nth(chars.saturating_sub(1)) {
        Some((at, _)) => &text[at..],
        None => text,
    }
}

/// Whether what is ASCII in a text holds single spaces inside and no other white space; control characters count as such.
pub fn is_plainly_spaced(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & (byte >= b' ')) && is_singly_spaced(text)
}

/// The same for a text without control characters.
fn is_singly_spaced(text: &str) -> bool {
    let bytes = text.as_bytes();
    !is_doubled(bytes) && bytes.first() != Some(&b' ') && bytes.last() != Some(&b' ')
}

/// Whether a text holds a tab, or two spaces in a row.
pub fn is_oddly_spaced(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().fold(false, |any, &byte| any | (byte == b'\t')) || is_doubled(bytes)
}

/// Whether there are two spaces in a row.
fn is_doubled(bytes: &[u8]) -> bool {
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or(&[]));
    pairs.fold(false, |any, (&one, &other)| any | (one == b' ' && other == b' '))
}

/// Applies NFC; Python does.
pub fn composed(text: &str) -> String {
    Python::attach(|py| -> PyResult<String> {
        py.import("stream.core.paragraphs")?.getattr("composed")?.call1((text,))?.extract()
    })
    .unwrap_or_else(|error| raise(error))
}

/// A line with its white space collapsed, and whether NFC may change it.
pub fn collapsed<'a>(line: &Line<'a>) -> (Cow<'a, str>, bool) {
    let unsure = line.is_any(abc::UNSURE);
    let stripped = line.stripped_text();
    if !line.is_any(abc::SPACE) && !line.has(marks::CONTROL) && is_singly_spaced(stripped) {
        return (Cow::Borrowed(stripped), unsure);
    }
    (Cow::Owned(joined(split(line.text))), unsure)
}

/// The normal form of a paragraph, which equality is defined on.
pub fn normal(text: &str) -> Cow<'_, str> {
    match collapsed(&Line::new(text)) {
        (line, true) => Cow::Owned(composed(&line)),
        (line, false) => line,
    }
}

/// Without format characters, and without white space then left at its ends.
pub fn without_format<'a>(line: &Line<'a>) -> Cow<'a, str> {
    if !line.is_any(abc::FORMAT) {
        return Cow::Borrowed(line.text);
    }
    let kept: String = line.text.chars().filter(|letter| !is(*letter, abc::FORMAT)).collect();
    Cow::Owned(strip(&kept).to_owned())
}

/// The lookup spelling of a line that is not ASCII; None if Python has to do it.
fn spell_any(line: &str) -> Option<String> {
    let mut made: Vec<u8> = Vec::with_capacity(line.len() + 8);
    for letter in line.chars() {
        let said = abc::spelled(letter);
        if said.is_blank() {
            if made.last().is_some_and(|&last| last != b' ') {
                made.push(b' ');
            }
            continue;
        }
        if said.is_asked() {
            return None;
        }
        // Always eight bytes, because copying a number of bytes that varies takes longer.
        made.extend_from_slice(&said.bytes());
        made.truncate(made.len() - 8 + said.len());
    }
    made.pop_if(|last| *last == b' ');
    String::from_utf8(made).ok()
}

/// The lookup spelling of a line: single spaces inside and none at its ends.
pub fn spell(line: &str) -> String {
    let mut made = String::new();
    spell_to(line, &mut made);
    made
}

/// Adds the lookup spelling of a line to a text.
pub fn spell_to(line: &str, made: &mut String) {
    let begin = made.len();
    if line.is_ascii() {
        if is_plainly_spaced(line) {
            made.push_str(line);
        } else {
            made.push_str(&joined(split(line)));
        }
        made[begin..].make_ascii_lowercase();
        return;
    }
    if let Some(spelled) = spell_any(line) {
        made.push_str(&spelled);
        return;
    }
    let asked = Python::attach(|py| -> PyResult<String> {
        py.import("stream.core.spelling")?.getattr("spell_each")?.call1((line,))?.extract()
    });
    made.push_str(&asked.unwrap_or_else(|error| raise(error)));
}

/// The lookup spelling of a line; of one that is ASCII only the case changes.
pub fn lowered(line: &str) -> String {
    if line.is_ascii() { line.to_ascii_lowercase() } else { spell(line) }
}

/// Whether a date or time in figures begins at the digit that the text begins with.
pub fn begins_in_figures(text: &str) -> bool {
    let rest = &text[1..];
    if let Some(mark) = first(rest) {
        let parts = matches!(mark, ':' | '.' | '/' | '-' | '\u{5e74}' | '\u{6708}');
        if parts && rest[mark.len_utf8()..].starts_with(|each: char| each.is_ascii_digit()) {
            return true;
        }
    }
    let bytes = text.as_bytes();
    let century = bytes.starts_with(b"19") || bytes.starts_with(b"20");
    century && bytes.len() > 3 && bytes[2].is_ascii_digit() && bytes[3].is_ascii_digit()
}

/// Whether a text begins with one of these.
pub fn begins(text: &str, any: &[&str]) -> bool {
    any.iter().any(|each| text.starts_with(each))
}

/// `str.istitle`
pub fn is_title(text: &str) -> bool {
    let (mut cased, mut before) = (false, false);
    for letter in text.chars() {
        let kinds = abc::kinds(letter);
        let capital = kinds & (abc::UPPER | abc::TITLE) != 0;
        let small = kinds & abc::LOWER != 0;
        if (capital && before) || (small && !capital && !before) {
            return false;
        }
        before = capital || small;
        cased |= before;
    }
    cased
}

pub fn any_alnum(text: &str) -> bool {
    text.chars().any(|letter| is(letter, abc::ALNUM))
}

/// `str.isalpha`
pub fn is_alpha(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| is(letter, abc::ALPHA))
}

pub fn first(text: &str) -> Option<char> {
    text.chars().next()
}

pub fn last(text: &str) -> Option<char> {
    text.chars().next_back()
}
