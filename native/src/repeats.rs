//! Which paragraphs are exact repeats of earlier ones. Twin: stream/core/repeats.py, which says what goes and what stays.

use crate::listing::is_code;
use crate::paragraphs::BLANK;
use crate::stack::{self, FEW, Lines, is_label, is_long};
use crate::text::Line;
use hashbrown::HashSet;

const PASSES: usize = 4;

/// The repeats, in order: the index of the line, and of the first equal one. `whole` is what `first_of` gives.
pub fn repeats_of(lines: &[Line], whole: &[usize]) -> Vec<(usize, usize)> {
    if whole.iter().enumerate().all(|(at, &first)| first == at || first == BLANK) {
        return Vec::new();
    }
    let (mut places, mut first) = (Vec::with_capacity(whole.len()), Vec::with_capacity(whole.len()));
    for (at, &each) in whole.iter().enumerate() {
        if each != BLANK {
            places.push(at);
            first.push(each);
        }
    }
    let again = |at: &usize| first[*at] != places[*at];
    let begin = (0..first.len()).find(again).unwrap_or(0);
    let count = (begin..first.len()).filter(again).count();
    if is_one_block(&first, &places, begin, count) {
        let followed = begin + count < places.len();
        if goes_whole(lines, &places[begin..begin + count], places[begin - 1], followed) {
            return (begin..begin + count).map(|at| (places[at], first[at])).collect();
        }
    }
    let repeated: HashSet<usize> = (begin..first.len()).filter(again).map(|at| first[at]).collect();
    if repeated.len() < FEW && !repeated.iter().any(|&at| is_long(lines[at].text)) {
        return Vec::new();
    }
    let (found, hanging) = stacked(lines, &places, &first, &repeated);
    if !found.is_empty() && hanging { search_again(lines, whole, found) } else { found }
}

/// Whether a run certainly goes as a whole: the commonest case, decided without the stack.
fn goes_whole(lines: &[Line], run: &[usize], before: usize, followed: bool) -> bool {
    let page = Lines(lines);
    let is_paragraph = |at: usize| is_long(lines[at].text) && !is_code(&page, at);
    if followed && !run.last().is_some_and(|&at| is_paragraph(at)) {
        return false;
    }
    let mut longs = 0;
    for &at in run {
        longs += usize::from(is_paragraph(at));
        if longs > 1 || (longs > 0 && !is_label(&lines[before])) {
            return !is_code(&page, run[0]);
        }
    }
    false
}

/// Runs the stack. Lines that never come back only separate others: of several in a row the first and the last are used.
fn stacked(
    lines: &[Line],
    places: &[usize],
    first: &[usize],
    repeated: &HashSet<usize>,
) -> (Vec<(usize, usize)>, bool) {
    let once: Vec<bool> = first.iter().map(|place| !repeated.contains(place)).collect();
    let inner = |at: usize| once[at] && at > 0 && once[at - 1] && at + 1 < once.len() && once[at + 1];
    let used: Vec<(usize, usize)> =
        (0..once.len()).filter(|&at| !inner(at)).map(|at| (places[at], first[at])).collect();
    stack::run(lines, &used)
}

/// Searches what is left until nothing more goes: a line may not be code without the one that stood beside it.
fn search_again(lines: &[Line], whole: &[usize], found: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut gone = vec![false; whole.len()];
    let mut found = found;
    for &(at, _) in &found {
        gone[at] = true;
    }
    for _ in 0..PASSES {
        let left: Vec<usize> = (0..whole.len()).filter(|&at| !gone[at]).collect();
        let mut numbers = vec![0; whole.len()];
        for (number, &at) in left.iter().enumerate() {
            numbers[at] = number;
        }
        let places: Vec<usize> = (0..left.len()).filter(|&number| whole[left[number]] != BLANK).collect();
        let first: Vec<usize> = places.iter().map(|&number| numbers[whole[left[number]]]).collect();
        let repeated = first.iter().zip(&places).filter(|(one, other)| one != other).map(|(&one, _)| one).collect();
        let page: Vec<Line> = left.iter().map(|&at| lines[at]).collect();
        let (more, _) = stacked(&page, &places, &first, &repeated);
        if more.is_empty() {
            found.sort_unstable();
            return found;
        }
        for (number, _) in more {
            gone[left[number]] = true;
            found.push((left[number], whole[left[number]]));
        }
    }
    Vec::new()
}

/// Whether all `count` repeats are one run from `begin` on, a copy of one block.
fn is_one_block(first: &[usize], places: &[usize], begin: usize, count: usize) -> bool {
    let source = places.partition_point(|&place| place < first[begin]);
    source + count <= begin && first[begin..begin + count] == places[source..source + count]
}
