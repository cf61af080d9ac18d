//! Splits a text into lines, and tells which are equal. Twin: stream/core/paragraphs.py.

use crate::text::{self, Line};
use hashbrown::HashMap;
use std::borrow::Cow;
use std::hash::Hash;

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
        let (collapsed, is_unsure) = text::collapsed(line);
        if is_unsure {
            unsure.push(normals.len());
        }
        normals.push(collapsed);
    }
    compose(&mut normals, &unsure);
    first_places(normals.iter().map(|normal| Some(&**normal).filter(|normal| !normal.is_empty())))
}

/// For each key the index where it first occurs; `BLANK` where there is none.
pub fn first_places<K: Hash + Eq>(keys: impl ExactSizeIterator<Item = Option<K>>) -> Vec<usize> {
    let mut seen = HashMap::with_capacity(keys.len());
    let mut place = |(at, key)| *seen.entry(key).or_insert(at);
    keys.enumerate().map(|(at, key)| key.map_or(BLANK, |key| place((at, key)))).collect()
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
