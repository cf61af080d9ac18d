//! What a site's other articles tell about a line. Twin: `Profile` in stream/core/sites.py.

use crate::packed::Packed;
use crate::words::KEYS;
use hashbrown::HashMap;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::fmt;

const UNIT: u64 = 256;
const SHARES: [u64; 6] = [0, 15, 30, 50, 70, 90];
const COUNTS: [u64; 5] = [1, 2, 4, 8, 16];
const KNOWN_ALONE: u64 = 2;
const GROUP: u16 = ((SHARES.len() + 1) * (COUNTS.len() + 1)) as u16;
const FEW: u64 = 5;
const NEARLY_ALL: u64 = 80;
pub const ASKED: usize = 9;

/// In how many articles something stood: anywhere, in the story, below its end.
#[derive(Clone, Copy, Default)]
pub struct Known {
    pub articles: u64,
    pub inside: u64,
    pub below: u64,
}

/// What is known of a site by key, so that it can be asked without Python.
#[pyclass(frozen, module = "stream.core.native.compiled")]
pub struct Table(HashMap<u64, Known>);

#[pymethods]
impl Table {
    /// Takes a dictionary from keys to three counts.
    #[new]
    fn new(known: HashMap<u64, (u64, u64, u64)>) -> Self {
        let each = |(key, (articles, inside, below))| (key, Known { articles, inside, below });
        Table(known.into_iter().map(each).collect())
    }
}

/// What is known of a line by its keys: all of the line itself and of its first words, and how often each key stood.
pub type OfLine = [Known; KEYS];

/// Where it is asked what is known of a site.
pub enum Source {
    Dictionary(Py<PyDict>),
    Table(Py<Table>),
    Packed(Py<Packed>),
}

impl Source {
    /// See `Site::look_up`.
    pub fn look_up<'a>(
        &self,
        articles: u64,
        size: usize,
        keys: impl Iterator<Item = (usize, &'a [u64; KEYS])>,
    ) -> PyResult<Site> {
        match self {
            Source::Table(table) => Site::look_up(articles, size, keys, |key| Ok(table.get().0.get(&key).copied())),
            Source::Packed(packed) => Site::look_up(articles, size, keys, |key| Ok(packed.get().get(key))),
            Source::Dictionary(known) => Python::attach(|py| {
                let known = known.bind(py);
                Site::look_up(articles, size, keys, |key| {
                    let Some(found) = known.get_item(key)? else { return Ok(None) };
                    let (articles, inside, below) = found.extract()?;
                    Ok(Some(Known { articles, inside, below }))
                })
            }),
        }
    }
}

/// What is known of a site, for the lines of one article.
pub struct Site {
    /// In 1/`UNIT`.
    articles: u64,
    lines: Vec<OfLine>,
}

impl Site {
    /// Looks up what is known of the lines of an article with so many, each by its place and its keys.
    pub fn look_up<'a, E>(
        articles: u64,
        size: usize,
        keys: impl Iterator<Item = (usize, &'a [u64; KEYS])>,
        ask: impl Fn(u64) -> Result<Option<Known>, E>,
    ) -> Result<Self, E> {
        let mut lines = vec![OfLine::default(); size];
        for (place, keys) in keys {
            for (to, &key) in lines[place].iter_mut().zip(keys).filter(|(_, key)| **key != 0) {
                if let Some(found) = ask(key)? {
                    *to = found;
                }
            }
        }
        Ok(Site { articles, lines })
    }

    pub fn line(&self, at: usize) -> &Known {
        &self.lines[at][0]
    }

    /// The rows of what is known of a line: one for each question, none if no article is known.
    pub fn evidence(&self, at: usize, begin: u16, rows: &mut Vec<u16>) {
        if self.articles == 0 {
            return;
        }
        let known = &self.lines[at];
        let (line, start) = (&known[0], &known[1]);
        let mut counts = [0; ASKED];
        for (to, each) in counts.iter_mut().zip(known) {
            *to = each.articles;
        }
        counts[KEYS..].copy_from_slice(&[line.below, line.inside, start.below, start.inside]);
        if self.articles > KNOWN_ALONE * UNIT {
            for count in &mut counts {
                *count = if 2 * *count > 3 * UNIT { *count } else { 0 };
            }
        }
        let articles = bin(&COUNTS, self.articles.div_ceil(UNIT));
        for (question, count) in (0..).zip(counts) {
            let share = bin(&SHARES, (100 * count).div_ceil(self.articles));
            rows.push(begin + question * GROUP + share * (COUNTS.len() as u16 + 1) + articles);
        }
    }

    /// Whether something stands in at least two articles of the site, and in a third of them.
    pub fn is_familiar(&self, known: &Known) -> bool {
        known.articles >= 2 * UNIT && 3 * known.articles >= self.articles
    }

    /// Whether something stands in nearly all of the site's articles, of which enough are known to tell.
    pub fn is_everywhere(&self, known: &Known) -> bool {
        known.articles >= FEW * UNIT && 100 * known.articles >= NEARLY_ALL * self.articles
    }

    /// In how many articles something stands; `inside`: the line stands within the story.
    pub fn share(&self, known: &Known, inside: bool) -> Share {
        Share { inside, articles: known.articles, of: self.articles }
    }
}

/// In how many articles of how many a line stands, in 1/`UNIT`, and on which side of the story's end.
#[derive(Clone, Copy)]
pub struct Share {
    pub inside: bool,
    articles: u64,
    of: u64,
}

/// Such as "footer:214/220".
impl fmt::Display for Share {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let side = if self.inside { "junk" } else { "footer" };
        write!(to, "{side}:{}/{}", rounded(self.articles), rounded(self.of))
    }
}

fn rounded(count: u64) -> u64 {
    (count + UNIT / 2) / UNIT
}

/// The number of thresholds below a number.
fn bin(thresholds: &[u64], number: u64) -> u16 {
    thresholds.partition_point(|&each| each < number) as u16
}
