//! Tries a new version of a site's profile on its last articles. Twin: `_unfit` in stream/learner/learned.py.

use crate::cleaning::{How, Seen};
use crate::guarded::guarded;
use crate::paragraphs::first_of;
use crate::sketch::Sketch;
use crate::text::{self, Line};
use crate::{Cleaner, Given, Known};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// What is wrong with a version: nothing, that it withholds a footer, or the prose that it takes.
pub enum Verdict {
    Fit,
    Withholds,
    Takes(String),
}

/// Compares what two versions do to an article. Its lines are looked at once for both, and the version before is asked
/// only where the new one withholds something, or takes prose.
fn verdict(sketch: &Sketch, before: &How, after: &How) -> Verdict {
    let texts = sketch.lines.iter().filter(|line| !text::is_blank(line));
    let lines: Vec<Line> = texts.map(|line| Line::new(line)).collect();
    let first = first_of(&lines);
    let seen = Seen::new(&lines, &first);
    let (taken, withholds) = seen.removed(after);
    if taken.is_empty() && !withholds {
        return Verdict::Fit;
    }
    let is_prose = seen.proses(after.model.rules);
    let prose: Vec<usize> = taken.into_iter().filter(|&at| is_prose[at]).collect();
    if prose.is_empty() && !withholds {
        return Verdict::Fit;
    }
    let (kept, withheld) = seen.removed(before);
    if withholds && !withheld {
        return Verdict::Withholds;
    }
    let more = prose.into_iter().find(|at| !kept.contains(at));
    more.map_or(Verdict::Fit, |at| Verdict::Takes(lines[at].text.to_owned()))
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
        for record in &records {
            match verdict(&Sketch::read(record)?, &before, &after) {
                Verdict::Fit => {}
                Verdict::Withholds => return Some((true, None)),
                Verdict::Takes(text) => return Some((false, Some(text))),
            }
        }
        Some((false, None))
    })
}
