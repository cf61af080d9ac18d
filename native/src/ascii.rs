//! What is known of many bytes of ASCII at once.

use bytemuck::cast;
use wide::{CmpEq, CmpGt, CmpLt, i8x16};

/// So many bytes are looked at together, and so many in one step.
pub const BLOCK: usize = 64;
pub const WIDTH: usize = 16;

/// Up to `BLOCK` bytes of ASCII, their letters as small ones.
pub struct Block(pub [u8; BLOCK + WIDTH]);

impl Block {
    /// Takes others; gives which of them are letters, and which digits, as bits.
    #[inline(always)]
    pub fn take(&mut self, bytes: &[u8]) -> (u64, u64) {
        let Block(small) = self;
        small[..bytes.len()].copy_from_slice(bytes);
        let (mut letters, mut figures) = (0, 0);
        let between = |each: i8x16, first: u8, last: u8| {
            each.cmp_gt(i8x16::splat(first as i8 - 1)) & each.cmp_lt(i8x16::splat(last as i8 + 1))
        };
        for begin in (0..bytes.len()).step_by(WIDTH) {
            let Some((part, _)) = small[begin..].split_first_chunk_mut::<WIDTH>() else { break };
            let given: i8x16 = cast(*part);
            let lowered = given | i8x16::splat(0x20); // which only tells of letters what they are
            *part = cast(lowered);
            letters |= (between(lowered, b'a', b'z').move_mask() as u64 & 0xFFFF) << begin;
            figures |= (between(given, b'0', b'9').move_mask() as u64 & 0xFFFF) << begin;
        }
        let there = u64::MAX >> (BLOCK - bytes.len()); // behind them stands what was there before
        (letters & there, figures & there)
    }
}

/// How many bytes of ASCII a text begins with that are spelled as they are, but for their case: neither control
/// characters nor two spaces in a row. Of short ones it may be 0.
#[inline(always)]
pub fn plain_run(text: &[u8]) -> usize {
    const HIGHEST: u32 = 0x8080_8080;
    match text.first_chunk() {
        Some(first) if u32::from_le_bytes(*first) & HIGHEST == 0 => {}
        _ => return 0,
    }
    let (mut run, mut space) = (0, 0);
    for bytes in text.chunks(WIDTH) {
        let mut part = [0; WIDTH];
        part[..bytes.len()].copy_from_slice(bytes);
        let given: i8x16 = cast(part);
        let odd = given.cmp_lt(i8x16::splat(b' ' as i8)) | given.cmp_eq(i8x16::splat(0x7f));
        let spaces = given.cmp_eq(i8x16::splat(b' ' as i8)).move_mask() as u32;
        let ends = odd.move_mask() as u32 | (spaces & (spaces << 1 | space)) | 1 << WIDTH;
        let plain = ends.trailing_zeros() as usize;
        run += plain;
        if plain < WIDTH {
            break;
        }
        space = spaces >> (WIDTH - 1) & 1;
    }
    run
}
