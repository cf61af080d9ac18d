//! Splits a text into lines, and tells which are equal. Twin: stream/core/paragraphs.py.

use crate::text::{self, Line};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::borrow::Cow;
use std::hash::BuildHasher;

const SEPARATORS: [char; 4] = ['\n', '\r', '\u{2029}', '\u{2028}'];
/// The place of a blank line.
pub const BLANK: u32 = u32::MAX;

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
pub fn first_of(lines: &[Line]) -> Vec<u32> {
    let normals = Normals::new(lines);
    let hasher = DefaultHashBuilder::default();
    let hash = |normal: &str| hasher.hash_one(normal.as_bytes());
    let mut seen: HashTable<u32> = HashTable::with_capacity(lines.len());
    let mut first = Vec::with_capacity(lines.len());
    for (at, normal) in (0..).zip(normals.all()) {
        if normal.is_empty() {
            first.push(BLANK);
            continue;
        }
        let is_equal = |&other: &u32| normals.of(other) == normal;
        let entry = seen.entry(hash(normal), is_equal, |&other| hash(normals.of(other)));
        first.push(*entry.or_insert(at).get());
    }
    first
}

/// For each of some lines the index, among these, of the first one that is equal; `first` is what `first_of` gives.
pub fn first_among(first: &[u32], some: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut numbers = vec![BLANK; first.len()];
    let number = |(at, line): (u32, usize)| {
        let to = &mut numbers[first[line] as usize];
        *to = u32::min(*to, at);
        *to
    };
    (0..).zip(some).map(number).collect()
}

/// The normal forms of lines.
struct Normals<'l, 'a> {
    lines: &'l [Line<'a>],
    /// Of those where it is not the line without white space at its ends, by their indices, in order.
    others: Vec<(u32, Cow<'a, str>)>,
}

impl<'l, 'a> Normals<'l, 'a> {
    fn new(lines: &'l [Line<'a>]) -> Self {
        let (mut others, mut unsure) = (Vec::new(), Vec::new());
        for (at, line) in (0..).zip(lines) {
            let (collapsed, is_unsure) = text::collapsed(line);
            if is_unsure {
                unsure.push(others.len());
            }
            if is_unsure || matches!(collapsed, Cow::Owned(_)) {
                others.push((at, collapsed));
            }
        }
        compose(&mut others, &unsure);
        Normals { lines, others }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let mut others = self.others.iter().peekable();
        (0..).zip(self.lines).map(move |(at, line)| match others.next_if(|(other, _)| *other == at) {
            Some((_, normal)) => &**normal,
            None => line.stripped_text(),
        })
    }

    fn of(&self, at: u32) -> &str {
        match self.others.binary_search_by_key(&at, |&(other, _)| other) {
            Ok(place) => &self.others[place].1,
            Err(_) => self.lines[at as usize].stripped_text(),
        }
    }
}

/// Applies NFC to some of the lines, at once: no mark moves across a line feed, and none of them holds one.
fn compose(normals: &mut [(u32, Cow<str>)], unsure: &[usize]) {
    if unsure.is_empty() {
        return;
    }
    let whole: Vec<&str> = unsure.iter().map(|&at| &*normals[at].1).collect();
    let composed = text::composed(&whole.join("\n"));
    for (&at, line) in unsure.iter().zip(composed.split('\n')) {
        if *normals[at].1 != *line {
            normals[at].1 = Cow::Owned(line.to_owned());
        }
    }
}
