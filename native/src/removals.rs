//! Removals as Python sees them. Of a text they are made when somebody looks at them, because the worker mostly counts.

use crate::parts::{Reason, Removal};
use crate::sites::Share;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple, PyType};
use std::borrow::Cow;
use std::sync::Arc;

/// What Python's values are made with.
pub struct Names {
    removal: Py<PyType>,
    make: Py<PyAny>,
    shape: Py<PyString>,
    repeat: Py<PyString>,
    footer: Py<PyString>,
    junk: Py<PyString>,
    site: Py<PyString>,
}

/// Why a line goes, kept without the rules.
enum Kept {
    Repeat(u32),
    Footer(Py<PyString>),
    Junk(Py<PyString>),
    Site(Share),
}

impl Names {
    /// `removal`: the named tuple; `shape`: the rule of lines without one.
    pub fn new(removal: Bound<'_, PyType>, shape: Bound<'_, PyString>) -> PyResult<Self> {
        let py = removal.py();
        let name = |name: &str| PyString::intern(py, name).unbind();
        Ok(Names {
            make: py.get_type::<PyTuple>().getattr("__new__")?.unbind(),
            removal: removal.unbind(),
            shape: shape.unbind(),
            repeat: name("repeat"),
            footer: name("footer"),
            junk: name("junk"),
            site: name("site"),
        })
    }

    /// The removals as Python knows them; `articles` are those of the site, as a profile counts them.
    pub fn listed<'py>(&self, py: Python<'py>, removals: &[Removal], articles: u64) -> PyResult<Bound<'py, PyTuple>> {
        let make = |removal: &Removal| {
            self.removal(py, removal.line, &removal.text, &self.kept(py, &removal.reason), articles)
        };
        let made: PyResult<Vec<Bound<'py, PyAny>>> = removals.iter().map(make).collect();
        PyTuple::new(py, made?)
    }

    fn kept(&self, py: Python, reason: &Reason) -> Kept {
        match reason {
            Reason::Repeat(copied) => Kept::Repeat(*copied),
            Reason::Footer(rule) => Kept::Footer(rule.map_or(&self.shape, |rule| &rule.id).clone_ref(py)),
            Reason::Junk(rule) => Kept::Junk(rule.id.clone_ref(py)),
            Reason::Site(share) => Kept::Site(*share),
        }
    }

    fn removal<'py>(
        &self,
        py: Python<'py>,
        line: u32,
        text: &str,
        reason: &Kept,
        articles: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (reason, of, rule) = match reason {
            Kept::Repeat(copied) => (&self.repeat, Some(copied + 1), None),
            Kept::Footer(rule) => (&self.footer, None, Some(rule.clone_ref(py))),
            Kept::Junk(rule) => (&self.junk, None, Some(rule.clone_ref(py))),
            Kept::Site(share) => (&self.site, None, Some(PyString::new(py, &share.of(articles)).unbind())),
        };
        let fields = (line + 1, text, reason, of, rule).into_pyobject(py)?;
        self.make.bind(py).call1((&self.removal, fields))
    }
}

/// What was removed: a part of the article from a place on, of so many bytes, or, where line ends were moved, a text of
/// its own.
enum Text {
    Part(u32, u32),
    Own(Box<str>),
}

/// The removals of a text, which compare and hash as a tuple of Python's does.
#[pyclass(frozen, module = "stream.core.native.compiled")]
pub struct Removals {
    article: Py<PyString>,
    removals: Vec<(u32, Text, Kept)>,
    /// Those of the site, as a profile counts them.
    articles: u64,
    names: Arc<Names>,
    made: PyOnceLock<Py<PyTuple>>,
}

impl Removals {
    /// `whole` is what `article` holds, and the removals' texts are parts of it; `articles` are those of the site.
    pub fn new(
        article: &Bound<'_, PyString>,
        whole: &str,
        removals: Vec<Removal>,
        articles: u64,
        names: &Arc<Names>,
    ) -> Self {
        let py = article.py();
        let keep = |removal: Removal| {
            let text = match removal.text {
                Cow::Borrowed(part) => {
                    let begin = part.as_ptr() as usize - whole.as_ptr() as usize;
                    Text::Part(begin as u32, part.len() as u32)
                }
                Cow::Owned(text) => Text::Own(text.into()),
            };
            (removal.line, text, names.kept(py, &removal.reason))
        };
        Removals {
            article: article.clone().unbind(),
            removals: removals.into_iter().map(keep).collect(),
            articles,
            names: names.clone(),
            made: PyOnceLock::new(),
        }
    }
}

impl Removals {
    fn tuple<'a, 'py>(&'a self, py: Python<'py>) -> PyResult<&'a Bound<'py, PyTuple>> {
        let make = || -> PyResult<Py<PyTuple>> {
            let article = self.article.bind(py).to_str()?;
            let each = |(line, text, reason): &(u32, Text, Kept)| {
                let text = match text {
                    Text::Part(begin, size) => &article[*begin as usize..(begin + size) as usize],
                    Text::Own(text) => text,
                };
                self.names.removal(py, *line, text, reason, self.articles)
            };
            let made: PyResult<Vec<Bound<'py, PyAny>>> = self.removals.iter().map(each).collect();
            Ok(PyTuple::new(py, made?)?.unbind())
        };
        Ok(self.made.get_or_try_init(py, make)?.bind(py))
    }
}

#[pymethods]
impl Removals {
    /// The removals, as a tuple.
    fn made<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.tuple(py).cloned()
    }

    /// How many went as repeats, with the footer, as junk, and because of the site; and how many of these last within the
    /// story, not at its end.
    fn counts(&self) -> (usize, usize, usize, usize, usize) {
        let mut counts = [0; 5];
        for (_, _, reason) in &self.removals {
            counts[match reason {
                Kept::Repeat(_) => 0,
                Kept::Footer(_) => 1,
                Kept::Junk(_) => 2,
                Kept::Site(_) => 3,
            }] += 1;
            counts[4] += usize::from(matches!(reason, Kept::Site(share) if share.inside));
        }
        counts.into()
    }

    fn __len__(&self) -> usize {
        self.removals.len()
    }

    fn __eq__(&self, py: Python, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        match other.cast::<Removals>() {
            Ok(other) => self.tuple(py)?.eq(other.get().tuple(py)?),
            Err(_) => self.tuple(py)?.eq(other),
        }
    }

    fn __hash__(&self, py: Python) -> PyResult<isize> {
        self.tuple(py)?.hash()
    }

    fn __repr__(&self, py: Python) -> PyResult<Py<PyString>> {
        Ok(self.tuple(py)?.repr()?.unbind())
    }
}
