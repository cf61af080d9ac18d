//! What stood in the articles of a site, in the order in which it was first counted. Twin: `Site.counted` in
//! stream/learner/site.py.
//!
//! What counting an article and fading touch stands apart from the rest, sixteen bytes a row, so that both take few lines
//! of the processor's caches.

use crate::sketch::{is_plain, put_string};
use crate::vectors::{self, Vectors, Work};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::cmp::Reverse;
use std::hash::BuildHasher;

pub const UNIT: u32 = 256;
pub const FORGOTTEN: u32 = UNIT / 8;
/// Products of counts below this are divided by multiplying.
const SMALL: u64 = 1 << 16;
/// Where an article's lines stand: above the end of the story, below it.
pub const INSIDE: u32 = 1;
pub const BELOW: u32 = 2;
/// Room for rows grows by this part of what there is.
const GROWTH: usize = 8;
/// Stands for a row that has gone.
pub const GONE: u32 = u32::MAX;

/// A row's articles, those where it stood inside and below; and the number of the article that it was seen in last, times
/// four, with the sides where it was seen there.
type Counted = [u32; 4];
const ARTICLES: usize = 0;
const SEEN: usize = 3;

/// What stood in articles, but for how often: `Counted` of the twin.
pub struct Row {
    pub key: u64,
    pub first: i64,
    pub last: i64,
    pub kind: u8,
    /// The text is written in JSON as it is.
    is_plain: bool,
    /// Of a row that stood in more than one article, or of any.
    text: Box<str>,
}

impl Row {
    pub fn new(key: u64, kind: u8, first: i64, last: i64) -> Self {
        Row { key, first, last, kind, is_plain: true, text: Box::default() }
    }

    /// Its text, "" if that is not kept.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn set_text(&mut self, text: String) {
        self.is_plain = is_plain(&text);
        self.text = text.into();
    }

    /// Appends its text as JSON has it.
    pub fn put_text(&self, to: &mut Vec<u8>) {
        if self.is_plain {
            to.push(b'"');
            to.extend_from_slice(self.text.as_bytes());
            to.push(b'"');
        } else {
            put_string(&self.text, to);
        }
    }
}

/// How often something stood in articles: anywhere, in the story, below its end. In 1/`UNIT`.
#[derive(Clone, Copy)]
pub struct Counts {
    pub articles: u32,
    pub inside: u32,
    pub below: u32,
}

impl Counts {
    pub fn is_alone(&self) -> bool {
        is_alone(self.articles)
    }
}

/// Whether what is counted so often stood in a single article.
fn is_alone(articles: u32) -> bool {
    2 * u64::from(articles) <= 3 * u64::from(UNIT)
}

#[derive(Default)]
pub struct Rows {
    counted: Vec<Counted>,
    rows: Vec<Row>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The number of the article that is counted; 0 is none's.
    article: u32,
}

impl Rows {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// All rows, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Row, Counts)> {
        self.rows.iter().zip(self.counted.iter().map(|&[articles, inside, below, _]| Counts {
            articles,
            inside,
            below,
        }))
    }

    /// Adds a row; gives false if there is one of its key.
    pub fn add(&mut self, row: Row, counts: Counts) -> bool {
        let rows = self.rows.len();
        let Counts { articles, inside, below } = counts;
        let number = self.place(row.key, |_| (row, [articles, inside, below, 0]));
        number as usize == rows
    }

    /// The next article is counted.
    pub fn begin_article(&mut self) {
        self.article = (self.article + 1) % (1 << 30);
        if self.article == 0 {
            self.counted.iter_mut().for_each(|counted| counted[SEEN] = 0);
            self.article = 1;
        }
    }

    /// The number of a key's row, which is made if there is none.
    pub fn number(&mut self, key: u64, kind: u8, at: i64) -> u32 {
        self.place(key, |key| (Row::new(key, kind, at, at), [0; 4]))
    }

    fn place(&mut self, key: u64, made: impl FnOnce(u64) -> (Row, Counted)) -> u32 {
        let Rows { counted, rows, places, hasher, .. } = self;
        let hash = hasher.hash_one(key);
        if let Some(&number) = places.find(hash, |&number| rows[number as usize].key == key) {
            return number;
        }
        let number = rows.len() as u32;
        places.insert_unique(hash, number, |&number| hasher.hash_one(rows[number as usize].key));
        let (row, counts) = made(key);
        if rows.len() == rows.capacity() {
            // By less than a vector grows by itself: there are many sites, most of them with nearly as many rows as may be.
            let more = usize::max(rows.len() / GROWTH, 64);
            rows.reserve_exact(more);
            counted.reserve_exact(more);
        }
        rows.push(row);
        counted.push(counts);
        number
    }

    /// Counts that a row stood on a side in the article, which has a weight, if that has not been counted for it. Gives
    /// the row if it needs a text: one that stood in a single article until now, and does so no more or, if so `wanted`,
    /// whether or not.
    #[inline]
    pub fn count(&mut self, number: u32, side: u32, weight: u32, at: i64, wanted: bool) -> Option<&mut Row> {
        let counted = &mut self.counted[number as usize];
        let mut found = None;
        if counted[SEEN] >> 2 != self.article {
            let row = &mut self.rows[number as usize];
            let was_alone = is_alone(counted[ARTICLES]);
            counted[ARTICLES] = counted[ARTICLES].saturating_add(weight);
            counted[SEEN] = self.article << 2;
            (row.first, row.last) = (row.first.min(at), row.last.max(at));
            if was_alone && (wanted || !is_alone(counted[ARTICLES])) {
                found = Some(row);
            }
        }
        if counted[SEEN] & side == 0 {
            counted[SEEN] |= side;
            let count = &mut counted[side as usize];
            *count = count.saturating_add(weight);
        }
        found
    }

    /// Whether a row stood in more than one article.
    pub fn is_usual(&self, number: u32) -> bool {
        !is_alone(self.counted[number as usize][ARTICLES])
    }

    /// Lets all counts fade to a share of a whole; whether any row is to be forgotten.
    pub fn fade(&mut self, left: u64, whole: u64) -> bool {
        if whole < SMALL {
            let factor = (left << 32).div_ceil(whole);
            if let Some(any) = vectors::run(Fading { factor, counted: &mut self.counted }) {
                return any;
            }
        }
        let share = |count: u32| (u128::from(count) * u128::from(left) / u128::from(whole)) as u32;
        self.counted.iter_mut().fold(false, |any, [articles, inside, below, _]| {
            (*articles, *inside, *below) = (share(*articles), share(*inside), share(*below));
            any | (*articles < FORGOTTEN)
        })
    }

    /// Lets go of the rows that are forgotten. Gives the new number of each row, or `GONE`.
    pub fn forget(&mut self) -> Vec<u32> {
        self.keep(|counted, _| counted[ARTICLES] >= FORGOTTEN)
    }

    /// Keeps so many rows: those that stood in the most articles, of these the ones that were seen last. There have to be
    /// more. Gives the new number of each row, or `GONE`.
    pub fn bound(&mut self, kept: usize) -> Vec<u32> {
        // One after the other, because most rows differ by the first of these, and few are left for the last one.
        let all = || self.counted.iter().zip(&self.rows);
        let (articles, kept) = nth(all().map(|(counted, _)| Reverse(counted[ARTICLES])).collect(), kept);
        let ties = || all().filter(|(counted, _)| Reverse(counted[ARTICLES]) == articles);
        let (last, kept) = nth(ties().map(|(_, row)| Reverse(row.last)).collect(), kept);
        let ties = ties().filter(|(_, row)| Reverse(row.last) == last);
        let (key, _) = nth(ties.map(|(_, row)| row.key).collect(), kept);
        let Reverse(limit) = articles;
        self.keep(|counted, row| {
            counted[ARTICLES] > limit || (counted[ARTICLES] == limit && (Reverse(row.last), row.key) < (last, key))
        })
    }

    /// Lets the other rows go. Those that stay keep their order.
    fn keep(&mut self, stays: impl Fn(&Counted, &Row) -> bool) -> Vec<u32> {
        let Rows { counted, rows, places, .. } = self;
        let mut number = 0;
        let numbered = |(counted, row)| {
            let stays = stays(counted, row);
            number += u32::from(stays);
            if stays { number - 1 } else { GONE }
        };
        let numbers: Vec<u32> = counted.iter().zip(&*rows).map(numbered).collect();
        let mut each = numbers.iter();
        counted.retain(|_| each.next() != Some(&GONE));
        let mut each = numbers.iter();
        rows.retain(|_| each.next() != Some(&GONE));
        places.retain(|place| {
            *place = numbers[*place as usize];
            *place != GONE
        });
        numbers
    }

    /// The memory that they take, in bytes.
    pub fn size(&self) -> usize {
        self.counted.capacity() * size_of::<Counted>()
            + self.rows.capacity() * size_of::<Row>()
            + self.rows.iter().map(|row| row.text().len()).sum::<usize>()
            + self.places.allocation_size()
    }
}

/// The number that stands at a place in their order, and its place among those that are equal to it.
fn nth<T: Ord + Copy>(mut numbers: Vec<T>, place: usize) -> (T, usize) {
    let (before, &mut found, _) = numbers.select_nth_unstable(place);
    (found, before.iter().filter(|&&each| each == found).count())
}

/// Fading of small counts: see `Rows::fade`. None if any count is not small.
struct Fading<'r> {
    /// The share in 1/2**32, rounded up. It is too large by less than one of these, which moves no product of a count of
    /// 16 bits over a whole number if the whole that it is a share of has 16 bits, too.
    factor: u64,
    counted: &'r mut [Counted],
}

impl Work for Fading<'_> {
    type Done = Option<bool>;

    #[inline(always)]
    fn by(self, _: impl Vectors) -> Option<bool> {
        let all = self.counted.iter().fold([0; 4], |all: Counted, each| std::array::from_fn(|at| all[at] | each[at]));
        if all[..SEEN].iter().any(|&each| u64::from(each) >= SMALL) {
            return None;
        }
        // Both halves have 16 bits, so that no product has more than 32.
        let (high, low) = ((self.factor >> 16) as u32, (self.factor & 0xFFFF) as u32);
        let share = |count: u32| (count * high + ((count * low) >> 16)) >> 16;
        let mut any = false;
        for counted in self.counted {
            let [articles, inside, below, seen] = *counted;
            *counted = [share(articles), share(inside), share(below), seen];
            any |= counted[ARTICLES] < FORGOTTEN;
        }
        Some(any)
    }
}
