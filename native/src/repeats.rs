//! Which paragraphs are exact repeats of earlier ones. Twin: stream/core/repeats.py, which says what goes and what stays.

use crate::listing::is_code;
use crate::paragraphs::BLANK;
use crate::stack::{self, FEW, is_label, is_long};
use crate::text::{Line, Page};
use hashbrown::HashSet;

const PASSES: usize = 4;

/// Lines that are equal to earlier ones: the index of each, and of the first one that it is equal to.
pub type Repeats = Vec<(u32, u32)>;

/// The repeats, in order. `whole` is what `first_of` gives.
pub fn repeats_of<P: Page + ?Sized>(lines: &P, whole: &[u32]) -> Repeats {
    if (0..).zip(whole).all(|(at, &first): (u32, _)| first == at || first == BLANK) {
        return Vec::new();
    }
    let there: Repeats = (0..).zip(whole.iter().copied()).filter(|&(_, first)| first != BLANK).collect();
    let again = |&&(at, first): &&(u32, u32)| at != first;
    let begin = there.iter().position(|each| again(&each)).unwrap_or(0);
    let count = there[begin..].iter().filter(again).count();
    if is_one_block(&there, begin, count) {
        let followed = begin + count < there.len();
        let run = &there[begin..begin + count];
        if goes_whole(lines, run, there[begin - 1].0, followed) {
            return run.to_vec();
        }
    }
    let repeated: HashSet<u32> = there[begin..].iter().filter(again).map(|&(_, first)| first).collect();
    if repeated.len() < FEW as usize && !repeated.iter().any(|&at| is_long(lines.line(at as usize).text)) {
        return Vec::new();
    }
    let (found, hanging) = stacked(lines, &there, &repeated);
    if !found.is_empty() && hanging { search_again(lines, whole, found) } else { found }
}

/// Whether a run certainly goes as a whole: the commonest case, decided without the stack.
fn goes_whole<P: Page + ?Sized>(lines: &P, run: &[(u32, u32)], before: u32, followed: bool) -> bool {
    let is_paragraph = |at: u32| is_long(lines.line(at as usize).text) && !is_code(lines, at as usize);
    if followed && !run.last().is_some_and(|&(at, _)| is_paragraph(at)) {
        return false;
    }
    let mut longs = 0;
    for &(at, _) in run {
        longs += usize::from(is_paragraph(at));
        if longs > 1 || (longs > 0 && !is_label(&lines.line(before as usize))) {
            return !is_code(lines, run[0].0 as usize);
        }
    }
    false
}

/// Runs the stack. Lines that never come back only separate others: of several in a row the first and the last are used.
fn stacked<P: Page + ?Sized>(lines: &P, there: &[(u32, u32)], repeated: &HashSet<u32>) -> (Repeats, bool) {
    let once: Vec<bool> = there.iter().map(|(_, first)| !repeated.contains(first)).collect();
    let inner = |at: usize| once[at] && at > 0 && once[at - 1] && at + 1 < once.len() && once[at + 1];
    let used: Repeats = (0..once.len()).filter(|&at| !inner(at)).map(|at| there[at]).collect();
    stack::run(lines, &used)
}

/// Some of the lines, by their indices.
struct Left<'p, P: ?Sized> {
    lines: &'p P,
    left: &'p [u32],
}

impl<P: Page + ?Sized> Page for Left<'_, P> {
    fn line(&self, at: usize) -> Line<'_> {
        self.lines.line(self.left[at] as usize)
    }
    fn size(&self) -> usize {
        self.left.len()
    }
}

/// Searches what is left until nothing more goes: a line may not be code without the one that stood beside it.
fn search_again<P: Page + ?Sized>(lines: &P, whole: &[u32], found: Repeats) -> Repeats {
    let mut gone = vec![false; whole.len()];
    let mut found = found;
    for &(at, _) in &found {
        gone[at as usize] = true;
    }
    for _ in 0..PASSES {
        let left: Vec<u32> = (0..whole.len() as u32).filter(|&at| !gone[at as usize]).collect();
        let mut numbers = vec![0; whole.len()];
        for (number, &at) in (0..).zip(&left) {
            numbers[at as usize] = number;
        }
        let first = left.iter().map(|&at| whole[at as usize]);
        let there = (0..).zip(first).filter(|&(_, first)| first != BLANK);
        let there: Repeats = there.map(|(number, first)| (number, numbers[first as usize])).collect();
        let repeated = there.iter().filter(|(at, first)| at != first).map(|&(_, first)| first).collect();
        let (more, _) = stacked(&Left { lines, left: &left }, &there, &repeated);
        if more.is_empty() {
            found.sort_unstable();
            return found;
        }
        for (number, _) in more {
            let at = left[number as usize];
            gone[at as usize] = true;
            found.push((at, whole[at as usize]));
        }
    }
    Vec::new()
}

/// Whether all `count` repeats are one run from `begin` on, a copy of one block.
fn is_one_block(there: &[(u32, u32)], begin: usize, count: usize) -> bool {
    let source = there.partition_point(|&(at, _)| at < there[begin].1);
    let pairs = there[begin..begin + count].iter().zip(&there[source..]);
    source + count <= begin && pairs.into_iter().all(|(copy, line)| copy.1 == line.0)
}
