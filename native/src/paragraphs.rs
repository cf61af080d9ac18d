//! Splits a text into lines, and tells which are equal. Twin: stream/core/paragraphs.py.

use crate::alphabet as abc;
use crate::text::{self, Line};
use hashbrown::HashMap;
use std::borrow::Cow;

const SEPARATORS: [char; 4] = ['\n', '\r', '\u{2029}', '\u{2028}'];
/// The place of a blank line.
pub const BLANK: usize = usize::MAX;

/// What separates the lines: a line feed if there is one, else another of `SEPARATORS`.
pub fn separator_of(text: &str) -> char {
    SEPARATORS.into_iter().find(|&each| text.contains(each)).unwrap_or('\n')
}

pub fn split(text: &str, separator: char) -> Vec<Line<'_>> {
    if separator == '\n' {
        let mut lines = Vec::with_capacity(text.len() / 48 + 4);
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
            lines.push(Line::new(&text[begin..end]));
            begin = end + 1;
        }
        lines.push(Line::new(&text[begin..]));
        return lines;
    }
    text.split(separator).map(Line::new).collect()
}

/// For each line the index of the first one with the same normal form; `BLANK` for a blank one.
pub fn first_of(lines: &[Line]) -> Vec<usize> {
    let mut normals: Vec<Cow<str>> = Vec::with_capacity(lines.len());
    let mut unsure = Vec::new();
    for line in lines {
        normals.push(normal_of(line, || unsure.push(normals.len())));
    }
    compose(&mut normals, &unsure);
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(normals.len());
    let place = |(at, normal)| match normal {
        "" => BLANK,
        _ => *seen.entry(normal).or_insert(at),
    };
    normals.iter().map(|normal| &**normal).enumerate().map(place).collect()
}

/// The line with white space collapsed; calls `unsure` if NFC may change it.
fn normal_of<'a>(line: &Line<'a>, unsure: impl FnOnce()) -> Cow<'a, str> {
    if line.kinds & (abc::SPACE | abc::UNSURE) == 0 {
        let stripped = text::strip(line.text);
        if text::is_plainly_spaced(stripped) {
            return Cow::Borrowed(stripped);
        }
    }
    if line.kinds & abc::UNSURE != 0 {
        unsure();
    }
    Cow::Owned(text::joined(text::split(line.text)))
}

/// Applies NFC to some of the lines, at once: no mark moves across a line feed, and none of them holds one.
fn compose(normals: &mut [Cow<str>], unsure: &[usize]) {
    if unsure.is_empty() {
        return;
    }
    let whole: Vec<&str> = unsure.iter().map(|&at| &*normals[at]).collect();
    let composed = text::composed(&whole.join("\n"));
    for (&at, line) in unsure.iter().zip(composed.split('\n')) {
        if *normals[at] != *line {
            normals[at] = Cow::Owned(line.to_owned());
        }
    }
}
