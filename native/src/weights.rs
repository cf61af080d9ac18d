//! Takes the network's weights from Python. Twin: `network_of` in stream/core/footer/network.py.

use crate::network::{LAYERS, Layer, MOST_CHANNELS, Network, Words};
use crate::vectors::LANES;
use crate::words::MOST;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use std::sync::Arc;

const MOST_TRAITS: usize = 64;

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
        let two = |first: i64, second: i64| [first as i16, second as i16];
        let direct = traits.chunks_exact(channels + 2).map(|row| two(row[channels], row[channels + 1])).collect();
        let shown: Vec<i64> = traits.chunks_exact(channels + 2).flat_map(|row| &row[..channels]).copied().collect();
        let layers = layers
            .iter()
            .map(|(weights, bias)| layer_of(weights, bias, channels, lanes))
            .collect::<PyResult<Vec<Layer>>>()?;
        let out = numbers(out, 2 * channels, 2)?.chunks_exact(2).map(|each| two(each[0], each[1])).collect();
        let out_bias = numbers(out_bias, 2, 4)?;
        Ok(PyNetwork(Arc::new(Network {
            width: lanes,
            rests: table.iter().take(lanes).any(|&each| each != 0),
            words: if width == 1 {
                Words::Narrow(blocks(&table, |each| each as i8))
            } else {
                Words::Wide(blocks(&table, |each| each as i16))
            },
            traits: blocks(&padded(&shown, channels, lanes), |each| each as i16),
            direct,
            bias: padded(&numbers(bias, channels, 2)?, channels, lanes).into_iter().map(|each| each as i32).collect(),
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
        Ok(self.0.scores(words.len(), |lines| {
            let (words, traits) = (&words[lines.clone()], &traits[lines]);
            let said = self.0.said(words.iter().map(|words| &**words));
            self.0.ends(words.len(), |at| said.of(at), |at| &traits[at])
        }))
    }
}
