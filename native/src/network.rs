//! The scores of a page's cuts. Twin: `Network` in stream/core/footer/network.py.
//!
//! Right shifts of negative numbers go towards minus infinity, as the twin's do.

use crate::words::MOST;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use std::sync::Arc;
use wide::{i8x16, i16x8, i16x16, i32x4};

const LAYERS: usize = 6;
const DISTANCES: [usize; LAYERS] = [1, 2, 4, 8, 16, 32];
const HIGHEST: i32 = i16::MAX as i32;
const SHIFT: u32 = 10;
/// The channels that the shipped network has; others are padded with zeros to a multiple of it.
const LANES: usize = 16;
const MOST_CHANNELS: usize = 64;
const MOST_TRAITS: usize = 64;
/// 2**12 / sqrt(1 + count), rounded down. Twin: `_ROOTS`.
const ROOTS: [i64; MOST + 1] = [
    4096, 2896, 2364, 2048, 1831, 1672, 1548, 1448, 1365, 1295, 1234, 1182, 1136, 1094, 1057, 1024, 993, 965, 939, 915,
    893, 873, 854, 836, 819,
];

/// Weights for `LANES` channels that are made, of two neighbouring inputs each.
type Pair = [i16x8; 4];

struct Layer {
    /// For each block of `LANES` channels the weights of the line above, of the line itself and of the line below.
    pairs: Vec<Pair>,
    bias: Vec<i32>,
    /// The greatest sum of the absolute weights of a channel.
    largest: i64,
}

pub struct Network {
    width: usize,
    words: Words,
    traits: Vec<[i32x4; 4]>,
    direct: Vec<[i64; 2]>,
    bias: Vec<i64>,
    layers: Vec<Layer>,
    out: Vec<[i64; 2]>,
    out_bias: [i64; 2],
    words_shift: u32,
    no_footer: i64,
    most_body: i64,
    /// Row 0 of the words, which stands for each missing one, is not zero.
    rests: bool,
}

impl Network {
    /// What the words of a line come to in each channel.
    pub fn said(&self, words: &[u16]) -> Vec<i32> {
        let missing = if self.rests { MOST - words.len() } else { 0 }; // row 0 stands for each missing word
        let rows = || words.iter().map(|&row| usize::from(row)).chain(std::iter::repeat_n(0, missing));
        let root = ROOTS[words.len()];
        // What is beyond these bounds is beyond those of a channel, whatever the traits add.
        let scaled = |sum: i32| ((i64::from(sum) * root) >> self.words_shift).clamp(-1 << 30, 1 << 30) as i32;
        let blocks = self.width / LANES;
        let sums = |block| self.words.sum(rows().map(|row| row * blocks + block));
        (0..blocks).flat_map(sums).map(scaled).collect()
    }

    /// The score of each cut, from the one below the first line to the one below the last.
    ///
    /// `said` gives what `said` says of a line, `traits` its rows in the table of traits.
    pub fn scores<'a>(
        &self,
        count: usize,
        said: impl Fn(usize) -> &'a [i32],
        traits: impl Fn(usize) -> &'a [u16],
    ) -> Vec<i64> {
        let mut lines = vec![0i16; count * self.width];
        let mut ends = Vec::with_capacity(count);
        for (at, line) in lines.chunks_exact_mut(self.width).enumerate() {
            ends.push(self.begin(said(at), traits(at), line));
        }
        let mut made = vec![0i16; lines.len()];
        for (layer, distance) in self.layers.iter().zip(DISTANCES) {
            let highest = i64::from(lines.iter().copied().max().unwrap_or(0));
            if self.width == LANES && layer.largest * highest <= i64::from(i32::MAX) {
                narrow_layer(layer, &lines, &mut made, distance);
            } else {
                wide_layer(layer, &lines, &mut made, distance, self.width);
            }
            std::mem::swap(&mut lines, &mut made);
        }
        for (line, ends) in lines.chunks_exact(self.width).zip(&mut ends) {
            self.end(line, ends);
        }
        let mut body = 0;
        let here = ends.iter().skip(1).map(|end| end[1]).chain([self.no_footer]);
        let score = |(end, here): (&[i64; 2], i64)| {
            body += bounded(end[0], self.most_body);
            body + here
        };
        ends.iter().zip(here).map(score).collect()
    }

    /// Sets the channels of a line; gives what its traits add to the two numbers at the end.
    fn begin(&self, said: &[i32], traits: &[u16], to: &mut [i16]) -> [i64; 2] {
        let mut ends = [0; 2];
        for &row in traits {
            let [body, here] = self.direct[usize::from(row)];
            ends = [ends[0] + body, ends[1] + here];
        }
        let blocks = self.width / LANES;
        for (block, (to, said)) in to.chunks_exact_mut(LANES).zip(said.chunks_exact(LANES)).enumerate() {
            let rows = traits.iter().map(|&row| usize::from(row) * blocks + block);
            let shown = sum_of(&self.traits, rows);
            for lane in 0..LANES {
                let sum = i64::from(said[lane]) + i64::from(shown[lane]) + self.bias[block * LANES + lane];
                to[lane] = sum.clamp(0, i64::from(HIGHEST)) as i16;
            }
        }
        ends
    }

    fn end(&self, line: &[i16], ends: &mut [i64; 2]) {
        let mut sums = [0; 2];
        for (each, out) in line.iter().zip(&self.out) {
            sums[0] += i64::from(*each) * out[0];
            sums[1] += i64::from(*each) * out[1];
        }
        for at in 0..2 {
            ends[at] += (sums[at] >> SHIFT) + self.out_bias[at];
        }
    }
}

/// The table of words, in blocks of `LANES`. It is as small as it can be, so that it stays in the processor's caches.
enum Words {
    Narrow(Vec<[i8; LANES]>),
    Wide(Vec<[i16; LANES]>),
}

impl Words {
    fn len(&self) -> usize {
        match self {
            Words::Narrow(table) => table.len(),
            Words::Wide(table) => table.len(),
        }
    }

    /// The sum of at most `MOST` rows.
    fn sum(&self, rows: impl Iterator<Item = usize>) -> [i32; LANES] {
        match self {
            Words::Narrow(table) => {
                let sum = rows.fold(i16x16::ZERO, |sum, row| sum + i16x16::from(i8x16::new(table[row])));
                sum.to_array().map(i32::from)
            }
            Words::Wide(table) => {
                let mut sums = [0; LANES];
                for row in rows {
                    sums.iter_mut().zip(table[row]).for_each(|(sum, each)| *sum += i32::from(each));
                }
                sums
            }
        }
    }
}

/// The sum of some rows of a table.
fn sum_of(table: &[[i32x4; 4]], rows: impl Iterator<Item = usize>) -> [i32; LANES] {
    let mut sums = [i32x4::ZERO; 4];
    for row in rows {
        let row = &table[row];
        sums = [sums[0] + row[0], sums[1] + row[1], sums[2] + row[2], sums[3] + row[3]];
    }
    bytemuck::cast(sums)
}

static NOTHING: [i16; MOST_CHANNELS] = [0; MOST_CHANNELS];

/// The line at a distance above, the line itself, and the one below it; zeros where there is none.
fn three(lines: &[i16], at: usize, distance: usize, width: usize) -> [&[i16]; 3] {
    let line = |at: usize| lines.get(at * width..(at + 1) * width).unwrap_or(&NOTHING[..width]);
    [at.checked_sub(distance).map_or(&NOTHING[..width], line), line(at), line(at + distance)]
}

/// One layer of a network with one block of channels, whose sums fit into 32 bits.
fn narrow_layer(layer: &Layer, lines: &[i16], made: &mut [i16], distance: usize) {
    let (lines, _) = lines.as_chunks::<LANES>();
    let (made, _) = made.as_chunks_mut::<LANES>();
    let (pairs, _) = layer.pairs.as_chunks::<{ LANES / 2 }>();
    let Ok([above, here, below]) = <&[[Pair; LANES / 2]; 3]>::try_from(pairs) else { return };
    for (at, to) in made.iter_mut().enumerate() {
        let mut sums = [i32x4::ZERO; 4];
        if let Some(line) = at.checked_sub(distance).map(|at| &lines[at]) {
            add_products(&mut sums, line, above);
        }
        add_products(&mut sums, &lines[at], here);
        if let Some(line) = lines.get(at + distance) {
            add_products(&mut sums, line, below);
        }
        let highest = i32x4::splat(HIGHEST);
        let before = lines[at].as_chunks::<4>().0;
        let parts = to.as_chunks_mut::<4>().0.iter_mut().zip(before).zip(layer.bias.as_chunks::<4>().0);
        for (sum, ((to, before), bias)) in sums.into_iter().zip(parts) {
            let more = ((sum >> SHIFT as i32) + i32x4::new(*bias)).max(i32x4::ZERO);
            let made = (i32x4::new(before.map(i32::from)) + more).min(highest);
            *to = made.to_array().map(|each| each as i16);
        }
    }
}

/// Adds what a line comes to by some weights.
#[inline]
fn add_products(sums: &mut [i32x4; 4], line: &[i16; LANES], weights: &[Pair; LANES / 2]) {
    let twos: [i32; LANES / 2] = bytemuck::cast(*line);
    for (two, weights) in twos.into_iter().zip(weights) {
        let two: i16x8 = bytemuck::cast(i32x4::splat(two));
        for (sum, weights) in sums.iter_mut().zip(weights) {
            *sum += two.dot(*weights);
        }
    }
}

/// Does the same for any width, and where sums may not fit into 32 bits.
fn wide_layer(layer: &Layer, lines: &[i16], made: &mut [i16], distance: usize, width: usize) {
    let pairs = 3 * width / 2; // for each block of `LANES` channels
    for (at, to) in made.chunks_exact_mut(width).enumerate() {
        let inputs = three(lines, at, distance, width);
        for (block, to) in to.chunks_exact_mut(LANES).enumerate() {
            let mut sums = [0i64; LANES];
            let twos = inputs.iter().flat_map(|input| input.chunks_exact(2));
            for (two, pair) in twos.zip(&layer.pairs[block * pairs..]) {
                let weights: [[i16; 2]; LANES] = bytemuck::cast(*pair);
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum += i64::from(two[0]) * i64::from(weights[0]) + i64::from(two[1]) * i64::from(weights[1]);
                }
            }
            for (lane, to) in to.iter_mut().enumerate() {
                let channel = block * LANES + lane;
                let more = ((sums[lane] >> SHIFT) + i64::from(layer.bias[channel])).max(0);
                *to = (i64::from(inputs[1][channel]) + more).min(i64::from(HIGHEST)) as i16;
            }
        }
    }
}

/// What a line speaks for the article, within bounds: number * most / (most + |number|), rounded down.
fn bounded(number: i64, most: i64) -> i64 {
    (number * most).div_euclid(most + number.abs())
}

/// Little-endian numbers of so many bytes each; there have to be `count`.
fn numbers(bytes: &[u8], count: usize, width: usize) -> PyResult<Vec<i64>> {
    if bytes.len() != count * width {
        return Err(PyValueError::new_err(format!("weights: {count} numbers of {width} bytes are wanted")));
    }
    let number = |each: &[u8]| {
        let mut whole = [if each[width - 1] & 0x80 != 0 { 0xFF } else { 0 }; 8];
        whole[..width].copy_from_slice(each);
        i64::from_le_bytes(whole)
    };
    Ok(bytes.chunks_exact(width).map(number).collect())
}

/// Pads each row of so many columns with zeros.
fn padded(numbers: &[i64], columns: usize, width: usize) -> Vec<i64> {
    let rows = numbers.chunks_exact(columns);
    rows.flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0, width - columns))).collect()
}

/// Numbers in blocks of `LANES`.
fn blocks<T>(numbers: &[i64], narrow: impl Fn(i64) -> T) -> Vec<[T; LANES]> {
    numbers.chunks_exact(LANES).map(|block| std::array::from_fn(|lane| narrow(block[lane]))).collect()
}

fn layer_of(weights: &[u8], bias: &[u8], channels: usize, width: usize) -> PyResult<Layer> {
    let weights = numbers(weights, 3 * channels * channels, 2)?;
    let weight = |input: usize, channel: usize| {
        let (part, at) = (input / width, input % width);
        if at < channels && channel < channels { weights[(part * channels + at) * channels + channel] } else { 0 }
    };
    let mut pairs = Vec::new();
    for block in (0..width).step_by(LANES) {
        for input in (0..3 * width).step_by(2) {
            let lanes: [[i16; 2]; LANES] = std::array::from_fn(|lane| {
                [weight(input, block + lane) as i16, weight(input + 1, block + lane) as i16]
            });
            pairs.push(bytemuck::cast(lanes));
        }
    }
    let sum = |channel: usize| (0..3 * width).map(|input| weight(input, channel).abs()).sum::<i64>();
    let largest = (0..channels).map(sum).max().unwrap_or(0);
    let bias = padded(&numbers(bias, channels, 2)?, channels, width).into_iter().map(|each| each as i32).collect();
    Ok(Layer { pairs, bias, largest })
}

/// A network, held by Python.
#[pyclass(frozen, name = "Network", module = "stream.core.native.compiled")]
pub struct PyNetwork(pub Arc<Network>);

#[pymethods]
impl PyNetwork {
    /// The arrays as bytes; `width`: the bytes of a number in `words`; `sizes`: rows of words, of traits, and channels;
    /// `given`: `words_shift`, `no_footer`, `most_body`.
    #[new]
    #[allow(clippy::too_many_arguments)] // they are the fields of one value
    fn new(
        words: &[u8],
        width: usize,
        traits: &[u8],
        bias: &[u8],
        layers: Vec<(Vec<u8>, Vec<u8>)>,
        out: &[u8],
        out_bias: &[u8],
        sizes: (usize, usize, usize),
        given: (u32, i64, i64),
    ) -> PyResult<Self> {
        let ((word_rows, trait_rows, channels), (words_shift, no_footer, most_body)) = (sizes, given);
        let fits = (1..=MOST_CHANNELS).contains(&channels) && layers.len() == LAYERS && (1..=2).contains(&width);
        let rows = 1..=1 << 16;
        let bounded = words_shift <= 40 && (1..=1 << 20).contains(&most_body) && i32::try_from(no_footer).is_ok();
        if !fits || !bounded || !rows.contains(&word_rows) || !rows.contains(&trait_rows) {
            return Err(PyValueError::new_err("weights: a number is out of its range"));
        }
        let lanes = channels.next_multiple_of(LANES);
        let table = padded(&numbers(words, word_rows * channels, width)?, channels, lanes);
        let traits = numbers(traits, trait_rows * (channels + 2), 2)?;
        let direct = traits.chunks_exact(channels + 2).map(|row| [row[channels], row[channels + 1]]).collect();
        let shown: Vec<i64> = traits.chunks_exact(channels + 2).flat_map(|row| &row[..channels]).copied().collect();
        let layers = layers
            .iter()
            .map(|(weights, bias)| layer_of(weights, bias, channels, lanes))
            .collect::<PyResult<Vec<Layer>>>()?;
        let out = numbers(out, 2 * channels, 2)?.chunks_exact(2).map(|each| [each[0], each[1]]).collect();
        let out_bias = numbers(out_bias, 2, 4)?;
        Ok(PyNetwork(Arc::new(Network {
            width: lanes,
            rests: table.iter().take(lanes).any(|&each| each != 0),
            words: if width == 1 {
                Words::Narrow(blocks(&table, |each| each as i8))
            } else {
                Words::Wide(blocks(&table, |each| each as i16))
            },
            traits: blocks(&padded(&shown, channels, lanes), |each| each as i32)
                .into_iter()
                .map(bytemuck::cast::<[i32; LANES], _>)
                .collect(),
            direct,
            bias: padded(&numbers(bias, channels, 2)?, channels, lanes),
            layers,
            out,
            out_bias: [out_bias[0], out_bias[1]],
            words_shift,
            no_footer,
            most_body,
        })))
    }

    /// The score of each cut, from the rows of each line in the two tables.
    fn scores(&self, words: Vec<Vec<u16>>, traits: Vec<Vec<u16>>) -> PyResult<Vec<i64>> {
        let (rows, known) = (self.0.direct.len(), self.0.words.len() * LANES / self.0.width);
        if words.len() != traits.len()
            || words.iter().any(|each| each.len() > MOST)
            || traits.iter().any(|each| each.len() > MOST_TRAITS)
        {
            return Err(PyValueError::new_err("scores: words and traits of the same lines, at most 24 and 64 in each"));
        }
        let inside = |lines: &[Vec<u16>], end: usize| lines.iter().flatten().all(|&row| usize::from(row) < end);
        if !inside(&words, known) || !inside(&traits, rows) {
            return Err(PyIndexError::new_err("scores: there is no such row"));
        }
        let said: Vec<Vec<i32>> = words.iter().map(|words| self.0.said(words)).collect();
        Ok(self.0.scores(words.len(), |at| &said[at], |at| &traits[at]))
    }
}
