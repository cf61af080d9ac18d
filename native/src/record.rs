//! Reads the JSON of a sketch's record as it is written here, and no other. The record holds no control characters.

use std::borrow::Cow;

const HASH: usize = 16;

/// Whether these are hexadecimal digits as they are written here.
fn are_digits(text: &str) -> bool {
    text.bytes().all(|each| matches!(each, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is still to be read of a record: from a place on.
pub struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    pub fn new(text: &'a str) -> Self {
        Rest { text, at: 0 }
    }

    /// Whether this is all that is left.
    pub fn is(&self, expected: &str) -> bool {
        &self.text[self.at..] == expected
    }

    pub fn take(&mut self, expected: &str) -> Option<()> {
        let is_there = self.text.as_bytes()[self.at..].starts_with(expected.as_bytes());
        is_there.then(|| self.at += expected.len())
    }

    fn take_byte(&mut self, expected: u8) -> Option<()> {
        (self.text.as_bytes().get(self.at) == Some(&expected)).then(|| self.at += 1)
    }

    /// The items of a list up to its end, of which the bracket at the beginning has been read. There may be so many.
    pub fn list<T>(&mut self, many: usize, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::with_capacity(many);
        if self.take_byte(b']').is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            if self.take_byte(b']').is_some() {
                return Some(items);
            }
            self.take_byte(b',')?;
        }
    }

    pub fn hash(&mut self) -> Option<u64> {
        self.take_byte(b'"')?;
        let digits = self.text.get(self.at..self.at + HASH)?;
        self.at += HASH;
        self.take_byte(b'"')?;
        u64::from_str_radix(digits, 16).ok().filter(|_| are_digits(digits))
    }

    pub fn number(&mut self) -> Option<usize> {
        let rest = &self.text.as_bytes()[self.at..];
        let size = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = &self.text[self.at..self.at + size];
        self.at += size;
        digits.parse().ok().filter(|_| size == 1 || !digits.starts_with('0'))
    }

    /// A part of a string up to its end, or to a backslash; and which of these it is, which is read, too.
    fn part(&mut self) -> Option<(&'a str, u8)> {
        let rest = &self.text.as_bytes()[self.at..];
        let size = memchr::memchr2(b'"', b'\\', rest)?;
        let part = &self.text[self.at..self.at + size];
        self.at += size + 1;
        Some((part, rest[size]))
    }

    pub fn string(&mut self) -> Option<Cow<'a, str>> {
        self.take_byte(b'"')?;
        let (part, mut mark) = self.part()?;
        if mark == b'"' {
            return Some(Cow::Borrowed(part));
        }
        let mut made = String::with_capacity(2 * part.len());
        made.push_str(part);
        while mark != b'"' {
            made.push(self.escaped()?);
            let (part, next) = self.part()?;
            made.push_str(part);
            mark = next;
        }
        Some(Cow::Owned(made))
    }

    /// The character that stands behind a backslash, if it is one that has to be written so.
    fn escaped(&mut self) -> Option<char> {
        let mark = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        match mark {
            b'"' | b'\\' => Some(char::from(mark)),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{c}'),
            b'u' => {
                let is_control = |each: &char| *each < ' ' && !matches!(each, '\u{8}'..='\n' | '\u{c}' | '\r');
                let digits = self.text.get(self.at..self.at + 4).filter(|digits| are_digits(digits))?;
                self.at += 4;
                char::from_u32(u32::from_str_radix(digits, 16).ok()?).filter(is_control)
            }
            _ => None,
        }
    }
}
