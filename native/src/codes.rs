//! The seven codes of a line, and the line as the decision sees it. Twins: stream/core/footer/codes.py and lines.py.

use crate::alphabet::{self as abc, is};
use crate::endings::LOOKED_AT;
use crate::rules::RuleSet;
use crate::text::{self, Line, Page, marks};
use crate::words::MOST_SPELLED;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

pub const CLOSED: u8 = 1;
const QUOTED: u8 = 6;
pub const SHORT: usize = MOST_SPELLED;
const LEGAL_LONGEST: usize = 400;
/// Is added to a topic's number if the line only begins with it.
pub const OPENING: u8 = 10;
const LEGAL_WORDS: u8 = 2 * OPENING + 1;
pub const PROSE: usize = 80;
const LENGTH: usize = 4000;
const LONGEST: usize = 600;
const PAIR: usize = 2;
const WIDEST: usize = 5;
const CAPITALS_FROM: usize = 15;
/// Numbers of topics, the place in `ABOUTS` and one.
pub mod topics {
    pub const RELATED: u8 = 1;
    pub const SHARE: u8 = 2;
    pub const COMMENTS: u8 = 3;
    pub const TAGS: u8 = 4;
    pub const POPULAR: u8 = 5;
    pub const SUBSCRIBE: u8 = 8;
    pub const NAV: u8 = 9;
}

const CUTS: [usize; 22] = [2, 4, 7, 10, 13, 16, 20, 25, 30, 35, 42, 50, 60, 72, 86, 102, 122, 150, 190, 250, 350, 550];
const BY_START: u16 = 161;
const BY_TOPIC: u16 = 185;
const BY_DIGITS: u16 = 207;
const BY_CAPITALS: u16 = 225;
const BY_SENTENCES: u16 = 243;
pub const COLUMNS: u16 = 252;

/// What can be seen of a line, in as few bytes as it takes.
#[derive(Clone, Copy)]
pub struct Codes {
    length: u32,
    pub end: u8,
    pub topic: u8,
    /// The other codes, in three bits each.
    others: u16,
}

impl Codes {
    /// The effective length.
    pub fn length(&self) -> usize {
        self.length as usize
    }

    /// Those of the start, digits, capitals and sentences.
    pub fn others(&self) -> [u8; 4] {
        [0, 3, 6, 9].map(|bit| (self.others >> bit & 7) as u8)
    }

    pub fn is_prose(&self) -> bool {
        self.length() >= PROSE && self.end == CLOSED
    }

    /// The effective length, as far as it counts.
    pub fn bounded(&self) -> usize {
        self.length().min(LENGTH)
    }

    /// The rows of the network's table of traits that stand for the codes.
    pub fn columns(&self) -> [u16; 6] {
        let length = self.length().min(LONGEST);
        let bin = CUTS.partition_point(|&cut| cut <= length) as u16;
        let size = if bin < 9 {
            0
        } else if bin < 15 {
            1
        } else {
            2
        };
        let [start, digits, capitals, sentences] = self.others().map(u16::from);
        [
            bin * 7 + u16::from(self.end),
            BY_START + start * 3 + size,
            BY_TOPIC + u16::from(self.topic),
            BY_DIGITS + digits * 3 + size,
            BY_CAPITALS + capitals * 3 + size,
            BY_SENTENCES + sentences * 3 + size,
        ]
    }
}

/// What a character that is not ASCII counts on this page, in half characters.
pub fn halves<P: Page + ?Sized>(page: &P) -> usize {
    let top = || page.lines().take(LOOKED_AT);
    if top().all(|line| line.is_ascii()) {
        return PAIR;
    }
    let breaks = top().len() - 1;
    let bytes = breaks + top().map(|line| line.text.len()).sum::<usize>();
    let chars = breaks + top().map(|line| line.chars()).sum::<usize>();
    if bytes * 100 <= (chars + 1) * 205 {
        return PAIR;
    }
    let mut left = 200;
    for line in top() {
        for letter in line.text.chars() {
            if left == 0 {
                return WIDEST;
            }
            if is(letter, abc::LEAN) {
                return PAIR;
            }
            left -= 1;
        }
        left = usize::saturating_sub(left, 1); // the line feed
    }
    WIDEST
}

/// A line's effective length, in characters of an alphabetic script.
fn effective(line: &Line, per_letter: usize) -> usize {
    if per_letter <= PAIR || line.is_ascii() { line.chars() } else { (line.chars() * per_letter) >> 1 }
}

/// The codes of a line that is not blank. Phrases are looked up with `rules`, if given, in `spelled` (`text::lowered`).
pub fn codes_of<'s>(
    line: &Line,
    per_letter: usize,
    rules: Option<&RuleSet>,
    spelled: impl FnOnce() -> Cow<'s, str>,
) -> Codes {
    let length = effective(line, per_letter);
    let mut codes = Codes { length: length as u32, end: 0, topic: 0, others: 0 };
    let Some(first) = text::first(line.text) else { return codes };
    if length <= SHORT {
        codes.topic = rules.map_or(0, |rules| rules.topic(&spelled()));
        codes.others = u16::from(digits_in(line)) << 3 | u16::from(capitals_of(line, length)) << 6;
    }
    if length <= LEGAL_LONGEST && is_legal(line) {
        codes.topic = LEGAL_WORDS;
    }
    codes.end = end_of(line.text);
    codes.others |= abc::start_code(abc::kinds(first)) as u16 | u16::from(sentences_in(line)) << 9;
    codes
}

fn is_legal(line: &Line) -> bool {
    const LETTERS: u64 = marks::all(b"ightsreserved");
    (line.has(marks::BEGINS_COPYRIGHT) && line.text.contains('\u{a9}'))
        || (line.has_all(LETTERS) && has(line.text, &RESERVED))
}

static RESERVED: LazyLock<Finder> = LazyLock::new(|| Finder::new("ights reserved"));
static HTTP: LazyLock<Finder> = LazyLock::new(|| Finder::new("http"));
static WWW: LazyLock<Finder> = LazyLock::new(|| Finder::new("www."));

fn has(line: &str, what: &Finder) -> bool {
    what.find(line.as_bytes()).is_some()
}

/// Whether a mark stands in the line with a space behind it.
fn has_spaced(line: &str, mark: u8) -> bool {
    let bytes = line.as_bytes();
    memchr::memchr_iter(mark, bytes).any(|at| bytes.get(at + 1) == Some(&b' '))
}

/// What a line ends with. A quote behind a full stop or comma closes a sentence.
fn end_of(line: &str) -> u8 {
    let mut letters = line.chars().rev();
    let Some(last) = letters.next() else { return 0 };
    let kinds = abc::kinds(last);
    if kinds & abc::QUOTE != 0
        && let Some(before) = letters.next()
    {
        let closes = abc::end_code(abc::kinds(before)) == u32::from(CLOSED) || matches!(before, ',' | '\u{ff0c}');
        return if closes { CLOSED } else { QUOTED };
    }
    abc::end_code(kinds) as u8
}

fn sentences_in(line: &Line) -> u8 {
    let text = line.text;
    if line.has(marks::DOT) && has_spaced(text, b'.') {
        return 1;
    }
    let colon = line.has(marks::COLON) && has_spaced(text, b':');
    if line.is_ascii() {
        return if colon { 2 } else { 0 };
    }
    let inner = &text[..text.len() - text::last(text).map_or(0, char::len_utf8)];
    if line.is_any(abc::STOPS_INSIDE) && inner.chars().any(|letter| is(letter, abc::STOPS_INSIDE)) {
        return 1;
    }
    if colon || inner.contains('\u{ff1a}') { 2 } else { 0 }
}

fn digits_in(line: &Line) -> u8 {
    let (text, bytes) = (line.text, line.text.as_bytes());
    let mut found = 0;
    if line.has(marks::DIGIT) {
        let dated = (0..bytes.len()).any(|at| bytes[at].is_ascii_digit() && is_date(&text[at..]));
        found = if dated { 2 } else { 1 };
    }
    let web = line.has(marks::AT)
        || (line.has_all(marks::all(b"htp")) && has(text, &HTTP))
        || (line.has_all(marks::all(b"w.")) && has(text, &WWW));
    if web { found + 3 } else { found }
}

/// Whether a date or time begins at the digit that the text begins with: `_DATE` of the twin.
fn is_date(text: &str) -> bool {
    let ages = ["\u{43c}\u{438}\u{43d}", "\u{447}\u{430}\u{441}", "min", "hour", "ago"];
    text::begins_in_figures(text) || text[1..].strip_prefix(' ').is_some_and(|rest| text::begins(rest, &ages))
}

/// The number of words, and of those that begin with a capital.
fn words_of(line: &Line) -> (usize, usize) {
    if line.is_any(abc::SPACE) {
        let capital = |word: &&str| text::first(word).is_some_and(|each| is(each, abc::UPPER));
        return (text::split(line.text).count(), text::split(line.text).filter(capital).count());
    }
    if line.is_ascii() && !line.has(marks::CONTROL) && line.chars() <= usize::from(u8::MAX) {
        // Sums of bytes, so that the compiler makes vectors of them.
        let bytes = line.text.as_bytes();
        let behind = || bytes.iter().zip(&bytes[1..]).map(|(&space, &byte)| (space == b' ', byte));
        let words = behind().fold(0u8, |sum, (space, byte)| sum + u8::from(space & (byte != b' ')));
        let capitals = behind().fold(0u8, |sum, (space, byte)| sum + u8::from(space & byte.is_ascii_uppercase()));
        let first = (u8::from(bytes[0] != b' '), u8::from(bytes[0].is_ascii_uppercase()));
        return (usize::from(words + first.0), usize::from(capitals + first.1));
    }
    let (mut words, mut capitals, mut before) = (0, 0, true);
    for (at, &byte) in line.text.as_bytes().iter().enumerate() {
        let space = text::SPACES[usize::from(byte)];
        if before && !space {
            words += 1;
            let capital = byte.is_ascii_uppercase()
                || (!byte.is_ascii() && text::first(&line.text[at..]).is_some_and(|each| is(each, abc::UPPER)));
            capitals += usize::from(capital);
        }
        before = space;
    }
    (words, capitals)
}

fn capitals_of(line: &Line, length: usize) -> u8 {
    if line.is_cased() {
        if line.is_upper() {
            return 1;
        }
        if text::is_title(line.text) {
            return 2;
        }
    }
    if length > CAPITALS_FROM {
        let (words, capitals) = words_of(line);
        if words > 2 {
            return if capitals * 10 >= words * 6 {
                3
            } else if capitals * 10 > words * 3 {
                4
            } else {
                5
            };
        }
    }
    0
}
