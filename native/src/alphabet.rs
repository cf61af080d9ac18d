//! What the core knows of each character: its kinds, as bits, and its lookup spelling.
//!
//! All of it comes from Python (`stream/core/native/alphabet.py`), which defines the sets of characters and knows
//! Unicode: each character is asked for when it is first met. So both cores agree whatever Unicode version the
//! interpreter has, and nothing is written down twice.

use crate::guarded::raise;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

pub const SPACE: u32 = 1;
pub const ALPHA: u32 = 1 << 1;
pub const ALNUM: u32 = 1 << 2;
pub const UPPER: u32 = 1 << 3;
pub const LOWER: u32 = 1 << 4;
pub const TITLE: u32 = 1 << 5;
/// A decimal digit of any script.
pub const DIGIT: u32 = 1 << 6;
/// Invisible: it counts neither for a line's length nor for its shape.
pub const FORMAT: u32 = 1 << 7;
/// As wide as three Latin letters.
pub const WIDE: u32 = 1 << 8;
/// NFC may change it, or what stands beside it.
pub const UNSURE: u32 = 1 << 9;
/// Of a script that is written without full stops.
pub const OPEN: u32 = 1 << 10;
/// Of a script that puts no spaces between words.
pub const UNSPACED: u32 = 1 << 11;
pub const ENDS: u32 = 1 << 12;
/// May stand behind what ends a sentence.
pub const BEHIND: u32 = 1 << 13;
// Bit 14: continues a syllable; `ASK` says it, too.
pub const QUOTE: u32 = 1 << 21;
/// Takes three bytes in UTF-8 and says no more than a Latin letter.
pub const LEAN: u32 = 1 << 22;
/// Ends a sentence also within a line, without a space behind it.
pub const STOPS_INSIDE: u32 = 1 << 23;
pub const LEFT: u32 = 1 << 24;
pub const RIGHT: u32 = 1 << 25;
pub const NO_LETTER: u32 = 1 << 26;
pub const AROUND: u32 = 1 << 27;
pub const LABEL_END: u32 = 1 << 28;
/// So many bits say the kinds.
pub const KINDS: u32 = 29;

const END_CODE: u32 = 15;
const START_CODE: u32 = 18;

/// What a character is to the tokens of a line (see `words`): one of these bits, or none.
pub mod class {
    pub const LETTER: u32 = 1 << 6;
    pub const FIGURE: u32 = 1 << 7;
    /// A letter of a script without spaces: a token by itself, except within a run of letters.
    pub const IDEOGRAPH: u32 = 1 << 8;
    /// Anything else of such a script: a token by itself.
    pub const UNSPACED: u32 = 1 << 9;
    /// No character.
    pub const NOTHING: u32 = 1 << 10;

    #[inline]
    pub fn of(kinds: u32) -> u32 {
        if kinds & (super::DIGIT | super::UNSPACED | super::ALNUM) == 0 {
            0
        } else if kinds & super::DIGIT != 0 {
            FIGURE
        } else if kinds & super::UNSPACED == 0 {
            LETTER
        } else if kinds & super::ALNUM != 0 {
            IDEOGRAPH
        } else {
            UNSPACED
        }
    }
}

/// A lookup spelling: up to six bytes of UTF-8, the first in the lowest bits. The upper sixteen bits say its length in
/// bytes and in characters, three bits each; the class of its characters; and these.
#[derive(Clone, Copy)]
pub struct Spelling(u64);

pub const MOST_SPELLED: usize = 6;
const SAID: u32 = 48;
const COUNT: u32 = 3;
/// The characters of the spelling are of several classes.
const MIXED: u32 = 1 << 12;
/// The character counts as white space.
const BLANK: u32 = 1 << 13;
/// Only Python can spell the character, with what stands beside it.
const ASK: u32 = 1 << 14;
const SPELLED: u32 = 1 << 15;

impl Spelling {
    /// Takes what Python gives: characters of so many bits, the first in the lowest ones, or all ones.
    fn new(mut given: u64) -> Self {
        const BITS: u32 = 21;
        let saying = |said: u32| Spelling(u64::from(said | SPELLED) << SAID);
        let mut text = String::new();
        if given == u64::MAX {
            return saying(ASK);
        }
        while given != 0 {
            text.extend(char::from_u32((given & ((1 << BITS) - 1)) as u32));
            given >>= BITS;
        }
        if text == " " {
            return saying(BLANK);
        }
        if text.len() > MOST_SPELLED || text.contains(' ') {
            return saying(ASK);
        }
        let class_of = |letter| class::of(if letter == '\0' { 0 } else { kinds(letter) });
        let class = text.chars().next().map_or(class::NOTHING, class_of);
        let count = text.chars().count();
        let single = count == 1 || class & (class::IDEOGRAPH | class::UNSPACED) == 0;
        let mixed = if single && text.chars().all(|letter| class_of(letter) == class) { 0 } else { MIXED };
        let bytes = text.bytes().rev().fold(0, |bytes, each| bytes << 8 | u64::from(each));
        Spelling(saying(text.len() as u32 | (count as u32) << COUNT | class | mixed).0 | bytes)
    }

    #[inline]
    fn said(self) -> u32 {
        (self.0 >> SAID) as u32
    }

    #[inline]
    pub fn is_blank(self) -> bool {
        self.said() & BLANK != 0
    }

    #[inline]
    pub fn is_asked(self) -> bool {
        self.said() & ASK != 0
    }

    /// It is not of one class, it is white space, or Python has to be asked.
    #[inline]
    pub fn is_special(self) -> bool {
        self.said() & (ASK | BLANK | MIXED) != 0
    }

    /// The spelling, and more behind it.
    #[inline]
    pub fn bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// The number of its bytes.
    #[inline]
    pub fn len(self) -> usize {
        (self.said() & 7) as usize
    }

    /// The number of its characters.
    #[inline]
    pub fn count(self) -> usize {
        (self.said() >> COUNT & 7) as usize
    }

    #[inline]
    pub fn class(self) -> u32 {
        const ALL: u32 = class::LETTER | class::FIGURE | class::IDEOGRAPH | class::UNSPACED | class::NOTHING;
        self.said() & ALL
    }
}

/// Is set of every character that is known.
const KNOWN: u32 = 1 << 31;

const CHARACTERS: usize = char::MAX as usize + 1;

// All zeros until a character is met. The system gives memory for the parts of them that are written to, and no other.
static OF_EACH: [AtomicU32; CHARACTERS] = [const { AtomicU32::new(0) }; CHARACTERS];
static SPELLINGS: [AtomicU64; CHARACTERS] = [const { AtomicU64::new(0) }; CHARACTERS];
static TEACHER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Asks Python for a character. Never while a lock is held, because it waits for the interpreter.
#[cold]
fn learn(letter: char) -> u32 {
    let (kinds, spelled) = Python::attach(|py| -> PyResult<(u32, u64)> {
        let teacher = TEACHER.get_or_try_init(py, || -> PyResult<Py<PyAny>> {
            Ok(py.import("stream.core.native.alphabet")?.getattr("known")?.unbind())
        })?;
        teacher.bind(py).call1((letter,))?.extract()
    })
    .unwrap_or_else(|error| raise(error));
    OF_EACH[letter as usize].store(kinds | KNOWN, Ordering::Relaxed);
    SPELLINGS[letter as usize].store(Spelling::new(spelled).0, Ordering::Relaxed); // which asks for kinds
    kinds | KNOWN
}

/// The kinds of a character.
#[inline]
pub fn kinds(letter: char) -> u32 {
    match OF_EACH[letter as usize].load(Ordering::Relaxed) {
        0 => learn(letter),
        kinds => kinds,
    }
}

#[inline]
pub fn is(letter: char, kind: u32) -> bool {
    kinds(letter) & kind != 0
}

/// `ALNUM` or the underscore: what regular expressions call a word character.
#[inline]
pub fn is_word(letter: char) -> bool {
    letter == '_' || is(letter, ALNUM)
}

/// The code of what a line ends with.
#[inline]
pub fn end_code(kinds: u32) -> u32 {
    kinds >> END_CODE & 7
}

/// The code of what a line begins with.
#[inline]
pub fn start_code(kinds: u32) -> u32 {
    kinds >> START_CODE & 7
}

/// The lookup spelling.
#[inline]
pub fn spelled(letter: char) -> Spelling {
    match SPELLINGS[letter as usize].load(Ordering::Relaxed) {
        0 => {
            learn(letter);
            Spelling(SPELLINGS[letter as usize].load(Ordering::Relaxed))
        }
        spelled => Spelling(spelled),
    }
}
