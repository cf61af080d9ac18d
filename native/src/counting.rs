//! One site: its articles' sketches, counted, with what is old fading. Twin: stream/learner/site.py, which says why.

use crate::alphabet as abc;
use crate::editions::Stories;
use crate::keys::Keys;
use crate::sketch::Sketch;
use crate::text;
use crate::words::KEYS;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::hash::BuildHasher;
use xxhash_rust::xxh3::xxh3_64;

pub const UNIT: u32 = 256;
const LEAST: u64 = 8;
const LITTLE: u64 = 2 * LEAST;
const FORGOTTEN: u32 = UNIT / 8;
const KNOWN_ALONE: u64 = 2;
const FEW: u64 = 5;
const NEARLY_ALL: u64 = 80;
const STEPS: i64 = 16;
const FACTORS: [u64; 16] =
    [65536, 62757, 60097, 57549, 55109, 52772, 50535, 48393, 46341, 44376, 42495, 40693, 38968, 37316, 35734, 34219];
const SHIFT: i64 = 16;
/// Products of counts below this are divided by multiplying.
const SMALL: u64 = 1 << 16;
/// Where an article's lines stand: above the end of the story, below it.
const INSIDE: u8 = 1;
const BELOW: u8 = 2;

/// What stood in articles: `Counted` without its text, and in which article it was seen last, and where.
#[derive(Clone, Copy)]
pub struct Row {
    pub key: u64,
    pub first: i64,
    pub last: i64,
    pub articles: u32,
    pub inside: u32,
    pub below: u32,
    pub kind: u8,
    sides: u8,
    seen_in: u32,
}

impl Row {
    pub fn new(key: u64, kind: u8, counts: [u32; 3], first: i64, last: i64) -> Self {
        let [articles, inside, below] = counts;
        Row { key, first, last, articles, inside, below, kind, sides: 0, seen_in: 0 }
    }

    pub fn is_alone(&self) -> bool {
        2 * u64::from(self.articles) <= 3 * u64::from(UNIT)
    }

    /// Counts that it stood on these sides in an article of a weight, if that has not been counted for it.
    fn count(&mut self, sides: u8, weight: u32) {
        let more = sides & !self.sides;
        self.sides |= sides;
        let add = |count: &mut u32, side: u8| {
            if more & side != 0 {
                *count = count.saturating_add(weight);
            }
        };
        add(&mut self.inside, INSIDE);
        add(&mut self.below, BELOW);
    }
}

/// What is known of one site.
pub struct Counts {
    pub half_life: i64,
    pub articles: u64,
    pub total: u64,
    pub at: i64,
    pub late: u64,
    /// In the order in which they were first counted.
    pub rows: Vec<Row>,
    /// Of the rows that stood in more than one article, or of all.
    pub texts: HashMap<u64, Box<str>>,
    pub stories: Stories,
    keeps_texts: bool,
    most: usize,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    learned: u32,
    /// The keys of lines that stand in several articles, by a hash of the line, whose seed is random: nobody can make two
    /// lines with the same one, and these would be lines of one site.
    heard: HashMap<u64, [u64; KEYS], DefaultHashBuilder>,
}

/// The keys of a line, and a hash of it as it is written.
struct Heard {
    hash: u64,
    keys: [u64; KEYS],
    is_remembered: bool,
}

/// A sketch, and the keys of its lines.
struct Article<'s, 'a> {
    sketch: &'s Sketch<'a>,
    lines: Vec<Heard>,
}

impl<'s, 'a> Article<'s, 'a> {
    /// `known`: the keys of lines that came often.
    fn new(sketch: &'s Sketch<'a>, known: &HashMap<u64, [u64; KEYS], DefaultHashBuilder>) -> Self {
        let mut read = Keys::new();
        let hear = |text: &Cow<str>| {
            let hash = known.hasher().hash_one(text.as_bytes());
            match known.get(&hash) {
                Some(&keys) => Heard { hash, keys, is_remembered: true },
                None => Heard { hash, keys: read.of(text), is_remembered: false },
            }
        };
        Article { sketch, lines: sketch.lines.iter().map(hear).collect() }
    }

    /// Each key of each line, with its kind, and the number of the line.
    fn keys(&self) -> impl Iterator<Item = (u64, u8, usize)> {
        let of_line = |(line, heard): (usize, &Heard)| {
            (0..).zip(heard.keys).filter(|&(_, key)| key != 0).map(move |(kind, key)| (key, kind, line))
        };
        self.lines.iter().enumerate().flat_map(of_line)
    }

    fn side(&self, line: usize) -> u8 {
        if line < self.sketch.end { INSIDE } else { BELOW }
    }

    fn sample(&self, line: usize, kind: u8) -> String {
        sample(&self.sketch.lines[line], usize::from(kind))
    }

    /// What stood in it, each key once: what articles that tell the same are ordered by.
    fn seen(&self) -> Vec<(u64, u8, String, bool, bool)> {
        let mut numbers: HashMap<u64, usize> = HashMap::new();
        let mut seen: Vec<(u64, u8, String, bool, bool)> = Vec::new();
        for (key, kind, line) in self.keys() {
            let at = *numbers.entry(key).or_insert(seen.len());
            if at == seen.len() {
                seen.push((key, kind, self.sample(line, kind), false, false));
            }
            seen[at].3 |= self.side(line) == INSIDE;
            seen[at].4 |= self.side(line) == BELOW;
        }
        seen
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
            rows: Vec::new(),
            texts: HashMap::new(),
            stories: Stories::default(),
            keeps_texts,
            most,
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            learned: 0,
            heard: HashMap::default(),
        }
    }

    /// Counts the articles of one instant; gives the number of those that tell a new story.
    pub fn learn(&mut self, sketches: &[Sketch], at: i64) -> u64 {
        if self.total == 0 {
            self.at = at;
        }
        let mut articles: Vec<Article> = sketches.iter().map(|sketch| Article::new(sketch, &self.heard)).collect();
        articles.retain(|article| article.keys().next().is_some());
        articles
            .sort_by(|one, other| one.sketch.told.cmp(&other.sketch.told).then_with(|| one.seen().cmp(&other.seen())));
        articles.retain(|article| self.stories.add(&article.sketch.told));
        let new = articles.len() as u64;
        let weight = self.weight(at, new);
        if weight < FORGOTTEN {
            return 0;
        }
        for article in &articles {
            self.count(article, weight, at);
        }
        self.total += new;
        self.bound();
        new
    }

    fn count(&mut self, article: &Article, weight: u32, at: i64) {
        self.articles += u64::from(weight);
        self.learned = self.learned.wrapping_add(1);
        for (line, heard) in article.lines.iter().enumerate() {
            let side = article.side(line);
            for (kind, key) in (0..).zip(heard.keys).filter(|&(_, key)| key != 0) {
                let number = self.place(key, kind, at);
                let row = &mut self.rows[number];
                if row.seen_in == self.learned {
                    row.count(side, weight);
                    continue;
                }
                let was_alone = row.is_alone();
                row.articles = row.articles.saturating_add(weight);
                (row.first, row.last) = (row.first.min(at), row.last.max(at));
                (row.seen_in, row.sides) = (self.learned, 0);
                row.count(side, weight);
                if was_alone && (self.keeps_texts || !row.is_alone()) {
                    self.texts.insert(key, article.sample(line, kind).into());
                }
            }
            if !heard.is_remembered && self.is_usual(heard.keys[0]) {
                self.heard.insert(heard.hash, heard.keys);
            }
        }
        if self.heard.len() > self.most / 4 {
            self.heard.clear();
        }
    }

    /// Whether a line stood in more than one article.
    fn is_usual(&self, key: u64) -> bool {
        let is_it = |&number: &u32| self.rows[number as usize].key == key;
        let found = self.places.find(self.hasher.hash_one(key), is_it);
        key != 0 && found.is_some_and(|&number| !self.rows[number as usize].is_alone())
    }

    /// The number of a key's row, which is made if there is none.
    fn place(&mut self, key: u64, kind: u8, at: i64) -> usize {
        let Counts { rows, places, hasher, learned, .. } = self;
        let hash = hasher.hash_one(key);
        if let Some(&number) = places.find(hash, |&number| rows[number as usize].key == key) {
            return number as usize;
        }
        places.insert_unique(hash, rows.len() as u32, |&number| hasher.hash_one(rows[number as usize].key));
        rows.push(Row { seen_in: learned.wrapping_sub(1), ..Row::new(key, kind, [0; 3], at, at) });
        rows.len() - 1
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
        let share = Share::new(left, self.articles);
        self.articles = left;
        let mut any_gone = false;
        for row in &mut self.rows {
            let articles = share.of(row.articles);
            (row.inside, row.below) = (share.of(row.inside), share.of(row.below));
            row.articles = articles;
            any_gone |= articles < FORGOTTEN;
        }
        if any_gone {
            self.keep(|_, row| row.articles >= FORGOTTEN);
        }
    }

    fn bound(&mut self) {
        if self.rows.len() <= self.most {
            return;
        }
        let kept = self.most * 3 / 4;
        let rank = |row: &Row| (Reverse(row.articles), Reverse(row.last), row.key);
        let mut ranks: Vec<_> = self.rows.iter().map(rank).collect();
        let limit = *ranks.select_nth_unstable(kept).1;
        self.keep(|_, row| rank(row) < limit);
    }

    /// Lets the other rows go. Those that stay keep their order.
    fn keep(&mut self, stays: impl Fn(usize, &Row) -> bool) {
        let Counts { rows, texts, .. } = self;
        let mut number = 0;
        rows.retain(|row| {
            number += 1;
            let stays = stays(number - 1, row);
            if !stays {
                texts.remove(&row.key);
            }
            stays
        });
        self.find_places();
    }

    /// Finds out anew where each key's row is; gives false if one comes twice.
    pub fn find_places(&mut self) -> bool {
        let Counts { rows, places, hasher, .. } = self;
        places.clear();
        let hash = |key: u64| hasher.hash_one(key);
        for (number, row) in (0..).zip(rows.iter()) {
            if places.find(hash(row.key), |&other: &u32| rows[other as usize].key == row.key).is_some() {
                return false;
            }
            places.insert_unique(hash(row.key), number, |&other| hash(rows[other as usize].key));
        }
        true
    }

    /// The rows that count for a profile, in the order of their keys.
    pub fn known(&self) -> Vec<&Row> {
        let is_little = self.articles <= KNOWN_ALONE * u64::from(UNIT);
        let counts = |row: &&Row| is_little || !row.is_alone();
        let mut known: Vec<(u64, &Row)> = self.rows.iter().filter(counts).map(|row| (row.key, row)).collect();
        known.sort_unstable_by_key(|&(key, _)| key);
        known.into_iter().map(|(_, row)| row).collect()
    }

    /// The version of a profile: a hash of all that is in it.
    pub fn version(&self, known: &[&Row]) -> u64 {
        let mut content = Vec::with_capacity(8 + 32 * known.len());
        content.extend(self.articles.to_le_bytes());
        for row in known {
            for each in [row.key, row.articles.into(), row.inside.into(), row.below.into()] {
                content.extend(each.to_le_bytes());
            }
        }
        xxh3_64(&content)
    }

    /// The whole lines that stand in nearly all of the site's articles.
    pub fn everywhere(&self) -> impl Iterator<Item = u64> {
        let stands = |row: &&Row| {
            let count = u64::from(row.articles);
            row.kind == 0 && count >= FEW * u64::from(UNIT) && 100 * count >= NEARLY_ALL * self.articles
        };
        self.rows.iter().filter(stands).map(|row| row.key)
    }

    /// The memory that all of it takes, in bytes.
    pub fn size(&self) -> usize {
        let texts: usize = self.texts.values().map(|text| text.len() + size_of::<(u64, Box<str>)>()).sum();
        size_of::<Self>()
            + self.rows.capacity() * size_of::<Row>()
            + self.places.allocation_size()
            + self.heard.allocation_size()
            + texts
            + self.stories.size()
    }
}

/// A share of a whole, by which counts are multiplied.
struct Share {
    left: u64,
    whole: u64,
    /// The share in 1/2**32, rounded up. It is too large by less than one of these, which moves no product of a count of
    /// 16 bits over a whole number if `whole` has 16 bits, too.
    factor: u64,
}

impl Share {
    fn new(left: u64, whole: u64) -> Self {
        let factor = if whole < SMALL { (left << 32).div_ceil(whole) } else { 0 };
        Share { left, whole, factor }
    }

    /// That share of a count, rounded down.
    fn of(&self, count: u32) -> u32 {
        let count = u64::from(count);
        let share = if self.factor > 0 && count < SMALL {
            (count * self.factor) >> 32
        } else {
            (u128::from(count) * u128::from(self.left) / u128::from(self.whole)) as u64
        };
        share as u32
    }
}

fn faded(count: u64, steps: i64) -> u64 {
    let (halves, rest) = (steps / STEPS, steps % STEPS);
    let factor = u128::from(FACTORS[rest as usize]);
    ((u128::from(count) * factor) >> (SHIFT + i64::min(halves, 64))) as u64
}

/// What people see of a key. Twin: `sample` in stream/learner/observation.py.
pub fn sample(line: &str, kind: usize) -> String {
    const TEXT: usize = 200;
    const READ: usize = 520;
    const TOKENS: [usize; KEYS] = [0, 2, 3, 2, 3];
    let most = TOKENS[kind];
    match kind {
        0 => text::cut(line, TEXT).0.to_owned(),
        1 | 2 => {
            let read = text::cut(line, READ).0;
            let end = tokens(read).take(most).last().map_or(0, |(_, end)| end);
            if end == 0 { "…".to_owned() } else { format!("{} …", text::cut(&read[..end], TEXT).0) }
        }
        _ => {
            let read = text::tail(line, READ);
            let begin = last_tokens(read, most).unwrap_or_else(|| {
                let found: Vec<usize> = tokens(read).map(|(begin, _)| begin).collect();
                found.get(found.len().saturating_sub(most)).copied()
            });
            begin.map_or_else(|| "…".to_owned(), |begin| format!("… {}", text::tail(&read[begin..], TEXT)))
        }
    }
}

/// Where the last so many tokens begin, if there is any, read from the end. None where that is not possible, because
/// whether a character of a script without spaces is a token depends on what stands before it.
fn last_tokens(line: &str, most: usize) -> Option<Option<usize>> {
    const ANY: u32 = abc::ALNUM | abc::DIGIT;
    let (mut begin, mut before, mut left) = (None, 0, most + 1);
    for (at, letter) in line.char_indices().rev() {
        let kinds = abc::kinds(letter);
        if kinds & abc::UNSPACED != 0 {
            return None;
        }
        let class = if kinds & abc::DIGIT != 0 { abc::DIGIT } else { kinds & ANY };
        if class != before && class != 0 {
            left -= 1; // a token ends here
            if left == 0 {
                break;
            }
        }
        if class != 0 {
            begin = Some(at);
        }
        before = class;
    }
    Some(begin)
}

/// Where the tokens of a line begin and end: those of `TOKEN` in stream/core/footer/words.py.
fn tokens(line: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut letters = line.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (begin, letter) = letters.next()?;
            let kinds = abc::kinds(letter);
            let mut end = begin + letter.len_utf8();
            let same = if kinds & abc::DIGIT != 0 {
                abc::DIGIT
            } else if kinds & abc::UNSPACED != 0 {
                return Some((begin, end));
            } else if kinds & abc::ALNUM != 0 {
                abc::ALNUM
            } else {
                continue;
            };
            while let Some((at, each)) = letters.next_if(|(_, each)| {
                let kinds = abc::kinds(*each);
                if same == abc::DIGIT { kinds & same != 0 } else { kinds & (abc::ALNUM | abc::DIGIT) == abc::ALNUM }
            }) {
                end = at + each.len_utf8();
            }
            return Some((begin, end));
        }
    })
}
