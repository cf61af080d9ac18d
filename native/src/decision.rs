//! Chooses the cut that is expected to do the least harm. Twin: stream/core/footer/decision.py.

const PARAGRAPH: usize = 100;
const SENTENCE: usize = 50;
const LOST_PARAGRAPH: i128 = 128;
const LOST_SENTENCE: i128 = 8;
const LOST_LINE: i128 = 3;
const LEFT_LINE: i128 = 2;
const UNIT: i64 = 256;

/// The cuts of a page, asked for one after the other, the one with the least expected harm first.
pub struct Cuts {
    harms: Vec<i128>,
    sorted: Vec<usize>,
    given: usize,
}

impl Cuts {
    /// `powers` are 2**(40 - n/256) for n from 0 to 255; `lengths` the effective length of each line.
    pub fn new(scores: &[i64], powers: &[u64], lengths: impl Iterator<Item = usize>, caution: i128) -> Self {
        Cuts { harms: harm_of(&likelihoods(scores, powers), lengths, caution), sorted: Vec::new(), given: 0 }
    }

    /// The next cut. Most pages take the first, so the others are sorted only if there is a second question.
    pub fn next(&mut self) -> Option<usize> {
        if self.given == 0 {
            self.given = 1;
            let best = self.harms.iter().enumerate().min_by_key(|&(at, harm)| (*harm, std::cmp::Reverse(at)));
            return best.map(|(at, _)| at + 1);
        }
        if self.sorted.is_empty() {
            self.sorted = (1..=self.harms.len()).collect();
            self.sorted.sort_by_key(|&cut| (self.harms[cut - 1], std::cmp::Reverse(cut)));
        }
        let next = self.sorted.get(self.given).copied();
        self.given += 1;
        next
    }
}

fn likelihoods(scores: &[i64], powers: &[u64]) -> Vec<u64> {
    let best = scores.iter().copied().max().unwrap_or(0);
    let likely = |score: &i64| {
        let below = best - score;
        let shift = below / UNIT;
        if shift > 63 { 0 } else { powers[(below % UNIT) as usize] >> shift }
    };
    scores.iter().map(likely).collect()
}

fn price(length: usize) -> i128 {
    if length >= PARAGRAPH {
        LOST_PARAGRAPH
    } else if length >= SENTENCE {
        LOST_SENTENCE
    } else {
        LOST_LINE
    }
}

/// The expected harm of each cut, in one pass; the twin says how.
fn harm_of(likely: &[u64], lengths: impl Iterator<Item = usize>, caution: i128) -> Vec<i128> {
    let prices: Vec<i128> = lengths
        .scan(0, |sum, length| {
            *sum += price(length) * caution;
            Some(*sum)
        })
        .collect();
    let chances = || likely.iter().map(|&chance| i128::from(chance)).zip(&prices);
    let total: i128 = likely.iter().map(|&chance| i128::from(chance)).sum();
    let mut lost: i128 = chances().map(|(chance, value)| chance * value).sum();
    let (mut passed, mut passed_places) = (0, 0);
    let mut harms = Vec::with_capacity(likely.len());
    for (cut, (chance, value)) in (1..).zip(chances()) {
        passed += chance;
        passed_places += chance * cut;
        lost -= chance * value;
        harms.push(100 * LEFT_LINE * (passed * cut - passed_places) + lost - value * (total - passed));
    }
    harms
}
