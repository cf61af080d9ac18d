//! What a site's other articles tell about a line. Twin: `Profile` in stream/core/sites.py.

use crate::packed::Packed;
use crate::words::KEYS;
use hashbrown::HashMap;
use pyo3::prelude::*;
use pyo3::types::PyDict;

const UNIT: u64 = 256;
const SHARES: [u64; 6] = [0, 15, 30, 50, 70, 90];
const COUNTS: [u64; 5] = [1, 2, 4, 8, 16];
const KNOWN_ALONE: u64 = 2;
const GROUP: u16 = ((SHARES.len() + 1) * (COUNTS.len() + 1)) as u16;
const FEW: u64 = 5;
const NEARLY_ALL: u64 = 80;
pub const ASKED: usize = 9;
const BITS: usize = 3;
const MOST: u32 = (1 << BITS) - 1;

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

/// What is known of the article's site.
pub trait Profile: Sync {
    /// What is known of the site, with room for so many lines.
    fn site(&self, lines: usize) -> Site;
    /// Looks up the next lines of an article by their keys.
    fn look_up(&self, keys: &[&[u64; KEYS]], to: &mut Site);
}

/// Where it is asked what is known of a site.
pub enum Source {
    Dictionary(Py<PyDict>),
    Table(Py<Table>),
    Packed(Py<Packed>),
}

impl Source {
    /// See `Site::look_up`.
    pub fn look_up(&self, keys: &[&[u64; KEYS]], to: &mut Site) -> PyResult<()> {
        match self {
            Source::Table(table) => to.look_up(keys, |key| Ok(table.get().0.get(&key).copied())),
            Source::Packed(packed) => {
                let packed = packed.get();
                packed.warm();
                let rows = packed.rows();
                to.look_up(keys, |key| Ok(rows.get(key)))
            }
            Source::Dictionary(known) => Python::attach(|py| {
                let known = known.bind(py);
                to.look_up(keys, |key| {
                    let Some(found) = known.get_item(key)? else { return Ok(None) };
                    let (articles, inside, below) = found.extract()?;
                    Ok(Some(Known { articles, inside, below }))
                })
            }),
        }
    }
}

/// What is known of a line.
#[derive(Clone, Copy, Default)]
struct OfLine {
    /// In how many articles it stands, in 1/`UNIT`.
    articles: u64,
    /// The bin of each question's answer, in three bits each. All of most lines are 0.
    bins: u32,
}

/// What is known of a site, for the lines of one article.
pub struct Site {
    /// In 1/`UNIT`.
    articles: u64,
    lines: Vec<OfLine>,
}

impl Site {
    pub fn new(articles: u64, lines: usize) -> Self {
        Site { articles, lines: Vec::with_capacity(lines) }
    }

    /// Looks up what is known of the next lines of an article by their keys.
    fn look_up<E>(&mut self, keys: &[&[u64; KEYS]], ask: impl Fn(u64) -> Result<Option<Known>, E>) -> Result<(), E> {
        let limits = limits(self.articles);
        let line = |keys: &&[u64; KEYS]| {
            let mut known = [Known::default(); KEYS];
            let mut any = false;
            for (to, &key) in known.iter_mut().zip(*keys) {
                if key != 0
                    && let Some(found) = ask(key)?
                {
                    (*to, any) = (found, true);
                }
            }
            Ok(OfLine { articles: known[0].articles, bins: if any { bins(&known, &limits) } else { 0 } })
        };
        for keys in keys {
            self.lines.push(line(keys)?);
        }
        Ok(())
    }

    /// In how many articles a line stands.
    pub fn articles(&self, at: usize) -> u64 {
        self.lines[at].articles
    }

    /// The rows of what is known of some lines, one for each question, and those of a line of which nothing is: it has
    /// None. If no article is known there are no rows at all.
    pub fn evidence(
        &self,
        begin: u16,
        lines: impl Iterator<Item = usize>,
    ) -> Option<(impl Iterator<Item = Option<[u16; ASKED]>>, [u16; ASKED])> {
        if self.articles == 0 {
            return None;
        }
        let articles = bin(&COUNTS, self.articles.div_ceil(UNIT));
        let shares = COUNTS.len() as u16 + 1;
        let row = move |question: usize, bin: u16| begin + question as u16 * GROUP + bin * shares + articles;
        let rows =
            move |bins: u32| std::array::from_fn(|question| row(question, (bins >> (BITS * question) & MOST) as u16));
        let of_line = move |line: usize| Some(self.lines[line].bins).filter(|&bins| bins != 0).map(rows);
        Some((lines.map(of_line), rows(0)))
    }

    /// Whether what stands in so many articles stands in at least two of the site, and in a third of them.
    pub fn is_familiar(&self, articles: u64) -> bool {
        articles >= 2 * UNIT && 3 * articles >= self.articles
    }

    /// Whether what stands in so many articles stands in nearly all of the site's, of which enough are known to tell.
    pub fn is_everywhere(&self, articles: u64) -> bool {
        articles >= FEW * UNIT && 100 * articles >= NEARLY_ALL * self.articles
    }
}

/// In how many of the site's articles a line stands, in 1/`UNIT`, and whether within the story or at its end.
#[derive(Clone, Copy)]
pub struct Share {
    pub inside: bool,
    pub articles: u64,
}

impl Share {
    /// Such as "footer:214/220"; `all` are the site's articles.
    pub fn of(self, all: u64) -> String {
        let side = if self.inside { "junk" } else { "footer" };
        format!("{side}:{}/{}", rounded(self.articles), rounded(all))
    }
}

fn rounded(count: u64) -> u64 {
    (count + UNIT / 2) / UNIT
}

/// The number of thresholds below a number.
fn bin(thresholds: &[u64], number: u64) -> u16 {
    thresholds.partition_point(|&each| each < number) as u16
}

/// The most that a count may be to be in each bin but the last. Of a site of more than a few articles, what stands in a
/// single one is in the first: it counts as unknown.
fn limits(articles: u64) -> [u64; SHARES.len()] {
    let least = if articles > KNOWN_ALONE * UNIT { 3 * UNIT / 2 } else { 0 };
    SHARES.map(|share| u64::max(least, (u128::from(share) * u128::from(articles) / 100) as u64))
}

/// The bin of each question's answer about a line, given what is known of its keys; see `OfLine`.
fn bins(known: &[Known; KEYS], limits: &[u64; SHARES.len()]) -> u32 {
    let mut counts = [0; ASKED];
    for (to, each) in counts.iter_mut().zip(known) {
        *to = each.articles;
    }
    let (line, start) = (&known[0], &known[1]);
    counts[KEYS..].copy_from_slice(&[line.below, line.inside, start.below, start.inside]);
    let bins: [u8; ASKED] = counts.map(|count| limits.iter().map(|&limit| u8::from(count > limit)).sum());
    bins.iter().rev().fold(0, |bins, &each| bins << BITS | u32::from(each))
}
