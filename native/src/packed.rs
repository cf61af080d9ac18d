//! What is known of a site by key, looked up in a form that is as small as it can be. Twin: stream/core/packed.py, which
//! says what a packed row is.

use crate::sites::Known;
use hashbrown::HashMap;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::hint::black_box;
use wide::{CmpEq, i32x8};

pub const ROW: usize = 14;
const KEY: usize = size_of::<u64>();
/// Of a shortened key these bytes are kept, behind those that its part of the keys' range tells.
const REST: usize = size_of::<u32>();
const BEGIN: usize = size_of::<u16>();
const MOST_BEGIN: u64 = u16::MAX as u64;
const COUNTS: usize = 3 * size_of::<u16>();
/// Of more rows than these, the one with a key is searched by halves. So many short keys are compared at once.
const FEW: usize = 8;
/// So many rows share a part of the keys' range in the mean.
const SHARED: usize = 4;
const CACHE_LINE: usize = 64;
/// So many lines of the caches are read ahead: more than a learner's profiles have.
const MOST_LINES: usize = 1024;
/// A number of some bits is read with the seven bytes behind its first one.
const WINDOW: usize = size_of::<u64>();

/// What is known of a site: keys in order, and for each the place of its counts, of which few differ.
///
/// Keys are hashes, so their size tells where a row stands. For a quarter as many equal parts of the keys' range as there
/// are rows, it is noted where the first row of each part stands; most have two to six. Where keys were chosen by somebody
/// hostile, all of them may be in one part. Where there are too many rows nothing is noted, and they are searched by halves.
///
/// The part of a key tells its first bits, some seven of 500 rows. Shortened, the 32 behind these are kept of it, and a
/// key that is not there is taken for one that is if all of them are equal: of random keys one of a thousand million.
/// Where two of the site's own keys would become equal, or nothing is noted of parts, all are kept whole.
#[pyclass(frozen, module = "stream.core.native.compiled")]
pub struct Packed {
    /// The keys of all rows; where the parts begin; the counts that differ; for each row the place of its own among
    /// these, in so many bits; and what is read behind the last one.
    data: Box<[u8]>,
    rows: u32,
    counts: u32,
    bits: u8,
    is_exact: bool,
    has_parts: bool,
}

#[pymethods]
impl Packed {
    /// Takes packed rows. Raises `ValueError` if they are not whole, or not in the order of their keys.
    #[new]
    fn new(data: &[u8]) -> PyResult<Self> {
        Ok(Self::of(checked(data)?, false))
    }

    /// Takes packed rows, as `Packed` does, and shortens their keys where that can be.
    #[staticmethod]
    fn small(data: &[u8]) -> PyResult<Self> {
        Ok(Self::of(checked(data)?, true))
    }

    /// Raises `ValueError` as `Packed` does.
    #[staticmethod]
    fn check(data: &[u8]) -> PyResult<()> {
        checked(data).map(|_| ())
    }

    /// Whether no other key is taken for one of the rows.
    #[getter]
    fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// The three counts of a key, or None.
    fn get(&self, key: u64) -> Option<(u64, u64, u64)> {
        self.rows().get(key).map(|Known { articles, inside, below }| (articles, inside, below))
    }

    fn __len__(&self) -> usize {
        self.rows as usize
    }

    /// The memory that it takes, in bytes.
    fn __sizeof__(&self) -> usize {
        size_of::<Self>() + self.data.len()
    }
}

impl Packed {
    fn of(rows: &[[u8; ROW]], small: bool) -> Self {
        let mut numbers: HashMap<[u8; COUNTS], u64> = HashMap::new();
        let mut counts: Vec<[u8; COUNTS]> = Vec::new();
        let mut places = Vec::with_capacity(rows.len());
        for row in rows {
            let found = std::array::from_fn(|at| row[KEY + at]);
            places.push(*numbers.entry(found).or_insert_with(|| {
                counts.push(found);
                counts.len() as u64 - 1
            }));
        }
        let bits = u64::BITS - (counts.len() as u64).saturating_sub(1).leading_zeros();
        let parts = parts(rows.len());
        let begins = begins_of(rows, parts);
        let split = |row: &[u8; ROW]| split(key_of(row), parts);
        let is_short = small && begins.is_some() && rows.is_sorted_by(|one, other| split(one) < split(other));
        let size = if is_short { REST } else { KEY };
        let mut data = Vec::with_capacity((size + COUNTS) * rows.len());
        for row in rows {
            if is_short {
                data.extend(split(row).1.to_le_bytes());
            } else {
                data.extend(&row[..KEY]);
            }
        }
        data.extend(begins.iter().flatten().flat_map(|begin| begin.to_le_bytes()));
        data.extend(counts.as_flattened());
        data.extend(in_bits(&places, bits as usize));
        Packed {
            data: data.into(),
            rows: rows.len() as u32,
            counts: counts.len() as u32,
            bits: bits as u8,
            is_exact: !is_short,
            has_parts: begins.is_some(),
        }
    }

    /// The rows, to look several of them up.
    pub fn rows(&self) -> Rows<'_> {
        let rows = self.rows as usize;
        let parts = parts(rows);
        let (keys, rest) = self.data.split_at(rows * if self.is_exact { KEY } else { REST });
        let (begins, rest) = rest.split_at(if self.has_parts { (parts + 1) * BEGIN } else { 0 });
        let (counts, places) = rest.split_at(self.counts as usize * COUNTS);
        let keys = if self.is_exact { Keys::Whole(keys.as_chunks().0) } else { Keys::Short(keys.as_chunks().0) };
        let (counts, bits) = (counts.as_chunks().0, usize::from(self.bits));
        Rows { data: &self.data, keys, parts, begins, counts, places, bits }
    }

    /// Brings the rows into the processor's caches: a site's profile is seldom still there from the article before, and
    /// to wait for each row by itself takes several times as long.
    pub fn warm(&self) {
        black_box(self.data.iter().step_by(CACHE_LINE).take(MOST_LINES).fold(0, |sum, each| sum | each));
    }
}

enum Keys<'a> {
    Whole(&'a [[u8; KEY]]),
    Short(&'a [[u8; REST]]),
}

/// See `Packed`.
pub struct Rows<'a> {
    /// It begins with the keys.
    data: &'a [u8],
    keys: Keys<'a>,
    parts: usize,
    begins: &'a [u8],
    counts: &'a [[u8; COUNTS]],
    places: &'a [u8],
    bits: usize,
}

impl Rows<'_> {
    /// What is known of a key.
    #[inline]
    pub fn get(&self, key: u64) -> Option<Known> {
        let (part, rest) = split(key, self.parts);
        let both = self.begins.get(part * BEGIN..(part + 2) * BEGIN).and_then(<[u8]>::first_chunk::<{ 2 * BEGIN }>);
        let (begin, end) = match both.map(number) {
            Some(both) => ((both & MOST_BEGIN) as usize, (both >> u16::BITS) as usize),
            None => (0, self.rows()),
        };
        let at = match self.keys {
            Keys::Whole(keys) => found(keys, begin, end, key),
            Keys::Short(keys) if end - begin > FEW => found(keys, begin, end, u64::from(rest)),
            Keys::Short(keys) => {
                match self.data.get(begin * REST..(begin + FEW) * REST).and_then(<[u8]>::first_chunk) {
                    Some(window) => found_at_once(window, begin, end, rest),
                    None => found(keys, begin, end, u64::from(rest)),
                }
            }
        }?;
        let row = self.counts[bits_at(self.places, at, self.bits)];
        let count = |at: usize| u64::from(u16::from_le_bytes([row[at], row[at + 1]]));
        Some(Known { articles: count(0), inside: count(2), below: count(4) })
    }

    fn rows(&self) -> usize {
        match self.keys {
            Keys::Whole(keys) => keys.len(),
            Keys::Short(keys) => keys.len(),
        }
    }
}

/// The place of the row with a key, among some rows.
fn found<const SIZE: usize>(keys: &[[u8; SIZE]], begin: usize, end: usize, key: u64) -> Option<usize> {
    let among = &keys[begin..end];
    let found = if among.len() > FEW {
        among.binary_search_by_key(&key, number).ok()
    } else {
        among.iter().position(|each| number(each) == key)
    };
    found.map(|found| begin + found)
}

/// The same for at most `FEW` rows with short keys, of which the first ones are those of the window. To compare all at once
/// takes no longer than one of them, and the processor cannot guess wrong where it will end.
fn found_at_once(window: &[u8; FEW * REST], begin: usize, end: usize, key: u32) -> Option<usize> {
    let keys: i32x8 = bytemuck::pod_read_unaligned(window);
    let equal = keys.cmp_eq(i32x8::splat(key.to_le().cast_signed())).move_mask() & ((1 << (end - begin)) - 1);
    (equal != 0).then(|| begin + equal.trailing_zeros() as usize)
}

/// The rows, if they are whole and in order.
fn checked(data: &[u8]) -> PyResult<&[[u8; ROW]]> {
    let (rows, rest) = data.as_chunks();
    let is_whole = rest.is_empty() && u32::try_from(rows.len()).is_ok();
    if !is_whole || !rows.iter().map(key_of).is_sorted_by(|one, other| one < other) {
        return Err(PyValueError::new_err("the packed lines are not whole, or not in order"));
    }
    Ok(rows)
}

fn parts(rows: usize) -> usize {
    rows.div_ceil(SHARED)
}

/// The part of the keys' range that a key is in, and the bits behind those that this tells.
fn split(key: u64, parts: usize) -> (usize, u32) {
    let product = u128::from(key) * parts as u128;
    ((product >> u64::BITS) as usize, (product >> u32::BITS) as u32)
}

/// The first row of each part and of those behind it; None if there are too many rows.
fn begins_of(rows: &[[u8; ROW]], parts: usize) -> Option<Vec<u16>> {
    let all = u16::try_from(rows.len()).ok()?;
    let mut begins = Vec::with_capacity(parts + 1);
    for (at, row) in (0..).zip(rows) {
        begins.resize(usize::max(begins.len(), split(key_of(row), parts).0 + 1), at);
    }
    begins.resize(parts + 1, all);
    Some(begins)
}

fn key_of(row: &[u8; ROW]) -> u64 {
    row.first_chunk().map_or(0, number::<KEY>)
}

fn number<const SIZE: usize>(bytes: &[u8; SIZE]) -> u64 {
    let mut all = [0; KEY];
    all[..SIZE].copy_from_slice(bytes);
    u64::from_le_bytes(all)
}

/// Numbers of so many bits each, at most 32, and what is read behind the last one.
fn in_bits(numbers: &[u64], bits: usize) -> Vec<u8> {
    let mut bytes = vec![0; (numbers.len() * bits).div_ceil(8) + WINDOW - 1];
    for (at, number) in numbers.iter().enumerate() {
        let shifted = number << (at * bits % 8);
        for (to, byte) in bytes[at * bits / 8..].iter_mut().zip(shifted.to_le_bytes()) {
            *to |= byte;
        }
    }
    bytes
}

/// One of the numbers of `in_bits`.
fn bits_at(bytes: &[u8], at: usize, bits: usize) -> usize {
    let begin = at * bits / 8;
    let window = bytes.get(begin..begin + WINDOW).and_then(<[u8]>::first_chunk).map_or(0, number::<WINDOW>);
    (window >> (at * bits % 8)) as usize & ((1 << bits) - 1)
}
