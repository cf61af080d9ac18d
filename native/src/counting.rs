//! One site: its articles' sketches, counted, with what is old fading. Twin: stream/learner/site.py, which says why.

use crate::editions::Stories;
use crate::keys::Keys;
use crate::rows::{BELOW, Counts as Counted, FORGOTTEN, GONE, INSIDE, Row, Rows, UNIT};
use crate::samples::sample;
use crate::sketch::Sketch;
use crate::words::KEYS;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::hash::BuildHasher;
use xxhash_rust::xxh3::xxh3_64;

const LEAST: u64 = 8;
const LITTLE: u64 = 2 * LEAST;
const KNOWN_ALONE: u64 = 2;
const FEW: u64 = 5;
const NEARLY_ALL: u64 = 80;
const STEPS: i64 = 16;
const FACTORS: [u64; 16] =
    [65536, 62757, 60097, 57549, 55109, 52772, 50535, 48393, 46341, 44376, 42495, 40693, 38968, 37316, 35734, 34219];
const SHIFT: i64 = 16;

/// What is known of one site.
pub struct Counts {
    pub half_life: i64,
    pub articles: u64,
    pub total: u64,
    pub at: i64,
    pub late: u64,
    pub rows: Rows,
    pub stories: Stories,
    keeps_texts: bool,
    most: usize,
    heard: Lines,
}

/// The numbers of the rows of lines that stand in several articles, or `GONE` where they have none, by a hash of the
/// line, whose seed is random: nobody can make two lines with the same one, and these would be lines of one site.
#[derive(Default)]
struct Lines {
    lines: HashTable<(u64, [u32; KEYS])>,
    hasher: DefaultHashBuilder,
}

impl Lines {
    fn hash(&self, line: &str) -> u64 {
        self.hasher.hash_one(line.as_bytes())
    }

    fn get(&self, hash: u64) -> Option<[u32; KEYS]> {
        self.lines.find(hash, |(other, _)| *other == hash).map(|(_, numbers)| *numbers)
    }

    fn remember(&mut self, hash: u64, numbers: [u32; KEYS]) {
        self.lines.insert_unique(hash, (hash, numbers), |(hash, _)| *hash);
    }

    /// Rows have got other numbers. A line of which one has gone is forgotten.
    fn renumber(&mut self, new: &[u32]) {
        self.lines.retain(|(_, numbers)| {
            numbers.iter_mut().filter(|number| **number != GONE).all(|number| {
                *number = new[*number as usize];
                *number != GONE
            })
        });
    }
}

impl Counts {
    pub fn new(half_life: i64, most: usize, keeps_texts: bool) -> Self {
        Counts {
            half_life,
            articles: 0,
            total: 0,
            at: 0,
            late: 0,
            rows: Rows::default(),
            stories: Stories::default(),
            keeps_texts,
            most,
            heard: Lines::default(),
        }
    }

    /// Counts the articles of one instant; gives the number of those that tell a new story.
    pub fn learn(&mut self, sketches: &[Sketch], at: i64) -> u64 {
        if self.total == 0 {
            self.at = at;
        }
        let mut read = Keys::new();
        let mut says = |line: &str| self.heard.get(self.heard.hash(line)).is_some() || read.of(line)[0] != 0;
        let mut articles: Vec<&Sketch> =
            sketches.iter().filter(|sketch| sketch.lines.iter().any(|line| says(line))).collect();
        articles.sort_by(|one, other| one.told.cmp(&other.told).then_with(|| seen(one).cmp(&seen(other))));
        articles.retain(|article| self.stories.add(&article.told));
        let new = articles.len() as u64;
        let weight = self.weight(at, new);
        if weight < FORGOTTEN {
            return 0;
        }
        for article in articles {
            self.count(article, weight, at, &mut read);
        }
        self.total += new;
        if self.rows.len() > self.most {
            let new = self.rows.bound(self.most * 3 / 4);
            self.heard.renumber(&new);
        }
        new
    }

    fn count(&mut self, article: &Sketch, weight: u32, at: i64, read: &mut Keys) {
        let Counts { rows, heard, keeps_texts, .. } = self;
        self.articles += u64::from(weight);
        rows.begin_article();
        for (number, line) in article.lines.iter().enumerate() {
            let side = if number < article.end { INSIDE } else { BELOW };
            let hash = heard.hash(line);
            let count = |rows: &mut Rows, row: u32, kind: usize| {
                if let Some(row) = rows.count(row, side, weight, at, *keeps_texts) {
                    row.set_text(sample(line, kind));
                }
            };
            if let Some(numbers) = heard.get(hash) {
                for (kind, row) in numbers.into_iter().enumerate().filter(|&(_, row)| row != GONE) {
                    count(rows, row, kind);
                }
                continue;
            }
            let mut numbers = [GONE; KEYS];
            for (kind, key) in read.of(line).into_iter().enumerate().filter(|&(_, key)| key != 0) {
                numbers[kind] = rows.number(key, kind as u8, at);
                count(rows, numbers[kind], kind);
            }
            if numbers[0] != GONE && rows.is_usual(numbers[0]) {
                heard.remember(hash, numbers);
            }
        }
        if heard.lines.len() > self.most / 4 {
            heard.lines.clear();
        }
    }

    /// What so many articles of an instant count each. Everything fades up to it.
    fn weight(&mut self, at: i64, articles: u64) -> u32 {
        if at >= self.at {
            self.late = 0;
            self.fade(at);
            return UNIT;
        }
        let mut weight = UNIT;
        if self.articles > LITTLE * u64::from(UNIT) {
            weight = faded(u64::from(UNIT), (self.at - at) * STEPS / self.half_life) as u32;
        }
        if weight >= FORGOTTEN {
            self.late = 0;
            return weight;
        }
        self.late += articles;
        if self.late < LEAST {
            return 0;
        }
        (self.at, self.late) = (at, 0);
        UNIT
    }

    fn fade(&mut self, at: i64) {
        let steps = (at - self.at) * STEPS / self.half_life;
        if steps == 0 {
            return;
        }
        self.at += steps * self.half_life / STEPS;
        let least = u64::min(self.articles, LEAST * u64::from(UNIT));
        let left = u64::max(faded(self.articles, steps), least);
        if left == self.articles {
            return;
        }
        if self.rows.fade(left, self.articles) {
            let new = self.rows.forget();
            self.heard.renumber(&new);
        }
        self.articles = left;
    }

    /// The rows that count for a profile, in the order of their keys.
    pub fn known(&self) -> Vec<(u64, Counted)> {
        let is_little = self.articles <= KNOWN_ALONE * u64::from(UNIT);
        let rows = self.rows.iter().filter(|(_, counts)| is_little || !counts.is_alone());
        in_order(rows.map(|(row, counts)| (row.key, counts)).collect())
    }

    /// The version of a profile: a hash of all that is in it.
    pub fn version(&self, known: &[(u64, Counted)]) -> u64 {
        let mut content = Vec::with_capacity(8 + 32 * known.len());
        content.extend(self.articles.to_le_bytes());
        for &(key, Counted { articles, inside, below }) in known {
            for each in [key, articles.into(), inside.into(), below.into()] {
                content.extend(each.to_le_bytes());
            }
        }
        xxh3_64(&content)
    }

    /// The whole lines that stand in nearly all of the site's articles.
    pub fn everywhere(&self) -> impl Iterator<Item = u64> {
        let stands = |(row, counts): &(&Row, Counted)| {
            let count = u64::from(counts.articles);
            row.kind == 0 && count >= FEW * u64::from(UNIT) && 100 * count >= NEARLY_ALL * self.articles
        };
        self.rows.iter().filter(stands).map(|(row, _)| row.key)
    }

    /// The memory that all of it takes, in bytes.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.rows.size() + self.heard.lines.allocation_size() + self.stories.size()
    }
}

/// Rows by their keys. These are hashes, so their highest bits spread them over parts of a few rows each.
fn in_order(rows: Vec<(u64, Counted)>) -> Vec<(u64, Counted)> {
    const SHARED: usize = 4;
    let bits = (rows.len() / SHARED).max(1).ilog2() + 1;
    let part = |&(key, _): &(u64, Counted)| (key >> (u64::BITS - bits)) as usize;
    let mut begins = vec![0; (1 << bits) + 1];
    rows.iter().for_each(|row| begins[part(row) + 1] += 1);
    let mut begin = 0;
    for each in &mut begins {
        begin += *each;
        *each = begin;
    }
    let mut ordered = rows.clone();
    for row in &rows {
        let place = &mut begins[part(row)];
        ordered[*place] = *row;
        *place += 1;
    }
    let mut begin = 0;
    for &end in &begins[..1 << bits] {
        ordered[begin..end].sort_unstable_by_key(|&(key, _)| key);
        begin = end;
    }
    ordered
}

/// What stood in an article, each key once: what articles that tell the same are ordered by.
fn seen(article: &Sketch) -> Vec<(u64, u8, String, bool, bool)> {
    let mut read = Keys::new();
    let mut numbers: HashMap<u64, usize> = HashMap::new();
    let mut seen: Vec<(u64, u8, String, bool, bool)> = Vec::new();
    for (number, line) in article.lines.iter().enumerate() {
        for (kind, key) in read.of(line).into_iter().enumerate().filter(|&(_, key)| key != 0) {
            let at = *numbers.entry(key).or_insert(seen.len());
            if at == seen.len() {
                seen.push((key, kind as u8, sample(line, kind), false, false));
            }
            seen[at].3 |= number < article.end;
            seen[at].4 |= number >= article.end;
        }
    }
    seen
}

fn faded(count: u64, steps: i64) -> u64 {
    let (halves, rest) = (steps / STEPS, steps % STEPS);
    let factor = u128::from(FACTORS[rest as usize]);
    ((u128::from(count) * factor) >> (SHIFT + i64::min(halves, 64))) as u64
}
