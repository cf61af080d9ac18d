//! What a line says, as numbers. Twin: stream/core/footer/words.py.

use crate::alphabet::{self as abc, Class};
use crate::text::{self, Line};
use std::borrow::Cow;
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64;

const HEAD: usize = 200;
const TAIL: usize = 60;
const MOST_READ: usize = 2 * (HEAD + TAIL);
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
const FIRST2: u64 = 2;
const FIRST3: u64 = 3;
const LAST1: u64 = 4;
const LAST2: u64 = 5;
const ALL: u64 = 6;
const WORD: u64 = 7;
const PAIR: u64 = 8;
const END2: u64 = 9;
const END3: u64 = 10;

/// What each byte of ASCII is.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 128 {
        let each = byte as u8;
        classes[byte] = if each.is_ascii_alphabetic() {
            Class::Letter
        } else if each.is_ascii_digit() {
            Class::Figure
        } else {
            Class::Other
        };
        byte += 1;
    }
    classes
};

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
            self.words[usize::from(self.count)] = (1 + (combined >> 50) % (WORDS - 1)) as u16;
            self.count += 1;
        }
    }
}

/// Reads a line. `spelled` is its lookup spelling, which is asked for if the line is not too long and cannot be spelled
/// and read in one pass.
pub fn said<'s>(line: &Line, tokens: &mut Tokens, spelled: impl FnOnce() -> Cow<'s, str>) -> Said {
    let bounded = bounds(line);
    let part = bounded.as_deref().unwrap_or(line.text);
    let mut found = Said::default();
    let spelled = if !part.is_ascii() && tokens.spell(part) {
        None
    } else {
        Some(if bounded.is_some() { Cow::Owned(text::spell(part)) } else { spelled() })
    };
    let long = spelled.as_deref().map_or(tokens.long, |spelled| tokens.read(spelled));
    let first = tokens.count;
    if first == 0 {
        return found;
    }
    if long {
        match spelled.as_deref() {
            Some(spelled) => _ = tokens.add(text::tail(spelled, TAIL)),
            None => tokens.add_tail(),
        }
        if tokens.count == first {
            tokens.double();
        }
    }
    let (mut hashes, mut ends) = ([0; FIRST], [0; LAST]);
    let head = tokens.hashed(0..first.min(FIRST), &mut hashes);
    let end = if !long && first <= FIRST {
        from(head, LAST)
    } else {
        let last = if long { first } else { 0 };
        tokens.hashed(last.max(tokens.count.saturating_sub(LAST))..tokens.count, &mut ends)
    };
    let whole = xxh3_64(&tokens.joined[..tokens.end]);

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
        found.keys = [whole, start2, start3, combined(END2, from(end, 2)), combined(END3, from(end, 3))];
    }
    found
}

/// The beginning and the end of a line that is too long to be read whole.
fn bounds(line: &Line) -> Option<String> {
    if line.chars <= MOST_READ {
        return None;
    }
    Some(format!("{} {}", text::cut(line.text, HEAD).0, text::tail(line.text, TAIL)))
}

/// The tokens of a line: runs of digits (as "0"), characters of scripts without spaces, and runs of letters. They are
/// written with spaces between, as they are hashed together, into room that is used for one line after the other.
pub struct Tokens {
    joined: [u8; ROOM],
    end: usize,
    begins: [u16; 2 * HEAD],
    count: usize,
    /// What `spell` spelled, and whether that has more than `HEAD` characters.
    spelled: Spelled,
    long: bool,
}

/// A lookup spelling, in room that is used for one line after the other.
struct Spelled {
    room: Vec<u8>,
    end: usize,
}

impl Spelled {
    fn new() -> Self {
        Spelled { room: vec![0; (MOST_READ + 2) * abc::MOST_SPELLED + 8], end: 0 }
    }

    #[inline]
    fn add(&mut self, said: abc::Spelling) {
        // Always eight bytes, because copying a number of bytes that varies takes longer.
        self.room[self.end..self.end + 8].copy_from_slice(&said.bytes());
        self.end += said.len();
    }

    /// Adds a space, but not at the beginning or behind another; tells whether it did.
    #[inline]
    fn add_space(&mut self) -> bool {
        let there = self.end > 0 && self.room[self.end - 1] != b' ';
        if there {
            self.room[self.end] = b' ';
            self.end += 1;
        }
        there
    }

    /// Takes away the space at the end; tells whether there was one.
    fn end_with_space(&mut self) -> bool {
        let there = self.bytes().last() == Some(&b' ');
        self.end -= usize::from(there);
        there
    }

    fn bytes(&self) -> &[u8] {
        &self.room[..self.end]
    }
}

/// Twice `HEAD` characters of four bytes and as many spaces; and what is written behind the end.
const ROOM: usize = 2 * 5 * HEAD + 8;

impl Tokens {
    pub fn new() -> Self {
        Tokens { joined: [0; ROOM], end: 0, begins: [0; 2 * HEAD], count: 0, spelled: Spelled::new(), long: false }
    }

    fn clear(&mut self) {
        (self.end, self.count, self.long) = (0, 0, false);
        self.spelled.end = 0;
    }

    /// The lookup spelling of the line, if it was spelled and read in one pass.
    pub fn spelled(&self) -> Option<&str> {
        let bytes = self.spelled.bytes();
        if bytes.is_empty() { None } else { std::str::from_utf8(bytes).ok() }
    }

    /// Spells a line that is not ASCII, and reads the first `HEAD` characters, in one pass; false if that cannot be.
    fn spell(&mut self, line: &str) -> bool {
        self.clear();
        let (mut count, mut before) = (0, Class::Other);
        for letter in line.chars() {
            let said = abc::spelled(letter);
            let inside = count < HEAD;
            count += said.count();
            if count > HEAD || said.is_special() {
                if said.is_blank() {
                    before = Class::Other;
                    count += usize::from(self.spelled.add_space());
                    continue;
                }
                if said.is_special() || inside {
                    self.clear();
                    return false;
                }
                self.spelled.add(said);
                continue;
            }
            self.spelled.add(said);
            before = self.step(before, said.class(), said.bytes(), said.len());
        }
        count -= usize::from(self.spelled.end_with_space());
        self.long = count > HEAD;
        true
    }

    /// Reads the first `HEAD` characters of a text; tells whether it has more.
    fn read(&mut self, text: &str) -> bool {
        self.clear();
        self.add(text)
    }

    /// Adds the tokens of the end of what was spelled.
    fn add_tail(&mut self) {
        let bytes = self.spelled.bytes();
        let is_begin = |at: &usize| bytes[*at] & 0xC0 != 0x80;
        let begin = (0..bytes.len()).rev().filter(is_begin).nth(TAIL - 1).unwrap_or(0);
        let tail = std::str::from_utf8(&bytes[begin..]).unwrap_or("").to_owned();
        self.add(&tail);
    }

    /// Adds the tokens of the first `HEAD` characters of a text; tells whether it has more.
    fn add(&mut self, text: &str) -> bool {
        if !text.is_ascii() {
            let (mut letters, mut before) = (text.chars(), Class::Other);
            for letter in letters.by_ref().take(HEAD) {
                let mut bytes = [0; 8];
                let length = letter.encode_utf8(&mut bytes).len();
                before = self.step(before, Class::of(abc::kinds(letter)), bytes, length);
            }
            return !letters.as_str().is_empty();
        }
        let mut before = Class::Other;
        for &byte in text.as_bytes().iter().take(HEAD) {
            let class = CLASSES[usize::from(byte)];
            if class != before {
                before = class;
                if class != Class::Other {
                    self.begin();
                }
                if class == Class::Figure {
                    self.put(b'0');
                }
            }
            if class == Class::Letter {
                self.put(byte);
            }
        }
        text.len() > HEAD
    }

    /// Goes on by a character, or by several of a class; gives the class that the next one stands behind.
    #[inline(always)]
    fn step(&mut self, before: Class, class: Class, bytes: [u8; 8], length: usize) -> Class {
        let continues = before == Class::Letter && (class == Class::Letter || class == Class::Ideograph);
        if !continues {
            match class {
                Class::Letter | Class::Ideograph | Class::Unspaced => self.begin(),
                Class::Other => return Class::Other,
                Class::Nothing => return before,
                Class::Figure => {
                    if before != Class::Figure {
                        self.begin();
                        self.put(b'0');
                    }
                    return Class::Figure;
                }
            }
        }
        // Always eight bytes, because copying a number of bytes that varies takes longer.
        self.joined[self.end..self.end + 8].copy_from_slice(&bytes);
        self.end += length;
        if continues || class == Class::Letter { Class::Letter } else { Class::Other }
    }

    /// Begins a token.
    #[inline]
    fn begin(&mut self) {
        if self.end > 0 {
            self.put(b' ');
        }
        self.begins[self.count] = self.end as u16;
        self.count += 1;
    }

    #[inline]
    fn put(&mut self, byte: u8) {
        self.joined[self.end] = byte;
        self.end += 1;
    }

    /// Adds the same tokens again.
    fn double(&mut self) {
        let (end, count) = (self.end, self.count);
        self.put(b' ');
        self.joined.copy_within(..end, end + 1);
        for at in 0..count {
            self.begins[count + at] = self.begins[at] + end as u16 + 1;
        }
        (self.end, self.count) = (2 * end + 1, 2 * count);
    }

    fn get(&self, at: usize) -> &[u8] {
        let end = if at + 1 < self.count { usize::from(self.begins[at + 1]) - 1 } else { self.end };
        &self.joined[usize::from(self.begins[at])..end]
    }

    /// The hashes of some tokens.
    fn hashed<'h>(&self, some: Range<usize>, room: &'h mut [u64]) -> &'h [u64] {
        let count = some.len();
        for (to, at) in room.iter_mut().zip(some) {
            *to = xxh3_64(self.get(at));
        }
        &room[..count]
    }
}

fn upto(hashes: &[u64], most: usize) -> &[u64] {
    &hashes[..hashes.len().min(most)]
}

fn from(hashes: &[u64], most: usize) -> &[u64] {
    &hashes[hashes.len().saturating_sub(most)..]
}

fn combined(role: u64, hashes: &[u64]) -> u64 {
    let terms = FACTORS.iter().zip(hashes).map(|(factor, each)| factor.wrapping_mul(*each));
    terms.fold(role.wrapping_mul(ROLE), u64::wrapping_add)
}
