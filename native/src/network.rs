//! The scores of a page's cuts. Twin: `Network` in stream/core/footer/network.py.
//!
//! Right shifts of negative numbers go towards minus infinity, as the twin's do.

use crate::vectors::{self, LANES, Pair, Vectors, Work};
use crate::words::MOST;
use std::ops::{AddAssign, Range};

pub const LAYERS: usize = 6;
const DISTANCES: [usize; LAYERS] = [1, 2, 4, 8, 16, 32];
/// So many lines away a line may count for another.
pub const REACH: usize = 63;
/// The network sees so many lines of a page at once, as each takes several hundred bytes meanwhile.
pub const PIECE: usize = 4096;
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

/// What each line comes to by all that is the same at each look at its page: in each channel, line after line; and in
/// the two numbers at the end.
#[derive(Clone, Default)]
pub struct Channels {
    width: usize,
    sums: Vec<i32>,
    ends: Vec<[i32; 2]>,
}

impl Channels {
    /// That of one of the lines.
    pub fn of(&self, at: usize) -> (&[i32], [i32; 2]) {
        (&self.sums[at * self.width..(at + 1) * self.width], self.ends[at])
    }
}

impl Network {
    /// What the words of each line come to.
    pub fn said<'a>(&self, words: impl ExactSizeIterator<Item = &'a [u16]>) -> Channels {
        let ends = vec![[0; 2]; words.len()];
        Channels { width: self.width, sums: vectors::run(OfWords { network: self, words }), ends }
    }

    /// What lines come to by their words and by more rows in the table of traits; `others`: the rows of each line that
    /// has none of its own.
    pub fn told<const ROWS: usize>(
        &self,
        said: &Channels,
        rows: impl Iterator<Item = Option<[u16; ROWS]>>,
        others: [u16; ROWS],
    ) -> Channels {
        vectors::run(Told { network: self, said, rows, others })
    }

    /// The scores of a page's cuts, from the one below the first line to the one below the last.
    ///
    /// The page is gone through by pieces; `ends` gives what `Network::ends` does for some of its lines.
    pub fn scores(&self, count: usize, mut ends: impl FnMut(Range<usize>) -> Vec<[i64; 2]>) -> Vec<i64> {
        let mut scores: Vec<i64> = Vec::with_capacity(count);
        let mut body = 0;
        for begin in (0..count).step_by(PIECE) {
            let end = count.min(begin + PIECE);
            let first = begin.saturating_sub(REACH);
            let found = ends(first..count.min(end + REACH));
            for [line, here] in &found[begin - first..end - first] {
                if let Some(above) = scores.last_mut() {
                    *above += here;
                }
                body += bounded(*line, self.most_body);
                scores.push(body);
            }
        }
        if let Some(last) = scores.last_mut() {
            *last += self.no_footer;
        }
        scores
    }

    /// What each of some lines comes to in the two numbers at the end. Those at most `REACH` from an end are right only
    /// where the page ends there, too.
    ///
    /// `said` gives what a line comes to without its traits, `traits` its rows in the table of traits.
    pub fn ends<'a>(
        &self,
        count: usize,
        said: impl Fn(usize) -> (&'a [i32], [i32; 2]),
        traits: impl Fn(usize) -> &'a [u16],
    ) -> Vec<[i64; 2]> {
        vectors::run(Ends { network: self, count, said, traits })
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

    /// Sets the channels of a line; gives what there is by now of the two numbers at the end.
    #[inline(always)]
    fn begin(&self, (said, mut ends): (&[i32], [i32; 2]), traits: &[u16], to: &mut [i16]) -> [i64; 2] {
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
        self.add_direct(traits, &mut ends);
        ends.map(i64::from)
    }

    /// Adds what rows of the table of traits come to in the two numbers at the end.
    #[inline(always)]
    fn add_direct(&self, traits: &[u16], ends: &mut [i32; 2]) {
        for &row in traits {
            let [body, here] = self.direct[usize::from(row)];
            *ends = [ends[0] + i32::from(body), ends[1] + i32::from(here)];
        }
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

/// See `Network::told`.
struct Told<'n, R, const ROWS: usize> {
    network: &'n Network,
    said: &'n Channels,
    rows: R,
    others: [u16; ROWS],
}

impl<R: Iterator<Item = Option<[u16; ROWS]>>, const ROWS: usize> Work for Told<'_, R, ROWS> {
    type Done = Channels;

    #[inline(always)]
    fn by(self, _: impl Vectors) -> Channels {
        let Told { network, said, rows, others } = self;
        let blocks = network.width / LANES;
        let sum = |rows: &[u16; ROWS], block: usize, mut sums: [i32; LANES]| {
            for &row in rows {
                sums = add(sums, &network.traits[usize::from(row) * blocks + block]);
            }
            sums
        };
        let rest: Vec<[i32; LANES]> = (0..blocks).map(|block| sum(&others, block, [0; LANES])).collect();
        let mut rest_ends = [0; 2];
        network.add_direct(&others, &mut rest_ends);
        let mut sums = Vec::with_capacity(said.sums.len());
        let mut ends = Vec::with_capacity(said.ends.len());
        for (rows, said) in rows.zip(said.sums.chunks_exact(network.width)) {
            for (block, said) in said.as_chunks::<LANES>().0.iter().enumerate() {
                sums.extend(rows.map_or_else(|| add(*said, &rest[block]), |rows| sum(&rows, block, *said)));
            }
            ends.push(rows.map_or(rest_ends, |rows| {
                let mut ends = [0; 2];
                network.add_direct(&rows, &mut ends);
                ends
            }));
        }
        Channels { width: network.width, sums, ends }
    }
}

/// See `Network::ends`.
struct Ends<'n, S, T> {
    network: &'n Network,
    count: usize,
    said: S,
    traits: T,
}

impl<'a, S: Fn(usize) -> (&'a [i32], [i32; 2]), T: Fn(usize) -> &'a [u16]> Work for Ends<'_, S, T> {
    type Done = Vec<[i64; 2]>;

    #[inline(always)]
    fn by(self, vectors: impl Vectors) -> Vec<[i64; 2]> {
        let Ends { network, count, said, traits } = self;
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
        ends
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
