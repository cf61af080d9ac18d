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

const END_CODE: u32 = 15;
const START_CODE: u32 = 18;

/// The spelling of a character that only Python can spell, with what stands beside it.
pub const ASK: u64 = u64::MAX;
const SPELLED_BITS: u32 = 21;

/// Is set of every character that is known.
const KNOWN: u32 = 1 << 31;

const CHARACTERS: usize = char::MAX as usize + 1;

// All zeros until a character is met. The system gives memory for the parts of them that are written to, and no other.
static KINDS: [AtomicU32; CHARACTERS] = [const { AtomicU32::new(0) }; CHARACTERS];
static SPELLED: [AtomicU64; CHARACTERS] = [const { AtomicU64::new(0) }; CHARACTERS];
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
    SPELLED[letter as usize].store(spelled, Ordering::Relaxed);
    KINDS[letter as usize].store(kinds | KNOWN, Ordering::Release); // after its spelling, for who sees that it is known
    kinds | KNOWN
}

/// The kinds of a character.
#[inline]
pub fn kinds(letter: char) -> u32 {
    match KINDS[letter as usize].load(Ordering::Acquire) {
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

/// The lookup spelling: up to three characters, the first in the lowest bits; or `ASK`.
#[inline]
pub fn spelled(letter: char) -> u64 {
    kinds(letter);
    SPELLED[letter as usize].load(Ordering::Relaxed)
}

/// Takes the characters of a spelling apart.
#[inline]
pub fn letters_of(mut spelled: u64) -> impl Iterator<Item = char> {
    std::iter::from_fn(move || {
        let letter = char::from_u32(spelled as u32 & ((1 << SPELLED_BITS) - 1));
        let any = spelled != 0;
        spelled >>= SPELLED_BITS;
        letter.filter(|_| any)
    })
}
