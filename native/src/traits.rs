//! The traits of a line, as rows of the network's second table. Twin: stream/core/footer/traits.py.

use crate::codes::{COLUMNS, Codes, topics};
use crate::sites::Site;
use hashbrown::HashMap;

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

/// The rows of all lines of a page.
pub struct Traits {
    rows: Vec<u16>,
    begins: Vec<usize>,
}

impl Traits {
    pub fn of(&self, at: usize) -> &[u16] {
        &self.rows[self.begins[at]..self.begins[at + 1]]
    }

    /// `texts` are the first keys of the lines, 0 for one that says nothing; `places` their places in the article.
    pub fn new(page: &[Codes], texts: &[u64], places: &[usize], site: Option<&Site>) -> Self {
        let count = page.len();
        let is_heading = |line: &Codes| (1..=8).contains(&line.topic);
        let mut times: HashMap<u64, (usize, usize)> = HashMap::with_capacity(count);
        for &text in texts {
            times.entry(text).or_default().0 += 1;
        }
        let all_prose = page.iter().filter(|line| line.is_prose()).count();
        let all_headings = page.iter().filter(|line| is_heading(line)).count();
        let (mut prose, mut headings, mut comments) = (0, 0, 0);
        let mut rows = Vec::with_capacity(count * 24);
        let mut begins = Vec::with_capacity(count + 1);
        for (at, (line, &text)) in page.iter().zip(texts).enumerate() {
            begins.push(rows.len());
            let title = if at == 0 {
                0
            } else if text != 0 && text == texts[0] {
                1
            } else {
                2
            };
            let below = (
                all_prose - prose - usize::from(line.is_prose()),
                all_headings - headings - usize::from(is_heading(line)),
            );
            rows.extend(line.columns());
            rows.extend([
                PLACE + bin(&BY_PLACE, at),
                REST + bin(&BY_PLACE, count - 1 - at),
                TITLE + title,
                PROSE_ABOVE + bin(&BY_PROSE, prose),
                PROSE_BELOW + bin(&BY_PROSE, below.0),
                HEADINGS_ABOVE + bin(&BY_PROSE, headings),
                HEADINGS_BELOW + bin(&BY_PROSE, below.1),
                COMMENTS_ABOVE + usize::min(comments, TWICE) as u16,
            ]);
            if text != 0
                && let Some((times, above)) = times.get_mut(&text)
            {
                rows.push(REPEATED + 2 * usize::min(*above, TWICE) as u16 + u16::from(*times > *above + 1));
                *above += 1;
            }
            if let Some(site) = site {
                site.evidence(places[at], TRAITS, &mut rows);
            }
            prose += usize::from(line.is_prose());
            headings += usize::from(is_heading(line));
            comments += usize::from(line.topic == topics::COMMENTS);
        }
        begins.push(rows.len());
        Traits { rows, begins }
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
