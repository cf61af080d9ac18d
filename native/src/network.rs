//! The scores of a page's cuts. Twin: `Network` in stream/core/footer/network.py.
//!
//! Right shifts of negative numbers go towards minus infinity, as the twin's do.

use crate::vectors::{self, LANES, Pair, Vectors, Work};
use crate::words::MOST;
use std::ops::AddAssign;

pub const LAYERS: usize = 6;
const DISTANCES: [usize; LAYERS] = [1, 2, 4, 8, 16, 32];
const HIGHEST: i32 = i16::MAX as i32;
const SHIFT: u32 = 10;
pub const MOST_CHANNELS: usize = 64;
/// 2**12 / sqrt(1 + count), rounded down. Twin: `_ROOTS`.
const ROOTS: [i32; MOST + 1] = [
    4096, 2896, 2364, 2048, 1831, 1672, 1548, 1448, 1365, 1295, 1234, 1182, 1136, 1094, 1057, 1024, 993, 965, 939, 915,
    893, 873, 854, 836, 819,
];

pub struct Layer {
    /// For each block of `LANES` channels the weights of the line above, of the line itself and of the line below.
    pub pairs: Vec<Pair>,
    pub bias: Vec<i32>,
    /// The greatest sum of the absolute weights of a channel.
    pub largest: i64,
}

/// The weights, in blocks of `LANES` channels. The shipped network has one; others are padded with zeros.
pub struct Network {
    pub width: usize,
    pub words: Words,
    pub traits: Vec<[i16; LANES]>,
    pub direct: Vec<[i16; 2]>,
    pub bias: Vec<i32>,
    pub layers: Vec<Layer>,
    pub out: Vec<[i16; 2]>,
    pub out_bias: [i64; 2],
    pub words_shift: u32,
    pub no_footer: i64,
    pub most_body: i64,
    /// Row 0 of the words, which stands for each missing one, is not zero.
    pub rests: bool,
}

/// The table of words. It is as small as it can be, so that it stays in the processor's caches.
pub enum Words {
    Narrow(Vec<[i8; LANES]>),
    Wide(Vec<[i16; LANES]>),
}

impl Words {
    pub fn len(&self) -> usize {
        match self {
            Words::Narrow(table) => table.len(),
            Words::Wide(table) => table.len(),
        }
    }

    /// A number of row 0, which stands for each missing word.
    fn rest(&self, block: usize, lane: usize) -> i32 {
        match self {
            Words::Narrow(table) => i32::from(table[block][lane]),
            Words::Wide(table) => i32::from(table[block][lane]),
        }
    }
}

impl Network {
    /// What the words of each line come to in each channel, line after line.
    pub fn said<'a>(&self, words: impl ExactSizeIterator<Item = &'a [u16]>) -> Vec<i32> {
        vectors::run(OfWords { network: self, words })
    }

    /// What was `said` of one of the lines.
    pub fn of<'a>(&self, said: &'a [i32], at: usize) -> &'a [i32] {
        &said[at * self.width..(at + 1) * self.width]
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
        vectors::run(Scores { network: self, count, said, traits })
    }

    #[inline(always)]
    fn add_said(&self, words: &[u16], to: &mut Vec<i32>) {
        let (root, blocks) = (ROOTS[words.len()], self.width / LANES);
        for block in 0..blocks {
            let mut sums = match &self.words {
                Words::Narrow(table) => {
                    let mut sums = [0i16; LANES];
                    for &row in words {
                        sums = add(sums, &table[usize::from(row) * blocks + block]);
                    }
                    sums.map(i32::from)
                }
                Words::Wide(table) => {
                    let mut sums = [0i32; LANES];
                    for &row in words {
                        sums = add(sums, &table[usize::from(row) * blocks + block]);
                    }
                    sums
                }
            };
            if self.rests {
                let rest = |lane: usize| (MOST - words.len()) as i32 * self.words.rest(block, lane);
                sums = std::array::from_fn(|lane| sums[lane] + rest(lane));
                // What is beyond these bounds is beyond those of a channel, whatever the traits add.
                let scaled = |sum: i32| (i64::from(sum) * i64::from(root)) >> self.words_shift;
                to.extend(sums.map(|sum| scaled(sum).clamp(-1 << 30, 1 << 30) as i32));
            } else {
                // The sum of so many numbers of 16 bits, times the root, has less than 31 bits.
                let shift = self.words_shift.min(i32::BITS - 1);
                to.extend(sums.map(|sum| (sum * root) >> shift));
            }
        }
    }

    /// Sets the channels of a line; gives what its traits add to the two numbers at the end.
    #[inline(always)]
    fn begin(&self, said: &[i32], traits: &[u16], to: &mut [i16]) -> [i64; 2] {
        let blocks = self.width / LANES;
        let (said, bias) = (said.as_chunks::<LANES>().0, self.bias.as_chunks::<LANES>().0);
        for (block, to) in to.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let mut sums = said[block];
            for &row in traits {
                sums = add(sums, &self.traits[usize::from(row) * blocks + block]);
            }
            for lane in 0..LANES {
                to[lane] = (sums[lane] + bias[block][lane]).clamp(0, HIGHEST) as i16;
            }
        }
        let mut ends = [0; 2];
        for &row in traits {
            let [body, here] = self.direct[usize::from(row)];
            ends = [ends[0] + i32::from(body), ends[1] + i32::from(here)];
        }
        ends.map(i64::from)
    }

    #[inline(always)]
    fn end(&self, line: &[i16], ends: &mut [i64; 2]) {
        let mut sums = [0; 2];
        for (each, out) in line.iter().zip(&self.out) {
            sums[0] += i64::from(i32::from(*each) * i32::from(out[0]));
            sums[1] += i64::from(i32::from(*each) * i32::from(out[1]));
        }
        for at in 0..2 {
            ends[at] += (sums[at] >> SHIFT) + self.out_bias[at];
        }
    }
}

/// See `Network::said`.
struct OfWords<'n, W> {
    network: &'n Network,
    words: W,
}

impl<'a, W: ExactSizeIterator<Item = &'a [u16]>> Work for OfWords<'_, W> {
    type Done = Vec<i32>;

    #[inline(always)]
    fn by(self, _: impl Vectors) -> Vec<i32> {
        let mut made = Vec::with_capacity(self.words.len() * self.network.width);
        for words in self.words {
            self.network.add_said(words, &mut made);
        }
        made
    }
}

/// See `Network::scores`.
struct Scores<'n, S, T> {
    network: &'n Network,
    count: usize,
    said: S,
    traits: T,
}

impl<'a, S: Fn(usize) -> &'a [i32], T: Fn(usize) -> &'a [u16]> Work for Scores<'_, S, T> {
    type Done = Vec<i64>;

    #[inline(always)]
    fn by(self, vectors: impl Vectors) -> Vec<i64> {
        let Scores { network, count, said, traits } = self;
        let width = network.width;
        let mut lines = vec![0i16; count * width];
        let mut ends = Vec::with_capacity(count);
        for (at, line) in lines.chunks_exact_mut(width).enumerate() {
            ends.push(network.begin(said(at), traits(at), line));
        }
        let mut made = vec![0i16; lines.len()];
        for (layer, distance) in network.layers.iter().zip(DISTANCES) {
            let highest = i64::from(lines.iter().copied().max().unwrap_or(0));
            if width == LANES && layer.largest * highest <= i64::from(i32::MAX) {
                narrow_layer(vectors, layer, &lines, &mut made, distance);
            } else {
                wide_layer(layer, &lines, &mut made, distance, width);
            }
            std::mem::swap(&mut lines, &mut made);
        }
        for (line, ends) in lines.chunks_exact(width).zip(&mut ends) {
            network.end(line, ends);
        }
        let mut body = 0;
        let here = ends.iter().skip(1).map(|end| end[1]).chain([network.no_footer]);
        let score = |(end, here): (&[i64; 2], i64)| {
            body += bounded(end[0], network.most_body);
            body + here
        };
        ends.iter().zip(here).map(score).collect()
    }
}

#[inline(always)]
fn add<T: Copy + AddAssign, U: Copy + Into<T>>(mut sums: [T; LANES], more: &[U; LANES]) -> [T; LANES] {
    sums.iter_mut().zip(more).for_each(|(sum, each)| *sum += (*each).into());
    sums
}

static NOTHING: [i16; MOST_CHANNELS] = [0; MOST_CHANNELS];

/// The line at a distance above, the line itself, and the one below it; zeros where there is none.
fn three(lines: &[i16], at: usize, distance: usize, width: usize) -> [&[i16]; 3] {
    let line = |at: usize| lines.get(at * width..(at + 1) * width).unwrap_or(&NOTHING[..width]);
    [at.checked_sub(distance).map_or(&NOTHING[..width], line), line(at), line(at + distance)]
}

/// One layer of a network with one block of channels, whose sums fit into 32 bits.
#[inline(always)]
fn narrow_layer<V: Vectors>(vectors: V, layer: &Layer, lines: &[i16], made: &mut [i16], distance: usize) {
    let (lines, _) = lines.as_chunks::<LANES>();
    let (made, _) = made.as_chunks_mut::<LANES>();
    let (pairs, _) = layer.pairs.as_chunks::<{ LANES / 2 }>();
    let Ok([above, here, below]) = <&[[Pair; LANES / 2]; 3]>::try_from(pairs) else { return };
    let Ok(bias) = <&[i32; LANES]>::try_from(&*layer.bias) else { return };
    for (at, to) in made.iter_mut().enumerate() {
        let mut sums = vectors.zeros();
        if let Some(line) = at.checked_sub(distance).map(|at| &lines[at]) {
            vectors.add_products(&mut sums, line, above);
        }
        vectors.add_products(&mut sums, &lines[at], here);
        if let Some(line) = lines.get(at + distance) {
            vectors.add_products(&mut sums, line, below);
        }
        *to = vectors.made::<{ SHIFT as i32 }>(sums, bias, &lines[at]);
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
