//! What Python holds of one site's counts. Twin: stream/learner/compiled_site.py, which says what each call gives.

use crate::counting::Counts;
use crate::guarded::guarded;
use crate::packed;
use crate::rows::{Counts as OfRow, Row};
use crate::sketch::Sketch;
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
        let is_packed = known.iter().all(|(key, counts)| {
            let counts = counts_of(counts);
            rows.extend(key.to_le_bytes());
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
        let mut rows = vec![[0; ROW]; self.0.rows.len()];
        let kept = self.0.rows.iter().filter(|(_, counts)| !counts.is_alone());
        let mut texts = Vec::with_capacity(2 + kept.map(|(row, _)| row.text().len() + 4).sum::<usize>());
        texts.push(b'[');
        for (to, (row, counts)) in rows.iter_mut().zip(self.0.rows.iter()) {
            if !write_row(row, &counts, to) {
                return Err(PyOverflowError::new_err("a count or a time is too large for a record"));
            }
            if !counts.is_alone() {
                if texts.len() > 1 {
                    texts.push(b',');
                }
                row.put_text(&mut texts);
            }
        }
        texts.push(b']');
        let mut stories = vec![self.0.stories.iter().count() as u8];
        for told in self.0.stories.iter() {
            stories.push(told.len() as u8);
            stories.extend(told.iter().flat_map(|hash| hash.to_le_bytes()));
        }
        Ok((PyBytes::new(py, rows.as_flattened()), PyBytes::new(py, &texts), PyBytes::new(py, &stories)))
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
            let (mut row, counts) = read_row(row);
            let text = if counts.is_alone() { Some(String::new()) } else { texts.next() };
            row.set_text(text.ok_or_else(|| PyValueError::new_err("a row has no text"))?);
            counted.push((row, counts));
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
            let mut row = Row::new(key, kind, first, last);
            row.set_text(text);
            (row, OfRow { articles, inside, below })
        };
        self.set(articles, total, at, late, stories, counted.into_iter().map(row).collect())
    }

    /// All that was counted, each with its text, "" where it is not kept.
    fn counted(&self) -> Vec<Counted> {
        let all = |(row, counts): (&Row, OfRow)| {
            let OfRow { articles, inside, below } = counts;
            (row.key, row.kind, row.text().to_owned(), articles, inside, below, row.first, row.last)
        };
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
        counted: Vec<(Row, OfRow)>,
    ) -> PyResult<()> {
        let counts = &mut self.0;
        let fits =
            |(row, counts): &(Row, OfRow)| row.key != 0 && row.kind < KINDS && u64::from(counts.articles) <= articles;
        if stories.len() > MOST_STORIES || articles >= MOST || !counted.iter().all(fits) {
            return Err(PyValueError::new_err("more was counted than may be"));
        }
        (counts.articles, counts.total, counts.at, counts.late) = (articles, total, at, late);
        for told in stories {
            counts.stories.remember(&told);
        }
        let each_once = counted.into_iter().all(|(row, of_row)| counts.rows.add(row, of_row));
        if each_once { Ok(()) } else { Err(PyValueError::new_err("a key comes twice")) }
    }
}

/// The three counts of a row, of 16 bits each; None if one has more.
fn counts_of(counts: &OfRow) -> Option<[[u8; 2]; 3]> {
    let [Ok(articles), Ok(inside), Ok(below)] = [counts.articles, counts.inside, counts.below].map(u16::try_from)
    else {
        return None;
    };
    Some([articles, inside, below].map(u16::to_le_bytes))
}

/// Writes a row as a record of counts holds it; false if a number is too large for that.
fn write_row(row: &Row, counts: &OfRow, to: &mut [u8; ROW]) -> bool {
    let (Some(counts), Ok(first), Ok(last)) = (counts_of(counts), u32::try_from(row.first), u32::try_from(row.last))
    else {
        return false;
    };
    to[..8].copy_from_slice(&row.key.to_le_bytes());
    to[8] = row.kind;
    to[9..15].copy_from_slice(counts.as_flattened());
    to[15..19].copy_from_slice(&first.to_le_bytes());
    to[19..].copy_from_slice(&last.to_le_bytes());
    true
}

fn read_row(row: &[u8; ROW]) -> (Row, OfRow) {
    let number =
        |begin: usize, end: usize| row[begin..end].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    let counts = OfRow { articles: number(9, 11) as u32, inside: number(11, 13) as u32, below: number(13, 15) as u32 };
    (Row::new(number(0, 8), row[8], number(15, 19) as i64, number(19, 23) as i64), counts)
}
