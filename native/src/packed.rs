//! What is known of a site by key, looked up in a form that is as small as it can be. Twin: stream/core/packed.py, which
//! says what a packed row is.

use crate::sites::Known;
use hashbrown::HashMap;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::hint::black_box;

pub const ROW: usize = 14;
const KEY: usize = size_of::<u64>();
/// Of more rows than these, the one with a key is searched by halves.
const FEW: usize = 12;
/// So many rows share a part of the keys' range in the mean.
const SHARED: usize = 4;
const CACHE_LINE: usize = 64;
/// So many lines of the caches are read ahead: more than a learner's profiles have.
const MOST_LINES: usize = 1024;

/// In how many articles something stood: anywhere, in the story, below its end.
type Counts = [u16; 3];

/// Packed rows: their keys, and for each the place of its counts, of which few differ.
///
/// Keys are hashes, so their size tells where a row stands. For a quarter as many equal parts of the keys' range as there
/// are rows, `begins` holds the first row of each part and of those behind it; most parts have two to six. Where keys
/// were chosen by somebody hostile, all of them may be in one part. It is empty where there are too many rows.
#[pyclass(frozen, module = "stream.core.native.compiled")]
pub struct Packed {
    keys: Box<[u64]>,
    places: Places,
    counts: Box<[Counts]>,
    begins: Box<[u16]>,
}

/// Where the counts of each row stand.
enum Places {
    Few(Box<[u8]>),
    Many(Box<[u32]>),
}

impl Places {
    fn new(places: &[u32], counts: usize) -> Self {
        if counts <= 1 << u8::BITS {
            Places::Few(places.iter().map(|&place| place as u8).collect())
        } else {
            Places::Many(places.into())
        }
    }

    fn of(&self, at: usize) -> usize {
        match self {
            Places::Few(places) => usize::from(places[at]),
            Places::Many(places) => places[at] as usize,
        }
    }

    /// See `Packed::warm_rows`.
    fn touch(&self) -> u64 {
        match self {
            Places::Few(places) => {
                places.iter().step_by(CACHE_LINE).take(MOST_LINES).fold(0, |sum, &each| sum | u64::from(each))
            }
            Places::Many(places) => {
                places.iter().step_by(CACHE_LINE / 4).take(MOST_LINES).fold(0, |sum, &each| sum | u64::from(each))
            }
        }
    }
}

#[pymethods]
impl Packed {
    /// Takes packed rows. Raises `ValueError` if they are not whole, or not in the order of their keys.
    #[new]
    fn new(data: &[u8]) -> PyResult<Self> {
        let rows = checked(data)?;
        let mut numbers: HashMap<Counts, u32> = HashMap::new();
        let mut counts: Vec<Counts> = Vec::new();
        let mut places = Vec::with_capacity(rows.len());
        for row in rows {
            let found = counts_of(row);
            places.push(*numbers.entry(found).or_insert_with(|| {
                counts.push(found);
                counts.len() as u32 - 1
            }));
        }
        let keys: Box<[u64]> = rows.iter().map(key_of).collect();
        let begins = begins_of(&keys);
        Ok(Packed { keys, places: Places::new(&places, counts.len()), counts: counts.into(), begins })
    }

    /// Raises `ValueError` as `Packed` does.
    #[staticmethod]
    fn check(data: &[u8]) -> PyResult<()> {
        checked(data).map(|_| ())
    }

    /// The three counts of a key, or None.
    fn get(&self, key: u64) -> Option<(u64, u64, u64)> {
        self.get_row(key).map(|Known { articles, inside, below }| (articles, inside, below))
    }

    /// The packed rows.
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let mut data = Vec::with_capacity(ROW * self.keys.len());
        for (at, key) in self.keys.iter().enumerate() {
            data.extend(key.to_le_bytes());
            data.extend(self.counts[self.places.of(at)].map(u16::to_le_bytes).as_flattened());
        }
        PyBytes::new(py, &data)
    }

    fn __len__(&self) -> usize {
        self.keys.len()
    }

    /// The memory that it takes, in bytes.
    fn __sizeof__(&self) -> usize {
        let places = match &self.places {
            Places::Few(places) => size_of_val(&**places),
            Places::Many(places) => size_of_val(&**places),
        };
        size_of::<Self>() + size_of_val(&*self.keys) + places + size_of_val(&*self.counts) + size_of_val(&*self.begins)
    }
}

impl Packed {
    /// What is known of a key.
    pub fn get_row(&self, key: u64) -> Option<Known> {
        let part = part_of(key, parts(self.keys.len()));
        let (begin, end) = match self.begins.get(part..part + 2) {
            Some(&[begin, end]) => (usize::from(begin), usize::from(end)),
            _ => (0, self.keys.len()),
        };
        let among = &self.keys[begin..end];
        let found =
            if among.len() > FEW { among.binary_search(&key).ok() } else { among.iter().position(|&each| each == key) };
        let [articles, inside, below] = self.counts[self.places.of(begin + found?)].map(u64::from);
        Some(Known { articles, inside, below })
    }

    /// Brings the rows into the processor's caches: a site's profile is seldom still there from the article before, and
    /// to wait for each row by itself takes several times as long.
    pub fn warm(&self) {
        let touched = self.keys.iter().step_by(CACHE_LINE / KEY).take(MOST_LINES).fold(0, |sum, each| sum | each);
        let begins = self.begins.iter().step_by(CACHE_LINE / size_of::<u16>()).take(MOST_LINES);
        black_box((touched, self.places.touch(), begins.fold(0, |sum, each| sum | each)));
    }
}

/// The rows, if they are whole and in order.
fn checked(data: &[u8]) -> PyResult<&[[u8; ROW]]> {
    let (rows, rest) = data.as_chunks();
    if !rest.is_empty() || !rows.iter().map(key_of).is_sorted_by(|one, other| one < other) {
        return Err(PyValueError::new_err("the packed lines are not whole, or not in order"));
    }
    Ok(rows)
}

fn parts(rows: usize) -> usize {
    rows.div_ceil(SHARED)
}

fn begins_of(keys: &[u64]) -> Box<[u16]> {
    if keys.len() > usize::from(u16::MAX) {
        return Box::default();
    }
    let parts = parts(keys.len());
    let mut begins = Vec::with_capacity(parts + 1);
    for (at, &key) in (0..).zip(keys) {
        begins.resize(usize::max(begins.len(), part_of(key, parts) + 1), at);
    }
    begins.resize(parts + 1, keys.len() as u16);
    begins.into()
}

fn part_of(key: u64, parts: usize) -> usize {
    ((u128::from(key) * parts as u128) >> u64::BITS) as usize
}

fn key_of(row: &[u8; ROW]) -> u64 {
    row.first_chunk().map_or(0, |key| u64::from_le_bytes(*key))
}

fn counts_of(row: &[u8; ROW]) -> Counts {
    let count = |at: usize| u16::from_le_bytes([row[at], row[at + 1]]);
    [count(KEY), count(KEY + 2), count(KEY + 4)]
}
