//! The traits of a line, as rows of the network's second table, but for what its site tells (`page::Evidence`).
//! Twin: stream/core/footer/traits.py.

use crate::codes::{COLUMNS, Codes, topics};
use crate::network::{PIECE, REACH};
use hashbrown::HashMap;
use std::ops::Range;

const PLACES: [usize; 17] = [0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 28, 40, 60, 90, 140, 220, 400];
const PROSES: [usize; 8] = [0, 1, 2, 3, 5, 9, 17, 33];
static BY_PLACE: [u8; 401] = bins(&PLACES);
static BY_PROSE: [u8; 34] = bins(&PROSES);
const TWICE: usize = 2;
const PLACE: u16 = COLUMNS;
const REST: u16 = PLACE + PLACES.len() as u16;
const REPEATED: u16 = REST + PLACES.len() as u16;
const TITLE: u16 = REPEATED + 2 * (TWICE as u16 + 1);
const PROSE_BELOW: u16 = TITLE + 3;
const PROSE_ABOVE: u16 = PROSE_BELOW + PROSES.len() as u16;
const HEADINGS_ABOVE: u16 = PROSE_ABOVE + PROSES.len() as u16;
const HEADINGS_BELOW: u16 = HEADINGS_ABOVE + PROSES.len() as u16;
const COMMENTS_ABOVE: u16 = HEADINGS_BELOW + PROSES.len() as u16;
pub const TRAITS: u16 = COMMENTS_ABOVE + TWICE as u16 + 1;

const MOST: usize = 15;

/// The rows of a line.
pub struct Row {
    rows: [u16; MOST],
    count: u16,
}

impl Row {
    pub fn rows(&self) -> &[u16] {
        &self.rows[..usize::from(self.count)]
    }
}

/// The rows of the lines of a page, worked out from above.
pub struct Traits<'p, K> {
    page: &'p [Codes],
    text: K,
    /// How often each text stands on the page, and how often above.
    times: HashMap<u64, (u32, u32)>,
    all_prose: usize,
    all_headings: usize,
    prose: usize,
    headings: usize,
    comments: usize,
    /// Those of some lines that were asked for last, and the index of the first of them.
    rows: Vec<Row>,
    first: usize,
}

fn is_heading(line: &Codes) -> bool {
    (1..=8).contains(&line.topic)
}

impl<'p, K: Fn(usize) -> u64> Traits<'p, K> {
    /// `text` gives the first key of a line, 0 for one that says nothing.
    pub fn new(page: &'p [Codes], text: K) -> Self {
        let mut times: HashMap<u64, (u32, u32)> = HashMap::with_capacity(page.len());
        for at in 0..page.len() {
            times.entry(text(at)).or_default().0 += 1;
        }
        let all_prose = page.iter().filter(|line| line.is_prose()).count();
        let all_headings = page.iter().filter(|line| is_heading(line)).count();
        let rows = Vec::with_capacity(page.len().min(PIECE + 2 * REACH));
        Traits { page, text, times, all_prose, all_headings, prose: 0, headings: 0, comments: 0, rows, first: 0 }
    }

    /// Those of some lines. Neither their begin nor their end may be above that of those that were asked for before.
    pub fn of(&mut self, lines: Range<usize>) -> &[Row] {
        self.rows.drain(..usize::min(lines.start - self.first, self.rows.len()));
        self.first = lines.start;
        for at in lines.start + self.rows.len()..lines.end {
            let row = self.next(at);
            self.rows.push(row);
        }
        &self.rows
    }

    fn next(&mut self, at: usize) -> Row {
        let (line, text, count) = (&self.page[at], (self.text)(at), self.page.len());
        let (is_prose, is_heading) = (usize::from(line.is_prose()), usize::from(is_heading(line)));
        let title = if at == 0 {
            0
        } else if text != 0 && text == (self.text)(0) {
            1
        } else {
            2
        };
        let mut rows = [0; MOST];
        let (codes, others) = rows.split_at_mut(6);
        codes.copy_from_slice(&line.columns());
        others[..8].copy_from_slice(&[
            PLACE + bin(&BY_PLACE, at),
            REST + bin(&BY_PLACE, count - 1 - at),
            TITLE + title,
            PROSE_ABOVE + bin(&BY_PROSE, self.prose),
            PROSE_BELOW + bin(&BY_PROSE, self.all_prose - self.prose - is_prose),
            HEADINGS_ABOVE + bin(&BY_PROSE, self.headings),
            HEADINGS_BELOW + bin(&BY_PROSE, self.all_headings - self.headings - is_heading),
            COMMENTS_ABOVE + usize::min(self.comments, TWICE) as u16,
        ]);
        let mut count = MOST as u16 - 1;
        if text != 0
            && let Some((times, above)) = self.times.get_mut(&text)
        {
            others[8] = REPEATED + 2 * u32::min(*above, TWICE as u32) as u16 + u16::from(*times > *above + 1);
            *above += 1;
            count += 1;
        }
        self.prose += is_prose;
        self.headings += is_heading;
        self.comments += usize::from(line.topic == topics::COMMENTS);
        Row { rows, count }
    }
}

/// For each number the index of the last threshold that it reaches.
const fn bins<const SIZE: usize>(thresholds: &[usize]) -> [u8; SIZE] {
    let mut bins = [0; SIZE];
    let (mut number, mut bin) = (0, 0);
    while number < SIZE {
        if bin + 1 < thresholds.len() && thresholds[bin + 1] == number {
            bin += 1;
        }
        bins[number] = bin as u8;
        number += 1;
    }
    bins
}

fn bin<const SIZE: usize>(bins: &[u8; SIZE], number: usize) -> u16 {
    u16::from(bins[number.min(SIZE - 1)])
}
