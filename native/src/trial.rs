//! Tries a new version of a site's profile on its last articles. Twin: `_unfit` in stream/learner/learned.py.

use crate::cleaning::{How, Seen, Told};
use crate::codes::Codes;
use crate::guarded::guarded;
use crate::heard::{Evidence, Heard};
use crate::looks::{Chosen, Looks};
use crate::page;
use crate::paragraphs::first_of;
use crate::sketch::Sketch;
use crate::text::{self, Line};
use crate::{Cleaner, Given, Known};
use hashbrown::HashMap;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::cell::OnceCell;

/// What is wrong with a version: nothing, that it withholds a footer, or the prose that it takes.
pub enum Verdict {
    Fit,
    Withholds,
    Takes(String),
}

/// The lines of all articles of a trial, each once: most of them stand in several, and are looked at once for all.
#[derive(Default)]
struct Lines<'a> {
    numbers: HashMap<&'a str, u32>,
    lines: Vec<Line<'a>>,
}

impl<'a> Lines<'a> {
    /// The number of a line, which is noted if it is new.
    fn number(&mut self, line: &'a str) -> u32 {
        let Lines { numbers, lines } = self;
        *numbers.entry(line).or_insert_with(|| {
            lines.push(Line::new(line));
            lines.len() as u32 - 1
        })
    }
}

/// Two versions, and what they know of the lines. The version before is asked only where the new one withholds
/// something, or takes prose.
struct Versions<'t> {
    all: &'t Looks<'t>,
    heard: &'t Heard,
    before: &'t How<'t>,
    after: &'t How<'t>,
    known_before: OnceCell<Option<Evidence>>,
    known_after: Option<Evidence>,
}

impl<'t> Versions<'t> {
    fn new(all: &'t Looks<'t>, heard: &'t Heard, before: &'t How<'t>, after: &'t How<'t>) -> Self {
        Versions { all, heard, before, after, known_before: OnceCell::new(), known_after: known_of(all, heard, after) }
    }

    /// Compares what both do to an article, of which each line has its number in `heard`.
    fn verdict(&self, lines: &[Line], numbers: &[u32]) -> Verdict {
        let first = first_of(lines);
        let mut seen = Seen::new(lines, &first);
        seen.looks = seen.looks.heard_among(numbers);
        let told = Told { heard: self.heard, site: self.known_after.as_ref() };
        let (taken, withholds) = seen.removed(self.after, &told);
        if taken.is_empty() && !withholds {
            return Verdict::Fit;
        }
        let is_prose = self.proses(lines, numbers);
        let prose: Vec<usize> = taken.into_iter().filter(|&at| is_prose[at]).collect();
        if prose.is_empty() && !withholds {
            return Verdict::Fit;
        }
        let site = self.known_before.get_or_init(|| known_of(self.all, self.heard, self.before)).as_ref();
        let (kept, withheld) = seen.removed(self.before, &Told { heard: self.heard, site });
        if withholds && !withheld {
            return Verdict::Withholds;
        }
        let more = prose.into_iter().find(|at| !kept.contains(at));
        more.map_or(Verdict::Fit, |at| Verdict::Takes(lines[at].text.to_owned()))
    }

    /// Which of the lines are prose, repeats among them.
    fn proses(&self, lines: &[Line], numbers: &[u32]) -> Vec<bool> {
        let looks = Looks::new(lines, (0..lines.len() as u32).collect()).heard_among(numbers);
        let page = Chosen { looks: &looks, numbers: &looks.numbers() };
        page::read(page, self.heard, self.after.model.rules).0.iter().map(Codes::is_prose).collect()
    }
}

/// What a version knows of lines; None where the network is not asked.
fn known_of(all: &Looks, heard: &Heard, how: &How) -> Option<Evidence> {
    let profile = how.profile.filter(|_| how.whole_page)?;
    Some(Evidence::new(profile, all, heard, how.model.network))
}

/// Tries a version on articles, given as their records: gives whether one of them would be withheld, and the prose that
/// would be taken. None if Python has to do it.
#[pyfunction]
pub fn trial(
    cleaner: &Bound<'_, Cleaner>,
    records: Vec<PyBackedBytes>,
    before: Option<Given>,
    after: Option<Given>,
) -> PyResult<Option<(bool, Option<String>)>> {
    let (py, this) = (cleaner.py(), cleaner.get());
    let (before, after) = (before.map(Known::from), after.map(Known::from));
    let (before, after) = (this.how(before.as_ref()), this.how(after.as_ref()));
    guarded(py, || {
        let sketches: Vec<Sketch> = records.iter().map(|record| Sketch::read(record)).collect::<Option<_>>()?;
        let mut all = Lines::default();
        let mut articles: Vec<(Vec<Line>, Vec<u32>)> = Vec::with_capacity(sketches.len());
        for sketch in &sketches {
            let texts = sketch.lines.iter().filter(|line| !text::is_blank(line));
            let numbers: Vec<u32> = texts.map(|line| all.number(line)).collect();
            let lines = numbers.iter().map(|&number| all.lines[number as usize]).collect();
            articles.push((lines, numbers));
        }
        let all = Looks::new(&all.lines, (0..all.lines.len() as u32).collect());
        let heard = Heard::new(&all, Some(&this.network));
        page::read(Chosen { looks: &all, numbers: &all.numbers() }, &heard, after.model.rules);
        let versions = Versions::new(&all, &heard, &before, &after);
        for (lines, numbers) in &articles {
            match versions.verdict(lines, numbers) {
                Verdict::Fit => {}
                Verdict::Withholds => return Some((true, None)),
                Verdict::Takes(text) => return Some((false, Some(text))),
            }
        }
        Some((false, None))
    })
}
