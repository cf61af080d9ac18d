//! Which stories a site told last, to know another edition of one. Twin: `is_told_already` in
//! stream/learner/observation.py, and `_new` in stream/learner/site.py.

use std::collections::VecDeque;

const STORIES: usize = 64;
const BEGINNING: usize = 4;
const STANDING: usize = 3;

/// The last stories, each by the hashes of its first paragraphs.
#[derive(Default)]
pub struct Stories(VecDeque<Box<[u64]>>);

impl Stories {
    pub fn iter(&self) -> impl Iterator<Item = &[u64]> {
        self.0.iter().map(|told| &**told)
    }

    /// Remembers a story; the oldest one is forgotten for it.
    pub fn remember(&mut self, told: &[u64]) {
        if self.0.len() == STORIES {
            self.0.pop_front();
        }
        self.0.push_back(told.into());
    }

    /// Remembers a story; whether it is a new one.
    pub fn add(&mut self, told: &[u64]) -> bool {
        let mut others: Vec<&[u64]> = Vec::new();
        let mut mine = [0u64; PARTS];
        told.iter().for_each(|hash| mine[part(hash)] |= bit(hash));
        for other in self.iter() {
            if other == told {
                return false;
            }
            if other.iter().any(|hash| mine[part(hash)] & bit(hash) != 0 && told.contains(hash)) {
                others.push(other);
            }
        }
        let is_new = others.is_empty() || !is_another_edition(told, &others);
        self.remember(told);
        is_new
    }

    pub fn size(&self) -> usize {
        self.0.capacity() * size_of::<Box<[u64]>>() + self.iter().map(size_of_val).sum::<usize>()
    }
}

/// Nearly all hashes that are not among others are told apart from these at once, by one of 1,024 bits.
const PARTS: usize = 16;

fn part(hash: &u64) -> usize {
    (hash >> 6) as usize % PARTS
}

fn bit(hash: &u64) -> u64 {
    1 << (hash & 63)
}

/// Whether a story is another edition of one of those that share a paragraph with it.
fn is_another_edition(told: &[u64], others: &[&[u64]]) -> bool {
    let is_standing = |hash: &u64| {
        let mut firsts: Vec<u64> = others.iter().filter(|other| other.contains(hash)).map(|other| other[0]).collect();
        firsts.sort_unstable();
        firsts.dedup();
        firsts.len() >= STANDING
    };
    let mut standing: Vec<u64> = told.iter().copied().filter(is_standing).collect();
    if standing.len() == told.len() {
        standing.clear();
    }
    others.iter().any(|other| begins_in(told, other, &standing) || begins_in(other, told, &standing))
}

/// Whether most of the first paragraphs of one story stand in another one.
fn begins_in(one: &[u64], other: &[u64], standing: &[u64]) -> bool {
    let mut first: Vec<&u64> = one.iter().take(BEGINNING).filter(|hash| !standing.contains(hash)).collect();
    first.sort_unstable();
    first.dedup();
    2 * first.iter().filter(|hash| other.contains(hash)).count() > first.len()
}
