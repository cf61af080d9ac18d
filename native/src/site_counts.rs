//! What Python holds of one site's counts. Twin: stream/learner/compiled_site.py, which says what each call gives.

use crate::counting::{Counts, Row};
use crate::guarded::guarded;
use crate::packed;
use crate::sketch::{Sketch, put_string};
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyBytes;
use std::borrow::Cow;

/// The bytes of a row in a record of counts: key, kind, three counts, first, last.
const ROW: usize = 23;
const KINDS: u8 = 5;
const MOST_STORIES: usize = 64;
const MOST: u64 = 1 << 32;

#[pyclass(module = "stream.core.native.compiled")]
pub struct SiteCounts(Counts);

/// Key, kind, text, articles, inside, below, first, last.
type Counted = (u64, u8, String, u32, u32, u32, i64, i64);

#[pymethods]
impl SiteCounts {
    #[new]
    fn new(half_life: i64, most: usize, keeps_texts: bool) -> PyResult<Self> {
        if half_life <= 0 || most == 0 {
            return Err(PyValueError::new_err("there is no half-life"));
        }
        Ok(SiteCounts(Counts::new(half_life, most, keeps_texts)))
    }

    #[getter]
    fn half_life(&self) -> i64 {
        self.0.half_life
    }

    #[getter]
    fn articles(&self) -> u64 {
        self.0.articles
    }

    #[getter]
    fn total(&self) -> u64 {
        self.0.total
    }

    #[getter]
    fn at(&self) -> i64 {
        self.0.at
    }

    #[getter]
    fn late(&self) -> u64 {
        self.0.late
    }

    /// Counts the articles of one instant, each with its hashes, the end of its story, and its lines.
    fn learn(&mut self, py: Python, articles: Vec<(Vec<u64>, usize, Vec<PyBackedStr>)>, at: i64) -> PyResult<u64> {
        let counts = &mut self.0;
        guarded(py, || {
            let sketch = |(told, end, lines): &(Vec<u64>, usize, Vec<PyBackedStr>)| {
                let lines = lines.iter().map(|line| Cow::Owned((**line).to_owned())).collect();
                Sketch { told: told.clone(), end: *end, lines }
            };
            let sketches: Vec<Sketch> = articles.iter().map(sketch).collect();
            counts.learn(&sketches, at)
        })
    }

    /// Counts the article of a record, whose time is the order; None if Python has to read the record.
    fn learn_record(&mut self, py: Python, record: &[u8]) -> PyResult<Option<bool>> {
        let counts = &mut self.0;
        guarded(py, || {
            let sketch = Sketch::read(record)?;
            let at = counts.total as i64;
            Some(counts.learn(&[sketch], at) > 0)
        })
    }

    /// The hash of what is known, and its packed rows; None where a count is too large for these.
    fn profile<'py>(&self, py: Python<'py>) -> (u64, Option<Bound<'py, PyBytes>>) {
        let known = self.0.known();
        let mut rows = Vec::with_capacity(packed::ROW * known.len());
        let is_packed = known.iter().all(|row| {
            let counts = counts_of(row);
            rows.extend(row.key.to_le_bytes());
            rows.extend(counts.unwrap_or_default().as_flattened());
            counts.is_some()
        });
        (self.0.version(&known), is_packed.then(|| PyBytes::new(py, &rows)))
    }

    /// The keys of the whole lines that stand in nearly all of the site's articles.
    fn everywhere(&self) -> Vec<u64> {
        self.0.everywhere().collect()
    }

    /// What a record of counts holds: the rows; the texts of those that stood in more than one article, as JSON; and
    /// the stories, behind their number.
    fn written<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let mut rows = Vec::with_capacity(ROW * self.0.rows.len());
        let mut texts = Vec::with_capacity(2 + self.0.texts.values().map(|text| text.len() + 4).sum::<usize>());
        texts.push(b'[');
        for row in &self.0.rows {
            let Some(written) = written(row) else {
                return Err(PyOverflowError::new_err("a count or a time is too large for a record"));
            };
            rows.extend(written);
            if !row.is_alone() {
                if texts.len() > 1 {
                    texts.push(b',');
                }
                put_string(self.0.texts.get(&row.key).map_or("", |text| text), &mut texts);
            }
        }
        texts.push(b']');
        let mut stories = vec![self.0.stories.iter().count() as u8];
        for told in self.0.stories.iter() {
            stories.push(told.len() as u8);
            stories.extend(told.iter().flat_map(|hash| hash.to_le_bytes()));
        }
        Ok((PyBytes::new(py, &rows), PyBytes::new(py, &texts), PyBytes::new(py, &stories)))
    }

    /// Takes what `written` gave. Raises `ValueError` if it is something else.
    fn restore(
        &mut self,
        articles: u64,
        total: u64,
        at: u64,
        stories: Vec<Vec<u64>>,
        rows: &[u8],
        texts: Vec<String>,
    ) -> PyResult<()> {
        if articles >= MOST || total >= MOST || !(0..MOST).contains(&at) {
            return Err(PyValueError::new_err("its numbers are too large"));
        }
        let (rows, rest) = rows.as_chunks::<ROW>();
        let mut texts = texts.into_iter();
        let mut counted = Vec::with_capacity(rows.len());
        for row in rows {
            let row = read_row(row);
            let text = if row.is_alone() { Some(String::new()) } else { texts.next() };
            counted.push((row, text.ok_or_else(|| PyValueError::new_err("a row has no text"))?));
        }
        if !rest.is_empty() || texts.next().is_some() {
            return Err(PyValueError::new_err("the rows are not whole, or have too few texts"));
        }
        self.set(articles, total, at as i64, 0, stories, counted)
    }

    /// Takes all that was counted: see `counted`. Raises `ValueError` if it is more than there may be.
    #[allow(clippy::too_many_arguments)]
    fn take(
        &mut self,
        articles: u64,
        total: u64,
        at: i64,
        late: u64,
        stories: Vec<Vec<u64>>,
        counted: Vec<Counted>,
    ) -> PyResult<()> {
        let row = |(key, kind, text, articles, inside, below, first, last)| {
            (Row::new(key, kind, [articles, inside, below], first, last), text)
        };
        self.set(articles, total, at, late, stories, counted.into_iter().map(row).collect())
    }

    /// All that was counted, each with its text, "" where it is not kept.
    fn counted(&self) -> Vec<Counted> {
        let text = |row: &Row| self.0.texts.get(&row.key).map_or_else(String::new, |text| text.to_string());
        let all = |row: &Row| (row.key, row.kind, text(row), row.articles, row.inside, row.below, row.first, row.last);
        self.0.rows.iter().map(all).collect()
    }

    /// The stories that were told last.
    fn stories(&self) -> Vec<Vec<u64>> {
        self.0.stories.iter().map(<[u64]>::to_vec).collect()
    }

    /// The memory that it takes, in bytes.
    fn __sizeof__(&self) -> usize {
        self.0.size()
    }
}

impl SiteCounts {
    fn set(
        &mut self,
        articles: u64,
        total: u64,
        at: i64,
        late: u64,
        stories: Vec<Vec<u64>>,
        counted: Vec<(Row, String)>,
    ) -> PyResult<()> {
        let counts = &mut self.0;
        let fits = |row: &Row| row.key != 0 && row.kind < KINDS && u64::from(row.articles) <= articles;
        if stories.len() > MOST_STORIES || articles >= MOST || !counted.iter().all(|(row, _)| fits(row)) {
            return Err(PyValueError::new_err("more was counted than may be"));
        }
        (counts.articles, counts.total, counts.at, counts.late) = (articles, total, at, late);
        for told in stories {
            counts.stories.remember(&told);
        }
        for (row, text) in counted {
            if !text.is_empty() {
                counts.texts.insert(row.key, text.into());
            }
            counts.rows.push(row);
        }
        if counts.find_places() { Ok(()) } else { Err(PyValueError::new_err("a key comes twice")) }
    }
}

/// The three counts of a row, of 16 bits each; None if one has more.
fn counts_of(row: &Row) -> Option<[[u8; 2]; 3]> {
    let [Ok(articles), Ok(inside), Ok(below)] = [row.articles, row.inside, row.below].map(u16::try_from) else {
        return None;
    };
    Some([articles, inside, below].map(u16::to_le_bytes))
}

/// A row as a record of counts holds it; None if a number is too large for that.
fn written(row: &Row) -> Option<[u8; ROW]> {
    let mut made = [0; ROW];
    let (first, last) = (u32::try_from(row.first).ok()?, u32::try_from(row.last).ok()?);
    made[..8].copy_from_slice(&row.key.to_le_bytes());
    made[8] = row.kind;
    made[9..15].copy_from_slice(counts_of(row)?.as_flattened());
    made[15..19].copy_from_slice(&first.to_le_bytes());
    made[19..].copy_from_slice(&last.to_le_bytes());
    Some(made)
}

fn read_row(row: &[u8; ROW]) -> Row {
    let number =
        |begin: usize, end: usize| row[begin..end].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    let counts = [number(9, 11) as u32, number(11, 13) as u32, number(13, 15) as u32];
    Row::new(number(0, 8), row[8], counts, number(15, 19) as i64, number(19, 23) as i64)
}
