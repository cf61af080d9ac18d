//! What is known of a site by key, looked up in its packed form. Twin: stream/core/packed.py, which says what a row is.

use crate::sites::Known;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

pub const ROW: usize = 14;
const KEY: usize = size_of::<u64>();
/// So many rows are read where a key should be. If it may stand elsewhere, because keys were chosen by somebody hostile,
/// all rows are searched by halves.
const BESIDE: usize = 8;

/// The packed rows, as Python holds them; no copy is made.
#[pyclass(frozen, module = "stream.core.native.compiled")]
pub struct Packed(PyBackedBytes);

#[pymethods]
impl Packed {
    /// Takes packed rows. Raises `ValueError` if they are not whole, or not in the order of their keys.
    #[new]
    fn new(data: PyBackedBytes) -> PyResult<Self> {
        let is_in_order = Rows(&data).keys().is_sorted_by(|one, other| one < other);
        if !data.len().is_multiple_of(ROW) || !is_in_order {
            return Err(PyValueError::new_err("the packed lines are not whole, or not in order"));
        }
        Ok(Packed(data))
    }

    /// The three counts of a key, or None.
    #[pyo3(name = "get")]
    fn counts(&self, key: u64) -> Option<(u64, u64, u64)> {
        self.get(key).map(|Known { articles, inside, below }| (articles, inside, below))
    }
}

impl Packed {
    pub fn get(&self, key: u64) -> Option<Known> {
        Rows(&self.0).get(key)
    }
}

/// Packed rows in the order of their keys.
#[derive(Clone, Copy)]
pub struct Rows<'a>(pub &'a [u8]);

impl<'a> Rows<'a> {
    fn rows(&self) -> &'a [[u8; ROW]] {
        self.0.as_chunks().0
    }

    pub fn keys(self) -> impl Iterator<Item = u64> + use<'a> {
        self.rows().iter().map(key_of)
    }

    /// Looks a key up. Keys are hashes, so each stands near the place that its size tells.
    pub fn get(&self, key: u64) -> Option<Known> {
        let rows = self.rows();
        let count = rows.len();
        if count < BESIDE {
            return rows.iter().find(|row| key_of(row) == key).map(counts_of);
        }
        let guess = ((u128::from(key) * count as u128) >> 64) as usize;
        let apart = key.wrapping_sub(key_of(&rows[guess])).cast_signed();
        let better = guess.saturating_add_signed(((i128::from(apart) * count as i128) >> 64) as isize);
        let begin = usize::min(better.saturating_sub(BESIDE / 2), count - BESIDE);
        // All of them are compared, without a branch that the processor would guess wrong.
        let beside: &[[u8; ROW]; BESIDE] = rows[begin..].first_chunk()?;
        let below = beside.iter().map(|row| usize::from(key_of(row) < key)).sum::<usize>();
        if (below == 0 && begin > 0) || (below == BESIDE && begin + BESIDE < count) {
            return self.search(key);
        }
        beside.get(below).filter(|row| key_of(row) == key).map(counts_of)
    }

    fn search(&self, key: u64) -> Option<Known> {
        let rows = self.rows();
        rows.binary_search_by_key(&key, key_of).ok().map(|at| counts_of(&rows[at]))
    }
}

fn key_of(row: &[u8; ROW]) -> u64 {
    row.first_chunk().map_or(0, |key| u64::from_le_bytes(*key))
}

fn counts_of(row: &[u8; ROW]) -> Known {
    let count = |at: usize| u64::from(u16::from_le_bytes([row[at], row[at + 1]]));
    Known { articles: count(KEY), inside: count(KEY + 2), below: count(KEY + 4) }
}
