//! Chooses the cut that is expected to do the least harm. Twin: stream/core/footer/decision.py.

const PARAGRAPH: usize = 100;
const SENTENCE: usize = 50;
const LOST_PARAGRAPH: i128 = 128;
const LOST_SENTENCE: i128 = 8;
const LOST_LINE: i128 = 3;
const LEFT_LINE: i128 = 2;
const UNIT: u64 = 256;

/// The cuts of a page, asked for one after the other, the one with the least expected harm first.
pub struct Cuts<'m, L> {
    scores: Vec<i64>,
    powers: &'m [u64],
    lengths: L,
    caution: i128,
    sorted: Vec<u32>,
    given: usize,
}

impl<'m, L: Iterator<Item = usize> + Clone> Cuts<'m, L> {
    /// `powers` are 2**(40 - n/256) for n from 0 to 255; `lengths` the effective length of each line.
    pub fn new(scores: Vec<i64>, powers: &'m [u64], lengths: L, caution: i128) -> Self {
        Cuts { scores, powers, lengths, caution, sorted: Vec::new(), given: 0 }
    }

    /// The next cut. Most pages take the first, so the others are sorted only if there is a second question.
    pub fn next(&mut self) -> Option<usize> {
        if self.given == 0 {
            self.given = 1;
            let best = self.harms().enumerate().min_by_key(|&(at, harm)| (harm, std::cmp::Reverse(at)));
            return best.map(|(at, _)| at + 1);
        }
        if self.sorted.is_empty() {
            let harms: Vec<i128> = self.harms().collect();
            self.sorted = (1..=harms.len() as u32).collect();
            self.sorted.sort_unstable_by_key(|&cut| (harms[cut as usize - 1], std::cmp::Reverse(cut)));
        }
        let next = self.sorted.get(self.given).map(|&cut| cut as usize);
        self.given += 1;
        next
    }

    /// The expected harm of each cut, in one pass; the twin says how.
    fn harms(&self) -> impl Iterator<Item = i128> {
        let best = self.scores.iter().copied().max().unwrap_or(0);
        let likely = move |score: &i64| {
            let below = (best - score) as u64;
            let shift = below / UNIT;
            if shift > 63 { 0 } else { self.powers[(below % UNIT) as usize] >> shift }
        };
        let caution = self.caution;
        let prices = self.lengths.clone().scan(0, move |sum, length| {
            *sum += price(length) * caution;
            Some(*sum)
        });
        let chances = self.scores.iter().map(likely).map(i128::from).zip(prices);
        let (mut total, mut lost) = (0, 0);
        for (chance, value) in chances.clone() {
            total += chance;
            lost += chance * value;
        }
        let (mut passed, mut passed_places) = (0, 0);
        (1..).zip(chances).map(move |(cut, (chance, value))| {
            passed += chance;
            passed_places += chance * cut;
            lost -= chance * value;
            100 * LEFT_LINE * (passed * cut - passed_places) + lost - value * (total - passed)
        })
    }
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
