//! Finds the footer by its markers. Twin: stream/core/markers.py.

use crate::rules::{Kind, MAX_MARKER, Rule, RuleSet};
use crate::text::{self, Line};

const STRONG: usize = 200;
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

/// The rule of each line of a page that one matches, and the indices of these lines in order.
pub struct Marks<'r> {
    at: Vec<Option<&'r Rule>>,
    pub order: Vec<usize>,
}

impl<'r> Marks<'r> {
    pub fn new(at: Vec<Option<&'r Rule>>) -> Self {
        let order = (0..at.len()).filter(|&line| at[line].is_some()).collect();
        Marks { at, order }
    }

    pub fn get(&self, at: usize) -> Option<&'r Rule> {
        self.at.get(at).copied().flatten()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
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
    page: &[Line],
    marks: &Marks<'r>,
    wide: &[usize],
    rules: &RuleSet,
) -> Vec<(usize, Option<&'r Rule>)> {
    if marks.is_empty() || marks.order == [0] {
        return Vec::new();
    }
    let end = page.len();
    let last = page[end - 1].text;
    let opens = wide[end - 1] == 0 || rules.find(&last[..last.len() - text::cut(last, MAX_MARKER).1.len()]).is_some();
    let begin = if opens { tail_of(marks, wide) } else { end };
    let mut found = inner(&page[..begin], marks);
    found.extend(named(begin..end, marks));
    found
}

/// Where the footer begins by its markers; the number of lines if there is none.
pub fn tail_of(marks: &Marks, wide: &[usize]) -> usize {
    let end = wide.len();
    let begin = body_ends(wide).max(1);
    let total: usize = wide.iter().sum();
    let mut left = total;
    let mut count = wide.iter().filter(|&&each| each > 0).count();
    let mut since = 0;
    for &at in &marks.order {
        let between = &wide[since..at];
        left -= between.iter().sum::<usize>();
        count -= between.iter().filter(|&&each| each > 0).count();
        since = at;
        let Some(rule) = marks.get(at) else { continue };
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

/// The index after the last two adjacent paragraphs of prose that are wide enough.
fn body_ends(wide: &[usize]) -> usize {
    let both = |at: &usize| wide[*at] > 0 && wide[at - 1] > 0 && wide[*at] + wide[at - 1] >= STRONG;
    (1..wide.len()).rev().find(both).map_or(0, |at| at + 1)
}

/// The markers within the body that go, with the links below them.
fn inner<'r>(page: &[Line], marks: &Marks<'r>) -> Vec<(usize, Option<&'r Rule>)> {
    let mut gone = Vec::new();
    let end = page.len();
    for &at in &marks.order {
        let Some(rule) = marks.get(at) else { continue };
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
            while after < end && !is_marked(after) && is_link(page[after].text) {
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
