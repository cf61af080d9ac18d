//! What a line says, as numbers. Twin: stream/core/footer/words.py.

use crate::text::{self, Line};
use crate::tokens::Tokens;
use xxhash_rust::xxh3::xxh3_64;

pub const HEAD: usize = 200;
pub const TAIL: usize = 60;
pub const MOST_READ: usize = 2 * (HEAD + TAIL);
pub const WORDS: u64 = 1 << 14;
pub const MOST: usize = 24;
pub const KEYS: usize = 5;
const SHORT: usize = 6;
const FIRST: usize = 10;
const PAIRS: usize = 6;
const LAST: usize = 3;

const ROLE: u64 = 0xD6E8_FEB8_6659_FD93;
const FACTORS: [u64; 3] = [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9];

const FIRST1: u64 = 1;
pub const FIRST2: u64 = 2;
pub const FIRST3: u64 = 3;
const LAST1: u64 = 4;
const LAST2: u64 = 5;
const ALL: u64 = 6;
const WORD: u64 = 7;
const PAIR: u64 = 8;
pub const END2: u64 = 9;
pub const END3: u64 = 10;

/// What a line says: rows of the network's table of words, and the keys by which a site's articles are asked.
#[derive(Clone, Copy, Default)]
pub struct Said {
    words: [u16; MOST],
    count: u8,
    pub keys: [u64; KEYS],
}

impl Said {
    pub fn words(&self) -> &[u16] {
        &self.words[..usize::from(self.count)]
    }

    fn add(&mut self, combined: u64) {
        if usize::from(self.count) < MOST {
            // Fourteen bits, modulo `WORDS` - 1.
            let row = combined >> 50;
            self.words[usize::from(self.count)] = if row == WORDS - 1 { 1 } else { 1 + row as u16 };
            self.count += 1;
        }
    }
}

/// The most characters of a line whose lookup spelling `said` gives.
pub const MOST_SPELLED: usize = 120;

/// Reads a line. Adds its lookup spelling to `made`, if it has at most `MOST_SPELLED` characters.
pub fn said(line: &Line, tokens: &mut Tokens, made: &mut String) -> Said {
    let bounded = bounds(line);
    let part = bounded.as_deref().unwrap_or(line.text);
    let mut found = Said::default();
    let begin = made.len();
    let Tokenized { first, long, in_one_pass } = tokenize(part, tokens, made);
    if line.chars() > MOST_SPELLED {
        made.truncate(begin);
    } else if in_one_pass {
        made.push_str(tokens.spelled());
    }
    if first == 0 {
        return found;
    }
    let (mut hashes, mut ends) = ([0; FIRST], [0; LAST]);
    let head = tokens.hashed(0..first.min(FIRST), &mut hashes);
    let end = if !long && first <= FIRST {
        from(head, LAST)
    } else {
        let last = if long { first } else { 0 };
        tokens.hashed(last.max(tokens.count.saturating_sub(LAST))..tokens.count, &mut ends)
    };
    let whole = xxh3_64(tokens.joined());

    let (start2, start3) = (combined(FIRST2, upto(head, 2)), combined(FIRST3, upto(head, 3)));
    found.add(combined(FIRST1, upto(head, 1)));
    found.add(start2);
    found.add(start3);
    found.add(combined(LAST1, from(end, 1)));
    found.add(combined(LAST2, from(end, 2)));
    if !long && first <= SHORT {
        found.add(combined(ALL, &[whole]));
    }
    for each in head {
        found.add(combined(WORD, &[*each]));
    }
    for pair in upto(head, PAIRS + 1).windows(2) {
        found.add(combined(PAIR, pair));
    }
    found.keys[0] = whole;
    if !long {
        found.keys = keys_of(whole, head, end);
    }
    found
}

/// The keys of a line alone: what `said` gives without what only the network needs. `made` is room for its spelling.
pub fn keys(line: &str, tokens: &mut Tokens, made: &mut String) -> [u64; KEYS] {
    let bounded = if line.len() > MOST_READ { bounds(&Line::new(line)) } else { None };
    made.clear();
    let (first, long) = if line.len() <= HEAD && line.is_ascii() {
        tokens.read(line); // all of it is read, so its spelling would only be a matter of case and spaces
        (tokens.count, false)
    } else {
        let Tokenized { first, long, .. } = tokenize(bounded.as_deref().unwrap_or(line), tokens, made);
        (first, long)
    };
    if first == 0 {
        return [0; KEYS];
    }
    let whole = xxh3_64(tokens.joined());
    if long {
        return std::array::from_fn(|kind| if kind == 0 { whole } else { 0 });
    }
    let (mut heads, mut ends) = ([0; LAST], [0; LAST]);
    let head = tokens.hashed(0..first.min(LAST), &mut heads);
    let end = if first <= LAST { head } else { tokens.hashed(first - LAST..first, &mut ends) };
    keys_of(whole, head, end)
}

/// The keys of a line of at most `HEAD` characters, by the hashes of its first and its last tokens.
fn keys_of(whole: u64, head: &[u64], end: &[u64]) -> [u64; KEYS] {
    [
        whole,
        combined(FIRST2, upto(head, 2)),
        combined(FIRST3, upto(head, 3)),
        combined(END2, from(end, 2)),
        combined(END3, from(end, 3)),
    ]
}

/// What was found out about a line whose tokens were read.
struct Tokenized {
    /// How many tokens its first `HEAD` characters have.
    first: usize,
    /// It has more characters than these.
    long: bool,
    /// Its spelling is in `Tokens`; otherwise it has been added to `made`.
    in_one_pass: bool,
}

fn tokenize(part: &str, tokens: &mut Tokens, made: &mut String) -> Tokenized {
    let begin = made.len();
    let in_one_pass = !part.is_ascii() && tokens.spell(part);
    let long = if in_one_pass {
        tokens.long
    } else {
        text::spell_to(part, made);
        tokens.read(&made[begin..])
    };
    let first = tokens.count;
    if long {
        if in_one_pass {
            tokens.add_tail();
        } else {
            tokens.add(text::tail(&made[begin..], TAIL));
        }
        if tokens.count == first {
            tokens.double();
        }
    }
    Tokenized { first, long, in_one_pass }
}

/// The beginning and the end of a line that is too long to be read whole.
pub fn bounds(line: &Line) -> Option<String> {
    if line.chars() <= MOST_READ {
        return None;
    }
    Some(format!("{} {}", text::cut(line.text, HEAD).0, text::tail(line.text, TAIL)))
}

fn upto(hashes: &[u64], most: usize) -> &[u64] {
    &hashes[..hashes.len().min(most)]
}

fn from(hashes: &[u64], most: usize) -> &[u64] {
    &hashes[hashes.len().saturating_sub(most)..]
}

pub fn combined(role: u64, hashes: &[u64]) -> u64 {
    let terms = FACTORS.iter().zip(hashes).map(|(factor, each)| factor.wrapping_mul(*each));
    terms.fold(role.wrapping_mul(ROLE), u64::wrapping_add)
}
