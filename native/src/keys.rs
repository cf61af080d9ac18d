//! The keys of a line alone, for whoever does not need its words.

use crate::tokens::Tokens;
use crate::words::{self, KEYS};

/// Works out keys; it keeps its room from line to line.
pub struct Keys {
    tokens: Tokens,
    spelled: String,
}

impl Keys {
    pub fn new() -> Self {
        Keys { tokens: Tokens::new(), spelled: String::new() }
    }

    pub fn of(&mut self, line: &str) -> [u64; KEYS] {
        words::keys(line, &mut self.tokens, &mut self.spelled)
    }
}
