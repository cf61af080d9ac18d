//! The inner products of the network, by the widest vector instructions that the processor has.
//!
//! What `run` is given is compiled once for each kind of processor. So everything in it has to be inlined.

use wide::{i16x8, i32x4};

/// The channels that are worked on at once.
pub const LANES: usize = 16;
/// Weights for `LANES` channels that are made, of two neighbouring inputs each.
pub type Pair = [i16x8; 4];

/// A kind of processor.
pub trait Vectors: Copy {
    type Sums: Copy;

    fn zeros(self) -> Self::Sums;
    /// Adds what a line comes to by some weights.
    fn add_products(self, sums: &mut Self::Sums, line: &[i16; LANES], weights: &[Pair; LANES / 2]);
    /// The sums, shifted to the right, with a bias, not below zero, and with what was there before; at most `i16::MAX`.
    fn made<const SHIFT: i32>(self, sums: Self::Sums, bias: &[i32; LANES], before: &[i16; LANES]) -> [i16; LANES];
}

/// Work that is done by vectors.
pub trait Work {
    type Done;

    fn by(self, vectors: impl Vectors) -> Self::Done;
}

/// Does the work.
pub fn run<W: Work>(work: W) -> W::Done {
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = pulp::x86::V3::try_new() {
        return vectors.vectorize(
            #[inline(always)]
            || work.by(vectors),
        );
    }
    work.by(Any)
}

/// Any processor: vectors of 128 bits, or what the compiler makes of them.
#[derive(Clone, Copy)]
struct Any;

impl Vectors for Any {
    type Sums = [i32x4; 4];

    #[inline(always)]
    fn zeros(self) -> Self::Sums {
        [i32x4::ZERO; 4]
    }

    #[inline(always)]
    fn add_products(self, sums: &mut Self::Sums, line: &[i16; LANES], weights: &[Pair; LANES / 2]) {
        let twos: [i32; LANES / 2] = bytemuck::cast(*line);
        for (two, weights) in twos.into_iter().zip(weights) {
            let two: i16x8 = bytemuck::cast(i32x4::splat(two));
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum += two.dot(*weights);
            }
        }
    }

    #[inline(always)]
    fn made<const SHIFT: i32>(self, sums: Self::Sums, bias: &[i32; LANES], before: &[i16; LANES]) -> [i16; LANES] {
        let mut made = [0; LANES];
        let parts = made.as_chunks_mut::<4>().0.iter_mut().zip(before.as_chunks::<4>().0).zip(bias.as_chunks::<4>().0);
        for (sum, ((to, before), bias)) in sums.into_iter().zip(parts) {
            let more = ((sum >> SHIFT) + i32x4::new(*bias)).max(i32x4::ZERO);
            let made = (i32x4::new(before.map(i32::from)) + more).min(i32x4::splat(i32::from(i16::MAX)));
            *to = made.to_array().map(|each| each as i16);
        }
        made
    }
}

#[cfg(target_arch = "x86_64")]
mod v3 {
    use super::{LANES, Pair, Vectors};
    use bytemuck::cast;
    use core::arch::x86_64::{__m128i, __m256i};
    use pulp::x86::V3;

    /// AVX2.
    impl Vectors for V3 {
        type Sums = [__m256i; 2];

        #[inline(always)]
        fn zeros(self) -> Self::Sums {
            [self.avx._mm256_setzero_si256(); 2]
        }

        #[inline(always)]
        fn add_products(self, sums: &mut Self::Sums, line: &[i16; LANES], weights: &[Pair; LANES / 2]) {
            let twos: [i32; LANES / 2] = cast(*line);
            for at in 0..LANES / 2 {
                let two = self.avx._mm256_set1_epi32(twos[at]);
                let weights: [__m256i; 2] = cast(weights[at]);
                for half in 0..2 {
                    let products = self.avx2._mm256_madd_epi16(two, weights[half]);
                    sums[half] = self.avx2._mm256_add_epi32(sums[half], products);
                }
            }
        }

        #[inline(always)]
        fn made<const SHIFT: i32>(self, sums: Self::Sums, bias: &[i32; LANES], before: &[i16; LANES]) -> [i16; LANES] {
            let (bias, before): ([__m256i; 2], [__m128i; 2]) = (cast(*bias), cast(*before));
            let each = |half: usize| {
                let shifted = self.avx2._mm256_srai_epi32::<SHIFT>(sums[half]);
                let more = self.avx2._mm256_add_epi32(shifted, bias[half]);
                let more = self.avx2._mm256_max_epi32(more, self.avx._mm256_setzero_si256());
                self.avx2._mm256_add_epi32(more, self.avx2._mm256_cvtepi16_epi32(before[half]))
            };
            // Packing bounds the numbers, and takes them from both vectors in turn, which the permutation undoes.
            let packed = self.avx2._mm256_packs_epi32(each(0), each(1));
            cast(self.avx2._mm256_permute4x64_epi64::<0b1101_1000>(packed))
        }
    }
}
