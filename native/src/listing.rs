//! Which lines are source code. Twin: stream/core/listing.py, whose regular expressions are written out here.
//!
//! Most of them know ASCII letters only, so bytes of UTF-8 are looked at.

use crate::alphabet::is_word;
use crate::text::{self, Line, Page, marks};

const CLOSES: [&str; 9] = ["{", "}", "};", "});", ");", "):", "},", "],", "];"];
const ENDS: [&str; 8] = [";", ",", ")", "[", "]", "(", ":", "{"];
const COMMENT: [&str; 6] = ["//", "/*", "# ", "\"\"\"", "'''", "<!--"];
const ADDRESS: [&str; 3] = ["http://", "https://", "www."];
const OPERATORS: [&str; 5] = ["&&", "||", "**", "<<", ":="];
/// The most words for each sign of code, in a line that is not indented, and in one that is.
const PART: usize = 4;
const PART_INDENTED: usize = 7;
const STATEMENTS: [&str; 7] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "ALTER ", "WITH "];
const CLAUSES: [&str; 7] = ["FROM", "VALUES", "SET", "TABLE", "INDEX", "VIEW", "AS"];

/// Whether a line is code, on its own or because of the lines beside it. The lines are as they stand in the article.
pub fn is_code<P: Page + ?Sized>(page: &P, at: usize) -> bool {
    let line = page.line(at);
    may_be_code(&line) && (is_code_alone(&line) || hangs(page, at))
}

/// Whether a line has anything that code always has.
pub fn may_be_code(line: &Line) -> bool {
    let bytes = line.text.as_bytes();
    if matches!(bytes.first(), Some(b' ' | b'\t')) {
        return true;
    }
    let start = bytes.strip_prefix(b"- ").unwrap_or(bytes);
    for part in [bytes, start].into_iter().filter(|_| line.has(marks::COLON)) {
        let word = memchr::memchr2(b' ', b':', part);
        if word.is_some_and(|at| part[at] == b':') {
            return true;
        }
    }
    if bytes.starts_with(b"$ ") {
        return true;
    }
    if !line.has(marks::CODE) {
        return false;
    }
    for (at, &byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let found = match byte {
            b'{' | b'}' | b'<' | b'>' | b'=' | b'_' | b'|' | b'\\' | b'`' => true,
            b'&' => next == b'&',
            b'-' => next == b'-',
            b'$' => next.is_ascii_alphabetic() || matches!(next, b'_' | b'{' | b'('),
            b'(' => at > 0 && (bytes[at - 1] == b'.' || ends_in_word(&line.text[..at])),
            b'[' => at > 0 && ends_in_word(&line.text[..at]),
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

/// Whether a line is code regardless of the lines beside it; an item of several rows if half of its rows are.
pub fn is_code_alone(line: &Line) -> bool {
    if !may_be_code(line) {
        return false;
    }
    let text = line.text;
    if !text::strip(text).contains('\n') {
        return alone(text);
    }
    let rows = text.split('\n').filter(|row| !text::is_blank(row));
    let (mut code, mut all) = (0, 0);
    for row in rows {
        code += usize::from(alone(row));
        all += 1;
    }
    2 * code >= all
}

/// Whether a line is code because it continues the code in the line above or below it.
pub fn hangs<P: Page + ?Sized>(page: &P, at: usize) -> bool {
    let line = page.line(at);
    may_be_code(&line) && !text::strip(line.text).contains('\n') && continues(line.text) && beside(page, at)
}

/// Whether the nearest line above or below that is not blank is code on its own.
fn beside<P: Page + ?Sized>(page: &P, at: usize) -> bool {
    let code = |near: usize| alone(page.line(near).text);
    let there = |near: &usize| !text::is_blank(page.line(*near).text);
    (0..at).rev().find(there).is_some_and(code) || (at + 1..page.size()).find(there).is_some_and(code)
}

/// Whether a single row is code regardless of the rows beside it.
fn alone(line: &str) -> bool {
    let text = text::strip(line);
    if text.is_empty() {
        return false;
    }
    if begins(text) || is_value(text) || (ends(text) && has_call(text)) {
        return true;
    }
    let bytes = text.as_bytes();
    if bytes[0] == b'|' && bytes[bytes.len() - 1] == b'|' && memchr::memchr_iter(b'|', bytes).count() > 2 {
        return true;
    }
    if !is_indented(line) {
        let (found, words) = signs(text);
        return is_statement(text) || is_style(text) || (found > 1 && found * PART >= words);
    }
    if text::begins(text, &COMMENT) || is_key(text) || is_worded(text) || is_token(text) {
        return !text::begins(text, &ADDRESS);
    }
    let (found, words) = signs(text);
    found > 0 && found * PART_INDENTED >= words
}

fn closes(text: &str) -> bool {
    CLOSES.iter().any(|each| text.ends_with(each))
}

fn ends(text: &str) -> bool {
    ENDS.iter().any(|each| text.ends_with(each)) || closes(text)
}

/// `_BEGIN`: a prompt, or a fence.
fn begins(text: &str) -> bool {
    let after = |prompt: &str| text.strip_prefix(prompt).and_then(|rest| rest.bytes().next());
    after("$ ").is_some_and(|each| each.is_ascii_lowercase() || matches!(each, b'.' | b'/'))
        || after(">>> ").is_some_and(|each| each.is_ascii_lowercase() || each == b'_')
        || text.starts_with("```")
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_name_byte(byte: u8) -> bool {
    is_word_byte(byte) || matches!(byte, b'.' | b'-')
}

/// The length of a name at the beginning: a letter or underscore, then what `_VALUE` and `_KEY` allow.
fn name(bytes: &[u8], unicode: bool) -> usize {
    if !bytes.first().is_some_and(|each| each.is_ascii_alphabetic() || *each == b'_') {
        return 0;
    }
    if !unicode {
        return bytes.iter().take_while(|&&each| is_name_byte(each)).count();
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return 0 };
    text.find(|each| !(is_word(each) || matches!(each, '.' | '-'))).unwrap_or(text.len())
}

/// `_VALUE`: a name, " = ", and what a value begins with, or a single word. A dot matches no line feed.
fn is_value(text: &str) -> bool {
    let end = name(text.as_bytes(), false);
    let Some(value) = text[end..].strip_prefix(" = ").filter(|_| end > 0) else { return false };
    let opens = value.starts_with(['"', '\'', '[', '{']) && !value.contains('\n');
    opens || (!value.is_empty() && !value.contains(is_space_of_ascii))
}

/// What `\s` matches in a regular expression for ASCII.
fn is_space_of_ascii(each: char) -> bool {
    matches!(each, ' ' | '\t'..='\r')
}

/// `_CALL`
fn has_call(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'(', bytes).any(|at| {
        let rest = bytes[at + 1..].strip_prefix(b"f").unwrap_or(&bytes[at + 1..]);
        matches!(rest.first(), Some(b'"' | b'\'')) && ends_in_word(&text[..at])
    })
}

/// `_INDENTED`
fn is_indented(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('\t').or_else(|| line.strip_prefix("  ")) else { return false };
    // White space of another kind may be what is not white space to `[ \t]`, but it is to `\S`.
    rest.trim_start_matches([' ', '\t']).chars().next().is_some_and(|each| !text::is_space(each))
}

/// `_STATEMENT`
fn is_statement(text: &str) -> bool {
    let Some(rest) = STATEMENTS.iter().find_map(|each| text.strip_prefix(each)) else { return false };
    let rest = rest.split('\n').next().unwrap_or("");
    let is_edge = |each: Option<char>| !each.is_some_and(is_word);
    CLAUSES.iter().any(|clause| {
        rest.match_indices(clause).any(|(at, _)| {
            // The blank before the clause may be the one behind the statement's first word.
            is_edge(rest[..at].chars().next_back()) && is_edge(rest[at + clause.len()..].chars().next())
        })
    })
}

/// `_STYLE`: at least two of "name: value;", with white space after each.
fn is_style(text: &str) -> bool {
    let mut rest = text;
    let mut found = 0;
    while !rest.is_empty() {
        let end = rest.find(|each| !(is_word(each) || each == '-')).unwrap_or(rest.len());
        let Some(value) = rest[end..].strip_prefix(": ").filter(|_| end > 0) else { return false };
        let Some(stop) = value.find(';').filter(|&stop| stop > 0) else { return false };
        rest = value[stop + 1..].trim_start_matches(text::is_space);
        found += 1;
    }
    found > 1
}

/// `_KEY`
fn is_key(text: &str) -> bool {
    [text.strip_prefix("- "), Some(text)].into_iter().flatten().any(is_bare_key)
}

fn is_bare_key(text: &str) -> bool {
    let rest = text.strip_prefix(['"', '\'']).unwrap_or(text);
    let end = name(rest.as_bytes(), true);
    if end == 0 {
        return false;
    }
    let rest = &rest[end..];
    let Some(rest) = rest.strip_prefix(['"', '\'']).unwrap_or(rest).strip_prefix(':') else { return false };
    [rest.strip_prefix(' '), Some(rest)].into_iter().flatten().any(|value| {
        value.is_empty()
            || value.bytes().all(|each| (0x21..=0x7e).contains(&each))
            || (value.starts_with(['[', '{', '"', '\'']) && !value.contains('\n'))
            || value.strip_suffix(';').is_some_and(|before| !before.contains(';'))
    })
}

/// `_WORD`: a word in small letters, and a quoted string.
fn is_worded(text: &str) -> bool {
    if !text.bytes().next().is_some_and(|each| each.is_ascii_lowercase() || each == b'_') {
        return false;
    }
    let end = text.find(|each| !(is_word(each) || each == '.')).unwrap_or(text.len());
    let rest = &text[end..];
    let Some(rest) = rest.strip_prefix(' ').unwrap_or(rest).strip_prefix(['"', '\'']) else { return false };
    let rest = rest.strip_suffix([';', ',']).unwrap_or(rest);
    rest.strip_suffix(['"', '\'']).is_some_and(|inner| !inner.contains('\n'))
}

/// `_TOKEN`
fn is_token(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|each| (0x21..=0x7e).contains(&each))
}

/// Counts the signs of code in a line, and its words.
fn signs(text: &str) -> (usize, usize) {
    let braced = text.starts_with("{ ") && text.ends_with(" }"); // these braces may enclose a sentence
    let text = if braced { text.get(2..text.len() - 2).unwrap_or("") } else { text };
    let (mut found, mut words, mut between) = (0, 0, 0);
    for word in text::split(text) {
        words += 1;
        between += usize::from(word.len() == 1 && b"-+*/%<>|&".contains(&word.as_bytes()[0]));
        if !text::begins(word, &ADDRESS) {
            found += signs_in(word);
        }
    }
    if ends(text) {
        found += between;
    }
    if closes(text) && (found > 0 || words == 1) {
        found += 2;
    } else if text.ends_with(';') && found > 0 {
        found += 1;
    }
    (found, words)
}

/// Counts what `_CODE` finds in a word.
fn signs_in(word: &str) -> usize {
    let bytes = word.as_bytes();
    let (mut at, mut found) = (0, 0);
    while at < bytes.len() {
        match sign_at(bytes, at) {
            Some(end) => {
                found += 1;
                at = end.max(at + 1);
            }
            None => at += 1,
        }
    }
    found
}

/// The end of the sign of code that begins at `at`, by the first alternative of `_CODE` that matches there.
fn sign_at(bytes: &[u8], at: usize) -> Option<usize> {
    let byte = bytes[at];
    let get = |more: usize| bytes.get(at + more).copied().unwrap_or(0);
    let (next, third) = (get(1), get(2));
    let word = is_word_byte(byte);
    if (word || byte == b'.') && next == b'(' && !is_optional_plural(&bytes[at + 2..]) {
        return Some(at + 2);
    }
    if byte.is_ascii_alphanumeric() && next == b'_' && third.is_ascii_alphanumeric() {
        return Some(at + 3);
    }
    if at == 0 && is_operator(bytes) {
        return Some(bytes.len());
    }
    if word && next == b'=' && (is_word_byte(third) || b"\"'{[($/".contains(&third)) && at + 2 < bytes.len() {
        return Some(at + 3);
    }
    if matches!(byte, b'{' | b'}' | b'\\') {
        return Some(at + 1);
    }
    if word && next == b'[' {
        return Some(at + 2);
    }
    if byte == b':' && next == b':' && is_word_byte(third) {
        return Some(at + 3);
    }
    if word && next == b'-' && third == b'>' && is_word_byte(get(3)) {
        return Some(at + 4);
    }
    let two = matches!((byte, next), (b'=', b'>') | (b'!' | b'=', b'=') | (b'&', b'&') | (b'|', b'|'));
    if two || matches!((byte, next), (b'<', b'/') | (b'/', b'>')) {
        return Some(at + 2);
    }
    if at == 0 && byte == b'<' && (next.is_ascii_lowercase() || next == b'!') {
        return Some(2);
    }
    if byte == b'%' && matches!(next, b's' | b'd' | b'f') {
        return Some(at + 2);
    }
    if byte == b'$' && (next.is_ascii_alphabetic() || matches!(next, b'_' | b'{' | b'(')) {
        return Some(at + 2);
    }
    if at == 0 {
        if is_option(bytes) {
            return Some(bytes.len());
        }
        if let Some(end) = path_end(bytes) {
            return Some(end);
        }
        if let Some(word) = [&b"#include"[..], b"#define", b"#!"].into_iter().find(|each| bytes.starts_with(each)) {
            return Some(word.len());
        }
    }
    None
}

/// `\w{1,3}\)$`: what stands behind the bracket of "article(s)".
fn is_optional_plural(rest: &[u8]) -> bool {
    let Some((&last, letters)) = rest.split_last() else { return false };
    last == b')' && (1..=3).contains(&letters.len()) && letters.iter().all(|&each| is_word_byte(each))
}

/// `^[-+*/:!<>=&|]?=+>?$ | ^->$ | ^(?:&&|\|\||\*\*|<<|:=)$`
fn is_operator(bytes: &[u8]) -> bool {
    if bytes == b"->" || OPERATORS.iter().any(|each| each.as_bytes() == bytes) {
        return true;
    }
    let equals = |rest: &[u8]| {
        let rest = rest.strip_suffix(b">").unwrap_or(rest);
        !rest.is_empty() && rest.iter().all(|&each| each == b'=')
    };
    equals(bytes) || (b"-+*/:!<>=&|".contains(&bytes[0]) && equals(&bytes[1..]))
}

/// `^--?[a-z][\w=-]*$`
fn is_option(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"-") else { return false };
    let rest = rest.strip_prefix(b"-").unwrap_or(rest);
    rest.first().is_some_and(u8::is_ascii_lowercase)
        && rest.iter().all(|&each| is_word_byte(each) || matches!(each, b'=' | b'-'))
}

/// `^["'(]?(?:~|\.{1,2})?/\w[\w.-]*/`
fn path_end(bytes: &[u8]) -> Option<usize> {
    let mut at = usize::from(matches!(bytes[0], b'"' | b'\'' | b'('));
    let rest = &bytes[at..];
    at += if rest.starts_with(b"..") { 2 } else { usize::from(matches!(rest.first(), Some(b'~' | b'.'))) };
    let rest = bytes.get(at..)?.strip_prefix(b"/")?;
    if !rest.first().is_some_and(|&each| is_word_byte(each)) {
        return None;
    }
    let name = rest.iter().take_while(|&&each| is_name_byte(each)).count();
    (rest.get(name) == Some(&b'/')).then_some(at + 1 + name + 1)
}

/// `_hangs`: whether a row has a form that continues code: indented, a key, or ending with a bracket.
fn continues(line: &str) -> bool {
    let text = text::strip(line);
    is_indented(line) || is_key(text) || closes(text)
}
