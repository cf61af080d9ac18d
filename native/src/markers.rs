//! Finds the footer by its markers. Twin: stream/core/markers.py.

use crate::rules::{Kind, MAX_MARKER, Rule, RuleSet};
use crate::text::{self, Page};

const STRONG: u32 = 200;
const SHORT_FOR_PROSE: usize = 6;
const NEAR: usize = 4;
const BULLETS: [&str; 12] = [
    "- ",
    "\u{2013} ",
    "\u{2022}",
    "* ",
    "\u{b7}",
    ">",
    "\u{203a}",
    "\u{bb}",
    "\u{25b8}",
    "\u{25ba}",
    "\u{25aa}",
    "\u{25a0}",
];

/// The lines of a page that a rule matches, by their indices, in order.
pub struct Marks<'r>(Vec<(usize, &'r Rule)>);

impl<'r> Marks<'r> {
    /// `rules`: the rule of each line of the page, or none.
    pub fn new(rules: impl Iterator<Item = Option<&'r Rule>>) -> Self {
        Marks(rules.enumerate().filter_map(|(at, rule)| rule.map(|rule| (at, rule))).collect())
    }

    pub fn get(&self, at: usize) -> Option<&'r Rule> {
        self.0.binary_search_by_key(&at, |&(line, _)| line).ok().map(|place| self.0[place].1)
    }

    pub fn all(&self) -> impl Iterator<Item = (usize, &'r Rule)> {
        self.0.iter().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// For each line of the footer the last marker at or above it; None where there is none.
pub fn named<'r>(footer: impl Iterator<Item = usize>, marks: &Marks<'r>) -> Vec<(usize, Option<&'r Rule>)> {
    let mut rule = None;
    footer
        .map(|at| {
            rule = marks.get(at).or(rule);
            (at, rule)
        })
        .collect()
}

/// The lines that belong to a footer by its markers, by their indices in the page. `wide` is the prose of each line.
pub fn footer_of<'r>(
    page: &impl Page,
    marks: &Marks<'r>,
    wide: &[u32],
    rules: &RuleSet,
) -> Vec<(usize, Option<&'r Rule>)> {
    if marks.all().all(|(at, _)| at == 0) {
        return Vec::new();
    }
    let end = page.size();
    let last = page.line(end - 1).text;
    let opens = wide[end - 1] == 0 || rules.find(&last[..last.len() - text::cut(last, MAX_MARKER).1.len()]).is_some();
    let begin = if opens { tail_of(marks, wide) } else { end };
    let mut found = inner(page, begin, marks);
    found.extend(named(begin..end, marks));
    found
}

/// Where the footer begins by its markers; the number of lines if there is none.
pub fn tail_of(marks: &Marks, wide: &[u32]) -> usize {
    let end = wide.len();
    let begin = body_ends(wide).max(1);
    let total = sum(wide);
    let mut left = total;
    let mut count = wide.iter().filter(|&&each| each > 0).count();
    let mut since = 0;
    for (at, rule) in marks.all() {
        let between = &wide[since..at];
        left -= sum(between);
        count -= between.iter().filter(|&&each| each > 0).count();
        since = at;
        if at < begin || rule.kind == Kind::Notice || left == total {
            continue;
        }
        if left as f64 > 0.3 * total as f64 || count * SHORT_FOR_PROSE > end - at {
            continue;
        }
        let near = &wide[at..end.min(at + NEAR)];
        if near.iter().all(|&each| each == 0) && (rule.kind != Kind::Label || at + 1 < end) {
            return at;
        }
    }
    end
}

fn sum(wide: &[u32]) -> u64 {
    wide.iter().map(|&each| u64::from(each)).sum()
}

/// The index after the last two adjacent paragraphs of prose that are wide enough.
fn body_ends(wide: &[u32]) -> usize {
    let both = |at: &usize| wide[*at] > 0 && wide[at - 1] > 0 && wide[*at] + wide[at - 1] >= STRONG;
    (1..wide.len()).rev().find(both).map_or(0, |at| at + 1)
}

/// The markers above the line where the footer begins that go, with the links below them.
fn inner<'r>(page: &impl Page, end: usize, marks: &Marks<'r>) -> Vec<(usize, Option<&'r Rule>)> {
    let mut gone = Vec::new();
    for (at, rule) in marks.all() {
        if !(0 < at && at < end) || rule.kind == Kind::End {
            continue;
        }
        let is_marked = |line: usize| marks.get(line).is_some();
        let mut after = at + 1;
        if rule.kind == Kind::Label && !(is_marked(at - 1) || (after < end && is_marked(after))) {
            continue;
        }
        gone.push((at, Some(rule)));
        if matches!(rule.kind, Kind::Section | Kind::Inline) {
            while after < end && !is_marked(after) && is_link(page.line(after).text) {
                gone.push((after, Some(rule)));
                after += 1;
            }
        }
    }
    gone
}

fn is_link(line: &str) -> bool {
    let line = line.trim_start_matches(text::is_space);
    BULLETS.iter().any(|each| line.starts_with(each))
}
