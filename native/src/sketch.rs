//! What has to be known of an article to learn from it. Twins: `sketch` in stream/learner/observation.py, `write_sketch`
//! and `read_sketch` in stream/learner/messages.py.

use crate::cleaning::{self, How, Seen};
use crate::guarded::guarded;
use crate::heard::Heard;
use crate::looks::{Chosen, Looks};
use crate::page;
use crate::paragraphs::{self, first_of, separator_of};
use crate::record::Rest;
use crate::rules::RuleSet;
use crate::text::{self, Line, Page};
use crate::words::bounds;
use crate::{Cleaner, Given, Known, paragraphs_of, whole_of};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use std::borrow::Cow;
use std::sync::OnceLock;
use xxhash_rust::xxh3::xxh3_64;

pub const PARAGRAPHS: usize = 16;
const LINES: usize = 2000;
const MOST_BYTES: usize = 1 << 16;
/// So many bytes of a record a line has in the mean, or more.
const LINE: usize = 48;
/// So many bytes are looked at at once.
const CHUNK: usize = 8;

/// An article as its site learns from it.
pub struct Sketch<'a> {
    pub told: Vec<u64>,
    pub end: usize,
    pub lines: Vec<Cow<'a, str>>,
}

/// Looks at an article's lines, of which none is blank or a repeat.
pub fn sketch<'p>(looks: &'p Looks, heard: &Heard, rules: &RuleSet) -> Sketch<'p> {
    let page = Chosen { looks, numbers: &looks.numbers() };
    let (codes, _) = page::read(page, heard, rules);
    let (texts, count) = (page.bare(), page.len());
    let story = codes.iter().rposition(|line| line.is_prose()).map_or(0, |last| last + 1);
    let prose = texts.lines().zip(&codes).filter(|(_, line)| line.is_prose()).map(|(text, _)| text);
    let told = if story > 0 { told(prose) } else { told(texts.lines()) };
    let is_read = |at: &usize| *at < LINES || *at + LINES >= count;
    let lines = (0..count).filter(is_read).map(|at| shortened(&looks.bare(at as u32))).collect();
    Sketch { told, end: (0..story).filter(is_read).count(), lines }
}

fn shortened<'a>(line: &Line<'a>) -> Cow<'a, str> {
    bounds(line).map_or(Cow::Borrowed(line.text), Cow::Owned)
}

/// The hashes of the first paragraphs, each once.
fn told<'t>(texts: impl Iterator<Item = Line<'t>>) -> Vec<u64> {
    let mut hashes = Vec::with_capacity(PARAGRAPHS);
    for line in texts.take(2 * PARAGRAPHS) {
        let hash = xxh3_64(text::normal(line.text).as_bytes());
        if hashes.len() < PARAGRAPHS && !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    hashes
}

impl Sketch<'_> {
    /// The record of an article, JSON.
    pub fn record(&self) -> Vec<u8> {
        let (head, tail) = self.bounded();
        let count = self.lines.len();
        let end = usize::min(self.end, head) + self.end.saturating_sub(tail);
        let lines = self.lines[..head].iter().chain(&self.lines[tail..]);
        let size: usize = self.lines.iter().map(|line| line.len() + 4).sum();
        let mut record = Vec::with_capacity(usize::min(size, MOST_BYTES + 4 * count) + 32 * PARAGRAPHS);
        record.extend_from_slice(br#"{"v":1,"told":["#);
        for (at, hash) in self.told.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            record.extend_from_slice(format!("{comma}\"{hash:016x}\"").as_bytes());
        }
        record.extend_from_slice(format!("],\"end\":{end},\"lines\":[").as_bytes());
        for (at, line) in lines.enumerate() {
            if at > 0 {
                record.push(b',');
            }
            put_string(line, &mut record);
        }
        record.extend_from_slice(b"]}");
        record
    }

    /// The lines before the first of these indices, and from the second on, are few enough.
    fn bounded(&self) -> (usize, usize) {
        let count = self.lines.len();
        if self.lines.iter().map(|line| line.len()).sum::<usize>() <= MOST_BYTES {
            return (count, count);
        }
        let head = fitting(self.lines.iter());
        (head, usize::max(head, count - fitting(self.lines.iter().rev())))
    }
}

/// How many lines from the first on have half of `MOST_BYTES`.
fn fitting<'t, 'a: 't>(lines: impl Iterator<Item = &'t Cow<'a, str>>) -> usize {
    let mut left = MOST_BYTES / 2;
    let fits = |line: &&Cow<str>| {
        let rest = left.checked_sub(line.len());
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    lines.take_while(fits).count()
}

/// Whether JSON has a string as it is, between quotes.
pub fn is_plain(text: &str) -> bool {
    unescaped(text.as_bytes()) == text.len()
}

/// Appends a string as JSON has it.
pub fn put_string(text: &str, to: &mut Vec<u8>) {
    to.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, behind) = rest.split_at(unescaped(rest));
        to.extend_from_slice(plain);
        let Some((&byte, behind)) = behind.split_first() else { break };
        rest = behind;
        match byte {
            b'"' | b'\\' => to.extend([b'\\', byte]),
            b'\n' => to.extend(br"\n"),
            b'\r' => to.extend(br"\r"),
            b'\t' => to.extend(br"\t"),
            0x08 => to.extend(br"\b"),
            0x0c => to.extend(br"\f"),
            _ => to.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    to.push(b'"');
}

/// How many bytes stand before the first one that has to be escaped.
fn unescaped(bytes: &[u8]) -> usize {
    let is_escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    let begin = CHUNK * chunks.iter().take_while(|chunk| !any_escaped(**chunk)).count();
    if begin == bytes.len() - rest.len() && bytes.len() >= CHUNK {
        // The last bytes once more, with some of those before them: not one by one.
        if bytes.last_chunk().is_some_and(|chunk| !any_escaped(*chunk)) {
            return bytes.len();
        }
    }
    begin + bytes[begin..].iter().take_while(|byte| !is_escaped(**byte)).count()
}

/// Whether one of these bytes has to be escaped. A byte of which the highest bit is set has not.
fn any_escaped(chunk: [u8; CHUNK]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGHEST: u64 = 0x80 * ONES;
    let bytes = u64::from_le_bytes(chunk);
    let any_below = |bytes: u64, limit: u64| bytes.wrapping_sub(limit * ONES) & !bytes;
    let any_is = |byte: u8| any_below(bytes ^ (u64::from(byte) * ONES), 1);
    (any_below(bytes, u64::from(b' ')) | any_is(b'"') | any_is(b'\\')) & HIGHEST != 0
}

impl<'a> Sketch<'a> {
    /// Reads a record that is written as `record` writes it, to the byte; None of any other, which Python has to read.
    pub fn read(record: &'a [u8]) -> Option<Self> {
        if record.iter().fold(false, |any, &byte| any | (byte < b' ')) {
            return None; // no string may hold a control character
        }
        let mut rest = Rest::new(std::str::from_utf8(record).ok()?);
        rest.take(r#"{"v":1,"told":["#)?;
        let told = rest.list(PARAGRAPHS, |rest| rest.hash())?;
        rest.take(r#","end":"#)?;
        let end = rest.number()?;
        rest.take(r#","lines":["#)?;
        let lines = rest.list(record.len() / LINE, |rest| rest.string())?;
        let is_whole = rest.is("}") && told.len() <= PARAGRAPHS && lines.len() <= 2 * LINES && end <= lines.len();
        let is_short = || {
            lines.iter().map(|line| line.len()).sum::<usize>() <= MOST_BYTES
                || lines.iter().map(|line| text::count(line)).sum::<usize>() <= MOST_BYTES
        };
        (is_whole && is_short()).then_some(Sketch { told, end, lines })
    }
}

/// An article as Python gives it: a text, or a list of paragraphs.
#[derive(FromPyObject)]
pub enum Article<'py> {
    Text(Bound<'py, PyString>),
    List(Vec<Bound<'py, PyString>>),
}

/// The fields of Python's `Sketch`.
type Fields<'py> = (Bound<'py, PyTuple>, usize, Bound<'py, PyTuple>);

/// Looks at an article, without cleaning it. None if it holds a lone surrogate.
#[pyfunction]
#[pyo3(name = "sketch")]
pub fn sketch_of<'py>(cleaner: &Bound<'py, Cleaner>, article: Article<'py>) -> PyResult<Option<Fields<'py>>> {
    let py = cleaner.py();
    let rules = &cleaner.get().rules;
    let fields = |looks: &Looks| {
        let Sketch { told, end, lines } = sketch(looks, &Heard::new(looks, None), rules);
        (told, end, lines.into_iter().map(Cow::into_owned).collect::<Vec<String>>())
    };
    let found = match &article {
        Article::Text(text) => {
            let Some(text) = whole_of(text) else { return Ok(None) };
            guarded(py, || with_looks(&paragraphs::split(text, separator_of(text)), fields))?
        }
        Article::List(items) => {
            let Some(texts) = paragraphs_of(items) else { return Ok(None) };
            guarded(py, || with_looks(&texts.iter().map(|text| Line::new(text)).collect::<Vec<Line>>(), fields))?
        }
    };
    let (told, end, lines) = found;
    Ok(Some((PyTuple::new(py, told)?, end, PyTuple::new(py, lines)?)))
}

/// Looks at the lines that are neither blank nor repeats.
fn with_looks<T>(lines: &[Line], look_at: impl Fn(&Looks) -> T) -> T {
    let first = first_of(lines);
    look_at(&Seen::new(lines, &first).looks)
}

/// Whether an article is the one of so many that its text chooses. Twin: `is_one_in` in stream/learner/messages.py.
fn is_one_in(digest: impl FnOnce() -> u64, one_in: u64) -> bool {
    one_in == 1 || (one_in > 1 && digest().is_multiple_of(one_in))
}

/// What `Cleaner.clean` or `Cleaner.clean_list` gives, and the record of the article's sketch.
type CleanedAndSketched<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyBytes>>);

/// Cleans an article, and if it is one in so many gives the record of its sketch, too, from the same look at its lines.
/// None if it holds a lone surrogate.
#[pyfunction]
pub fn clean_and_sketch<'py>(
    cleaner: &Bound<'py, Cleaner>,
    article: Article<'py>,
    profile: Option<Given<'py>>,
    one_in: u64,
) -> PyResult<Option<CleanedAndSketched<'py>>> {
    let (py, this) = (cleaner.py(), cleaner.get());
    let known = profile.map(Known::from);
    let record: OnceLock<Vec<u8>> = OnceLock::new(); // of the first search: a text may be searched again, cleaned
    let watch = |looks: &Looks, heard: &Heard| {
        record.get_or_init(|| sketch(looks, heard, &this.rules).record());
    };
    let how = this.how(known.as_ref());
    let watched = How { watch: Some(&watch), ..this.how(known.as_ref()) };
    let cleaned = match &article {
        Article::Text(text) => {
            let Some(whole) = whole_of(text) else { return Ok(None) };
            let digest = || xxh3_64(whole.as_bytes());
            let cleaned =
                guarded(py, || cleaning::clean(whole, if is_one_in(digest, one_in) { &watched } else { &how }))?;
            this.as_python(text, whole, cleaned, known.as_ref()).into_pyobject(py)?.into_any()
        }
        Article::List(items) => {
            let Some(texts) = paragraphs_of(items) else { return Ok(None) };
            let digest = || xxh3_64(texts.join("\n").as_bytes());
            let (removed, withheld) =
                guarded(py, || cleaning::clean_list(&texts, if is_one_in(digest, one_in) { &watched } else { &how }))?;
            this.listed(py, &removed, &withheld, known.as_ref())?.into_pyobject(py)?.into_any()
        }
    };
    Ok(Some((cleaned, record.get().map(|record| PyBytes::new(py, record)))))
}
