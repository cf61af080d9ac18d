//! The tokens of a line, and its lookup spelling in the same pass. Twin: `_tokens` in stream/core/footer/words.py.

use crate::alphabet::{self as abc, class};
use crate::ascii::{BLOCK, Block, WIDTH, plain_run};
use crate::words::{HEAD, MOST_READ, TAIL};
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64;

/// The tokens of a line: runs of digits (as "0"), characters of scripts without spaces, and runs of letters. They are
/// written with spaces between, as they are hashed together, into room that is used for one line after the other.
pub struct Tokens {
    room: Box<Room>,
    end: usize,
    pub count: usize,
    /// What `spell` spelled, and whether that has more than `HEAD` characters.
    spelled: Spelled,
    pub long: bool,
}

/// At least twice `HEAD` characters of four bytes and as many spaces. A power of two, by which the compiler sees that
/// every place is within; what is written behind the end has room, too.
const ROOM: usize = 2048;
const PLACES: usize = 512;

struct Room {
    joined: [u8; ROOM + WIDTH],
    begins: [u16; PLACES],
    block: Block,
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
        let at = self.end % ROOM;
        self.room.joined[at..at + 8].copy_from_slice(&bytes);
        self.end += length;
        if continues { class::LETTER } else { class & class::LETTER }
    }

    /// Goes on by characters of ASCII, whatever their case; gives the class that the next one stands behind.
    fn add_ascii(&mut self, text: &[u8], mut before: u32) -> u32 {
        for bytes in text.chunks(BLOCK) {
            let (letters, figures) = self.room.block.take(bytes);
            let last = bytes.len() - 1;
            let mut at = 0;
            while at < bytes.len() {
                let next = (letters | figures) >> at;
                if next == 0 {
                    break;
                }
                if next & 1 == 0 {
                    (at, before) = (at + next.trailing_zeros() as usize, 0);
                }
                let is_letter = letters >> at & 1 != 0;
                let (of, this) = if is_letter { (letters, class::LETTER) } else { (figures, class::FIGURE) };
                let length = (!(of >> at)).trailing_zeros() as usize;
                if before != this {
                    self.begin();
                }
                if is_letter {
                    self.put_letters(at, length);
                } else if before != this {
                    self.put(b'0');
                }
                (at, before) = (at + length, this);
            }
            if (letters | figures) >> last & 1 == 0 {
                before = 0;
            }
        }
        before
    }

    /// Writes a run of letters, by as many bytes at once as most of them have.
    #[inline(always)]
    fn put_letters(&mut self, begin: usize, length: usize) {
        let Room { joined, block: Block(small), .. } = &mut *self.room;
        let mut done = 0;
        while done < length {
            let (at, from) = ((self.end + done) % ROOM, (begin + done) % BLOCK);
            joined[at..at + WIDTH].copy_from_slice(&small[from..from + WIDTH]);
            done += WIDTH;
        }
        self.end += length;
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
        let room = Box::new(Room { joined: [0; ROOM + WIDTH], begins: [0; PLACES], block: Block([0; BLOCK + WIDTH]) });
        Tokens { room, end: 0, count: 0, spelled: Spelled::new(), long: false }
    }

    fn clear(&mut self) {
        (self.end, self.count, self.long) = (0, 0, false);
        self.spelled.end = 0;
    }

    /// What `spell` spelled.
    pub fn spelled(&self) -> &str {
        std::str::from_utf8(self.spelled.bytes()).unwrap_or("")
    }

    /// Spells a line that is not ASCII, and reads the first `HEAD` characters, in one pass; false if that cannot be.
    pub fn spell(&mut self, line: &str) -> bool {
        self.clear();
        let (mut count, mut before) = (0, 0);
        let mut to = Writer { room: &mut self.room, end: 0, count: 0 };
        let mut rest = line.chars();
        loop {
            let run = plain_run(rest.as_str().as_bytes());
            if run > 0 && self.spelled.takes(rest.as_str().as_bytes()[0]) {
                let (text, behind) = rest.as_str().split_at(run);
                let spelled = self.spelled.add_ascii(text.as_bytes());
                if count < HEAD {
                    before = to.add_ascii(&spelled[..run.min(HEAD - count)], before);
                }
                count += run;
                rest = behind.chars();
            }
            let Some(letter) = rest.next() else { break };
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
    pub fn read(&mut self, text: &str) -> bool {
        self.clear();
        self.add(text)
    }

    /// Adds the tokens of the end of what was spelled.
    pub fn add_tail(&mut self) {
        let bytes = self.spelled.bytes();
        let is_begin = |at: &usize| bytes[*at] & 0xC0 != 0x80;
        let begin = (0..bytes.len()).rev().filter(is_begin).nth(TAIL - 1).unwrap_or(0);
        let tail = std::str::from_utf8(&bytes[begin..]).unwrap_or("").to_owned();
        self.add(&tail);
    }

    /// Adds the tokens of the first `HEAD` characters of a text; tells whether it has more.
    pub fn add(&mut self, text: &str) -> bool {
        let mut to = Writer { room: &mut self.room, end: self.end, count: self.count };
        let more = if text.is_ascii() {
            to.add_ascii(&text.as_bytes()[..text.len().min(HEAD)], 0);
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
    pub fn double(&mut self) {
        let (end, count) = (self.end, self.count);
        let Room { joined, begins, .. } = &mut *self.room;
        joined[end] = b' ';
        joined.copy_within(..end, end + 1);
        for at in 0..count {
            begins[count + at] = begins[at] + end as u16 + 1;
        }
        (self.end, self.count) = (2 * end + 1, 2 * count);
    }

    /// All tokens, with spaces between.
    pub fn joined(&self) -> &[u8] {
        &self.room.joined[..self.end]
    }

    fn get(&self, at: usize) -> &[u8] {
        let begins = &self.room.begins;
        let end = if at + 1 < self.count { usize::from(begins[at + 1]) - 1 } else { self.end };
        &self.room.joined[usize::from(begins[at])..end]
    }

    /// The hashes of some tokens.
    pub fn hashed<'h>(&self, some: Range<usize>, room: &'h mut [u64]) -> &'h [u64] {
        let count = some.len();
        for (to, at) in room.iter_mut().zip(some) {
            *to = xxh3_64(self.get(at));
        }
        &room[..count]
    }
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

    /// Whether a byte of ASCII may stand here: a space not at the beginning or behind another.
    fn takes(&self, byte: u8) -> bool {
        byte != b' ' || self.bytes().last().is_some_and(|&last| last != b' ')
    }

    /// Adds characters of ASCII, which it gives as they are spelled.
    #[inline]
    fn add_ascii(&mut self, text: &[u8]) -> &[u8] {
        let to = &mut self.room[self.end..self.end + text.len()];
        to.copy_from_slice(text);
        to.make_ascii_lowercase();
        self.end += text.len();
        to
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
