//! Where in a JSON object the value of a field stands. Twin: `value_span` in stream/records/splice.py.
//!
//! The answer is right only for what a parser has accepted. For anything else it is None or some place in the value.

use pyo3::prelude::*;

/// The place after the quote that closes the string whose first quote is at `begin`.
fn string_end(value: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin + 1;
    loop {
        at += memchr::memchr(b'"', value.get(at..)?)?;
        let escapes = value[begin + 1..at].iter().rev().take_while(|&&each| each == b'\\').count();
        if escapes % 2 == 0 {
            return Some(at + 1);
        }
        at += 1;
    }
}

/// The begin and end of the value of the last field with this name, which is given in JSON, with quotes.
///
/// None if there is none, or if the name of any field has an escape and so may be this one in another spelling.
#[pyfunction]
pub fn span(value: &[u8], name: &[u8]) -> Option<(usize, usize)> {
    let (mut at, mut depth) = (0, 0i64);
    let (mut last_name, mut opened, mut found): (&[u8], Option<usize>, Option<(usize, usize)>) = (b"", None, None);
    while at < value.len() {
        let mark = value[at];
        match mark {
            b'"' => {
                let after = string_end(value, at)?;
                if depth == 1 && opened.is_none() {
                    last_name = &value[at..after];
                }
                at = after;
                continue;
            }
            b'[' | b'{' => depth += 1,
            b':' if depth == 1 && !last_name.is_empty() => {
                if last_name.contains(&b'\\') {
                    return None;
                }
                if last_name == name {
                    opened = Some(at + 1);
                }
            }
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        if (mark == b',' && depth == 1) || (mark == b'}' && depth == 0) {
            found = opened.take().map(|begin| (begin, at)).or(found);
        }
        if mark == b'}' && depth == 0 {
            break;
        }
        at += 1;
    }
    let (begin, end) = found?;
    let blank = |each: &u8| matches!(each, b' ' | b'\t' | b'\r' | b'\n');
    let inner = &value[begin..end];
    let before = inner.iter().take_while(|each| blank(each)).count();
    let after = inner[before..].iter().rev().take_while(|each| blank(each)).count();
    Some((begin + before, end - after))
}
