//! What a line says, as numbers. Twin: stream/core/footer/words.py.

use crate::alphabet::{self as abc, class};
use crate::text::{self, Line};
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

/// The class of each byte of ASCII.
static CLASSES: [u32; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let each = byte as u8;
        classes[byte] = if each.is_ascii_alphabetic() {
            class::LETTER
        } else if each.is_ascii_digit() {
            class::FIGURE
        } else {
            0
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
    if line.chars > MOST_SPELLED {
        made.truncate(begin);
    } else if in_one_pass {
        made.push_str(std::str::from_utf8(tokens.spelled.bytes()).unwrap_or(""));
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
    room: Box<Room>,
    end: usize,
    count: usize,
    /// What `spell` spelled, and whether that has more than `HEAD` characters.
    spelled: Spelled,
    long: bool,
}

/// At least twice `HEAD` characters of four bytes and as many spaces; and what is written behind the end. A power of
/// two, by which the compiler sees that every place is within.
const ROOM: usize = 2048;
const PLACES: usize = 512;

struct Room {
    joined: [u8; ROOM],
    begins: [u16; PLACES],
}

/// Where tokens are written.
struct Writer<'r> {
    room: &'r mut Room,
    end: usize,
    count: usize,
}

impl Writer<'_> {
    /// Goes on by a character, or by several of a class; gives the class that the next one stands behind.
    #[inline(always)]
    fn step(&mut self, before: u32, class: u32, bytes: [u8; 8], length: usize) -> u32 {
        let continues = before == class::LETTER && class & (class::LETTER | class::IDEOGRAPH) != 0;
        if !continues {
            if class & (class::LETTER | class::IDEOGRAPH | class::UNSPACED) == 0 {
                if class & class::FIGURE != 0 && before != class::FIGURE {
                    self.begin();
                    self.put(b'0');
                }
                return if class & class::NOTHING != 0 { before } else { class };
            }
            self.begin();
        }
        // Always eight bytes, because copying a number of bytes that varies takes longer.
        let at = self.end % (ROOM - 8);
        self.room.joined[at..at + 8].copy_from_slice(&bytes);
        self.end += length;
        if continues { class::LETTER } else { class & class::LETTER }
    }

    /// Begins a token.
    #[inline(always)]
    fn begin(&mut self) {
        if self.end > 0 {
            self.put(b' ');
        }
        self.room.begins[self.count % PLACES] = self.end as u16;
        self.count += 1;
    }

    #[inline(always)]
    fn put(&mut self, byte: u8) {
        self.room.joined[self.end % ROOM] = byte;
        self.end += 1;
    }
}

impl Tokens {
    pub fn new() -> Self {
        let room = Box::new(Room { joined: [0; ROOM], begins: [0; PLACES] });
        Tokens { room, end: 0, count: 0, spelled: Spelled::new(), long: false }
    }

    fn clear(&mut self) {
        (self.end, self.count, self.long) = (0, 0, false);
        self.spelled.end = 0;
    }

    /// Spells a line that is not ASCII, and reads the first `HEAD` characters, in one pass; false if that cannot be.
    fn spell(&mut self, line: &str) -> bool {
        self.clear();
        let (mut count, mut before) = (0, 0);
        let mut to = Writer { room: &mut self.room, end: 0, count: 0 };
        for letter in line.chars() {
            let said = abc::spelled(letter);
            let inside = count < HEAD;
            count += said.count();
            if count > HEAD || said.is_special() {
                if said.is_blank() {
                    before = 0;
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
            before = to.step(before, said.class(), said.bytes(), said.len());
        }
        (self.end, self.count) = (to.end, to.count);
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
        let mut to = Writer { room: &mut self.room, end: self.end, count: self.count };
        let more = if text.is_ascii() {
            let head = &text.as_bytes()[..text.len().min(HEAD)];
            let mut at = 0;
            while at < head.len() {
                let class = CLASSES[usize::from(head[at])];
                let end = end_of(head, at + 1, class);
                if class == class::LETTER {
                    to.begin();
                    to.room.joined[to.end..to.end + end - at].copy_from_slice(&head[at..end]);
                    to.end += end - at;
                } else if class == class::FIGURE {
                    to.begin();
                    to.put(b'0');
                }
                at = end;
            }
            text.len() > HEAD
        } else {
            let (mut letters, mut before) = (text.chars(), 0);
            for letter in letters.by_ref().take(HEAD) {
                let mut bytes = [0; 8];
                let length = letter.encode_utf8(&mut bytes).len();
                before = to.step(before, class::of(abc::kinds(letter)), bytes, length);
            }
            !letters.as_str().is_empty()
        };
        (self.end, self.count) = (to.end, to.count);
        more
    }

    /// Adds the same tokens again.
    fn double(&mut self) {
        let (end, count) = (self.end, self.count);
        let Room { joined, begins } = &mut *self.room;
        joined[end] = b' ';
        joined.copy_within(..end, end + 1);
        for at in 0..count {
            begins[count + at] = begins[at] + end as u16 + 1;
        }
        (self.end, self.count) = (2 * end + 1, 2 * count);
    }

    /// All tokens, with spaces between.
    fn joined(&self) -> &[u8] {
        &self.room.joined[..self.end]
    }

    fn get(&self, at: usize) -> &[u8] {
        let begins = &self.room.begins;
        let end = if at + 1 < self.count { usize::from(begins[at + 1]) - 1 } else { self.end };
        &self.room.joined[usize::from(begins[at])..end]
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

/// Where bytes of ASCII of a class end.
#[inline(always)]
fn end_of(bytes: &[u8], begin: usize, class: u32) -> usize {
    let mut at = begin;
    while at < bytes.len() && CLASSES[usize::from(bytes[at])] == class {
        at += 1;
    }
    at
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
