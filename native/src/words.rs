//! What a line says, as numbers. Twin: stream/core/footer/words.py.

use crate::alphabet::{self as abc, is};
use crate::text;
use std::borrow::Cow;
use std::cell::RefCell;
use xxhash_rust::xxh3::xxh3_64;

const HEAD: usize = 200;
const TAIL: usize = 60;
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

const OTHER: u8 = 0;
const LETTER: u8 = 1;
const FIGURE: u8 = 2;
/// What each byte of ASCII is.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        let each = byte as u8;
        classes[byte] = if each.is_ascii_alphabetic() {
            LETTER
        } else if each.is_ascii_digit() {
            FIGURE
        } else {
            OTHER
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

/// Reads a line. `spelled` is its lookup spelling, which is asked for if the line is not too long.
pub fn said<'s>(line: &str, spelled: impl FnOnce() -> Cow<'s, str>) -> Said {
    let spelled = match bounds(line) {
        Some(bounded) => Cow::Owned(text::spell(&bounded)),
        None => spelled(),
    };
    let (head, rest) = text::cut(&spelled, HEAD);
    let long = !rest.is_empty();
    let first = Tokens::of(head);
    let mut found = Said::default();
    if first.count == 0 {
        return found;
    }
    let tail = if long { Some(Tokens::of(text::tail(&spelled, TAIL))) } else { None };
    let last = tail.as_ref().filter(|tail| tail.count > 0).unwrap_or(&first);
    let mut hashes = [0; FIRST];
    let head = first.hashed(0, &mut hashes);
    let mut ends = [0; LAST];
    let end = if !long && first.count <= FIRST {
        from(head, LAST)
    } else {
        last.hashed(last.count.saturating_sub(LAST), &mut ends)
    };
    let whole = hash_of_all(&first, if long { Some(last) } else { None });

    let (start2, start3) = (combined(FIRST2, upto(head, 2)), combined(FIRST3, upto(head, 3)));
    found.add(combined(FIRST1, upto(head, 1)));
    found.add(start2);
    found.add(start3);
    found.add(combined(LAST1, from(end, 1)));
    found.add(combined(LAST2, from(end, 2)));
    if !long && first.count <= SHORT {
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
fn bounds(line: &str) -> Option<String> {
    const MOST_READ: usize = 2 * (HEAD + TAIL);
    if line.len() <= MOST_READ || text::cut(line, MOST_READ).1.is_empty() {
        return None;
    }
    Some(format!("{} {}", text::cut(line, HEAD).0, text::tail(line, TAIL)))
}

/// The tokens of a text of at most `HEAD` characters: a run of digits (as "0"), a character of a script without spaces,
/// or a run of letters.
struct Tokens<'a> {
    text: &'a str,
    /// Where each begins and ends; a run of digits ends where it begins.
    places: [(u16, u16); HEAD],
    count: usize,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        let mut tokens = Tokens { text, places: [(0, 0); HEAD], count: 0 };
        if text.is_ascii() {
            tokens.find_in_ascii()
        } else {
            tokens.find()
        }
        tokens
    }

    fn push(&mut self, begin: usize, end: usize) {
        self.places[self.count] = (begin as u16, end as u16);
        self.count += 1;
    }

    fn find(&mut self) {
        let mut letters = self.text.char_indices().peekable();
        while let Some((begin, letter)) = letters.next() {
            let kinds = abc::kinds(letter);
            if kinds & abc::DIGIT != 0 {
                while letters.next_if(|(_, each)| is(*each, abc::DIGIT)).is_some() {}
                self.push(begin, begin);
            } else if kinds & abc::UNSPACED != 0 {
                self.push(begin, begin + letter.len_utf8());
            } else if kinds & abc::ALNUM != 0 {
                let mut end = begin + letter.len_utf8();
                let is_letter = |each: char| abc::kinds(each) & (abc::ALNUM | abc::DIGIT) == abc::ALNUM;
                while let Some((at, each)) = letters.next_if(|(_, each)| is_letter(*each)) {
                    end = at + each.len_utf8();
                }
                self.push(begin, end);
            }
        }
    }

    fn find_in_ascii(&mut self) {
        let bytes = self.text.as_bytes();
        let (mut begin, mut before) = (0, OTHER);
        for (at, &byte) in bytes.iter().enumerate() {
            let class = CLASSES[usize::from(byte)];
            if class != before {
                self.end_in_ascii(before, begin, at);
                (begin, before) = (at, class);
            }
        }
        self.end_in_ascii(before, begin, bytes.len());
    }

    /// Ends a run of characters of a class.
    fn end_in_ascii(&mut self, class: u8, begin: usize, end: usize) {
        match class {
            LETTER => self.push(begin, end),
            FIGURE => self.push(begin, begin),
            _ => {}
        }
    }

    fn get(&self, at: usize) -> &[u8] {
        let (begin, end) = self.places[at];
        if begin == end { b"0" } else { &self.text.as_bytes()[usize::from(begin)..usize::from(end)] }
    }

    /// The hashes of the tokens from `begin` on, as many as there is room for.
    fn hashed<'h>(&self, begin: usize, room: &'h mut [u64]) -> &'h [u64] {
        let count = room.len().min(self.count - begin);
        for (at, to) in room[..count].iter_mut().enumerate() {
            *to = xxh3_64(self.get(begin + at));
        }
        &room[..count]
    }
}

/// The hash of all tokens, with spaces between.
fn hash_of_all(first: &Tokens, last: Option<&Tokens>) -> u64 {
    thread_local! {
        static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    ROOM.with_borrow_mut(|room| {
        room.clear();
        for tokens in [Some(first), last].into_iter().flatten() {
            for at in 0..tokens.count {
                if !room.is_empty() {
                    room.push(b' ');
                }
                room.extend_from_slice(tokens.get(at));
            }
        }
        xxh3_64(room)
    })
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
