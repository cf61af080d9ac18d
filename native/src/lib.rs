//! The core, compiled: a whole article in one call, without Python's lock.
//!
//! The Python core beside it is the specification; each module names its twin. `Cleaner` is what Python holds of it.

mod alphabet;
mod ascii;
mod cleaning;
mod codes;
mod comments;
mod counting;
mod decision;
mod editions;
mod endings;
mod guarded;
mod guards;
mod heard;
mod junk;
mod keys;
mod listing;
mod looks;
mod markers;
mod network;
mod packed;
mod page;
mod paragraphs;
mod parts;
mod record;
mod removals;
mod repeats;
mod rows;
mod rules;
mod samples;
mod site_counts;
mod sites;
mod sketch;
mod span;
mod stack;
mod text;
mod tokens;
mod traits;
mod trial;
mod vectors;
mod weights;
mod words;

use cleaning::How;
use guarded::{guarded, raise};
use packed::Packed;
use page::Model;
use parts::Removal;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use removals::{Names, Removals};
use rules::PyRuleSet;
use sites::{Profile, Site, Source, Table};
use std::sync::Arc;
use weights::PyNetwork;
use words::KEYS;

/// A site's profile: the number of its articles, and what is known by key.
struct Known {
    articles: u64,
    source: Source,
}

impl Known {
    /// The articles of a site of which anything is known.
    fn articles(known: Option<&Known>) -> u64 {
        known.map_or(0, |known| known.articles)
    }
}

impl Profile for Known {
    fn site(&self, lines: usize) -> Site {
        Site::new(self.articles, lines)
    }

    fn look_up(&self, keys: &[&[u64; KEYS]], to: &mut Site) {
        self.source.look_up(keys, to).unwrap_or_else(|error| raise(error));
    }
}

/// A profile as Python gives it: the number of a site's articles, and what is known by key.
#[derive(FromPyObject)]
enum Given<'py> {
    Packed(u64, Bound<'py, Packed>),
    Table(u64, Bound<'py, Table>),
    Dictionary(u64, Bound<'py, PyDict>),
}

impl From<Given<'_>> for Known {
    fn from(given: Given) -> Self {
        match given {
            Given::Packed(articles, packed) => Known { articles, source: Source::Packed(packed.unbind()) },
            Given::Table(articles, table) => Known { articles, source: Source::Table(table.unbind()) },
            Given::Dictionary(articles, known) => Known { articles, source: Source::Dictionary(known.unbind()) },
        }
    }
}

/// Cleans articles by one set of rules and one network.
#[pyclass(frozen, module = "stream.core.native.compiled")]
struct Cleaner {
    rules: Arc<rules::RuleSet>,
    network: Arc<network::Network>,
    powers: Vec<u64>,
    caution: i128,
    whole_page: bool,
    names: Arc<Names>,
}

/// Kept text or None; removals, and those withheld, None if there are none; the separator.
type Cleaned = (Option<String>, Option<Removals>, Option<Removals>, char);
type SeenCodes = (usize, u8, u8, u8, u8, u8, u8);
/// The text of a line, its codes, the rows of its words, and its keys.
type Seen<'py> = (String, SeenCodes, Bound<'py, PyTuple>, Bound<'py, PyTuple>);

#[pymethods]
impl Cleaner {
    /// `powers`: see `decision`; `caution`: percent; `removal`: the named tuple; `shape`: the rule of lines without one.
    #[new]
    fn new(
        rules: &PyRuleSet,
        network: &PyNetwork,
        powers: Vec<u64>,
        caution: i64,
        whole_page: bool,
        removal: Bound<'_, PyType>,
        shape: Bound<'_, PyString>,
    ) -> PyResult<Self> {
        if powers.len() != 256 {
            return Err(pyo3::exceptions::PyValueError::new_err("there are 256 powers"));
        }
        let names = Arc::new(Names::new(removal, shape)?);
        Ok(Cleaner {
            rules: rules.0.clone(),
            network: network.0.clone(),
            powers,
            caution: i128::from(caution),
            whole_page,
            names,
        })
    }

    /// Cleans a text: gives what stays (None: all of it), the removals, what is withheld, and the separator.
    ///
    /// None if the text holds a lone surrogate, or is too long to be counted in 32 bits.
    fn clean<'py>(
        &self,
        py: Python<'py>,
        text: Bound<'py, PyString>,
        profile: Option<Given<'py>>,
    ) -> PyResult<Option<Cleaned>> {
        let Some(whole) = whole_of(&text) else { return Ok(None) };
        let known = profile.map(Known::from);
        let how = self.how(known.as_ref());
        let cleaned = guarded(py, || cleaning::clean(whole, &how))?;
        Ok(Some(self.as_python(&text, whole, cleaned, known.as_ref())))
    }

    /// Cleans a list of paragraphs: gives the removals and what is withheld. None if one holds a lone surrogate.
    fn clean_list<'py>(
        &self,
        py: Python<'py>,
        items: Vec<Bound<'py, PyString>>,
        profile: Option<Given<'py>>,
    ) -> PyResult<Option<(Bound<'py, PyTuple>, Bound<'py, PyTuple>)>> {
        let Some(texts) = paragraphs_of(&items) else { return Ok(None) };
        let known = profile.map(Known::from);
        let how = self.how(known.as_ref());
        let (removed, withheld) = guarded(py, || cleaning::clean_list(&texts, &how))?;
        self.listed(py, &removed, &withheld, known.as_ref()).map(Some)
    }

    /// Looks at lines, none of them blank, as a page. None if one holds a lone surrogate.
    fn read<'py>(&self, py: Python<'py>, lines: Vec<Bound<'py, PyString>>) -> PyResult<Option<Vec<Seen<'py>>>> {
        let Some(texts) = paragraphs_of(&lines) else { return Ok(None) };
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        let seen = guarded(py, || page::read_lines(&texts, &self.rules))?;
        let as_python = |(text, codes, said): (String, codes::Codes, words::Said)| {
            Ok((text, Cleaner::codes(&codes), PyTuple::new(py, said.words())?, PyTuple::new(py, said.keys)?))
        };
        seen.into_iter().map(as_python).collect::<PyResult<_>>().map(Some)
    }
}

impl Cleaner {
    /// What `clean` gives; `whole` is what `text` holds.
    fn as_python(
        &self,
        text: &Bound<'_, PyString>,
        whole: &str,
        cleaned: cleaning::Cleaned,
        known: Option<&Known>,
    ) -> Cleaned {
        let made = |removals: Vec<Removal>| {
            let any = !removals.is_empty();
            any.then(|| Removals::new(text, whole, removals, Known::articles(known), &self.names))
        };
        (cleaned.kept, made(cleaned.removed), made(cleaned.withheld), cleaned.separator)
    }

    /// What `clean_list` gives.
    fn listed<'py>(
        &self,
        py: Python<'py>,
        removed: &[Removal],
        withheld: &[Removal],
        known: Option<&Known>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyTuple>)> {
        let articles = Known::articles(known);
        Ok((self.names.listed(py, removed, articles)?, self.names.listed(py, withheld, articles)?))
    }

    /// The codes of a line, as Python orders them.
    fn codes(codes: &codes::Codes) -> SeenCodes {
        let [start, digits, capitals, sentences] = codes.others();
        (codes.length(), codes.end, start, codes.topic, digits, capitals, sentences)
    }

    fn how<'m>(&'m self, known: Option<&'m Known>) -> How<'m> {
        let model = Model { rules: &self.rules, network: &self.network, powers: &self.powers, caution: self.caution };
        How { model, whole_page: self.whole_page, profile: known.map(|known| known as &dyn Profile), watch: None }
    }
}

/// What a text holds; None if that is a lone surrogate, or too much to be counted in 32 bits.
fn whole_of<'t>(text: &'t Bound<'_, PyString>) -> Option<&'t str> {
    text.to_str().ok().filter(|text| text.len() <= text::MOST_BYTES)
}

/// What paragraphs hold; None likewise.
fn paragraphs_of(items: &[Bound<'_, PyString>]) -> Option<Vec<String>> {
    let mut left = text::MOST_BYTES;
    let text = |item: &Bound<'_, PyString>| {
        let text = item.to_str().ok()?;
        left = left.checked_sub(text.len() + 1)?;
        Some(text.to_owned())
    };
    items.iter().map(text).collect()
}

/// The lookup spelling of a line; None if it holds a lone surrogate.
#[pyfunction]
fn spelled(py: Python, line: Bound<'_, PyString>) -> PyResult<Option<String>> {
    let Some(line) = whole_of(&line) else { return Ok(None) };
    guarded(py, || text::spell(line)).map(Some)
}

/// What a line says: the rows of its words, and its keys. None if it holds a lone surrogate.
#[pyfunction]
fn said<'py>(
    py: Python<'py>,
    line: Bound<'py, PyString>,
) -> PyResult<Option<(Bound<'py, PyTuple>, Bound<'py, PyTuple>)>> {
    let Some(line) = whole_of(&line) else { return Ok(None) };
    let said = guarded(py, || words::said(&text::Line::new(line), &mut tokens::Tokens::new(), &mut String::new()))?;
    Ok(Some((PyTuple::new(py, said.words())?, PyTuple::new(py, said.keys)?)))
}

#[pymodule]
fn compiled(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("STATE", env!("STATE"))?;
    module.add_class::<Cleaner>()?;
    module.add_class::<PyRuleSet>()?;
    module.add_class::<Packed>()?;
    module.add_class::<site_counts::SiteCounts>()?;
    module.add_class::<Table>()?;
    module.add_class::<PyNetwork>()?;
    module.add_class::<Removals>()?;
    module.add_function(wrap_pyfunction!(spelled, module)?)?;
    module.add_function(wrap_pyfunction!(said, module)?)?;
    module.add_function(wrap_pyfunction!(sketch::sketch_of, module)?)?;
    module.add_function(wrap_pyfunction!(sketch::clean_and_sketch, module)?)?;
    module.add_function(wrap_pyfunction!(trial::trial, module)?)?;
    module.add_function(wrap_pyfunction!(span::span, module)?)
}
