//! The stack of kept paragraphs, which finds the repeats that go. Twin: stream/core/stack.py, which explains it.

use crate::alphabet::{self as abc, is};
use crate::endings::ends_sentence;
use crate::listing::{self, hangs, is_code_alone};
use crate::text::{self, Line};
use hashbrown::{HashMap, HashSet};
use std::cell::{Cell, RefCell};

pub const LONG: usize = 60;
const MANY: usize = 12;
pub const FEW: usize = 6;
const LEAD: usize = 3;
const CODE_SHARE: usize = 4;
const NONE: usize = usize::MAX;

/// Whether a line is a paragraph of its own, as a row of dashes, a name or a refrain is not.
pub fn is_long(line: &str) -> bool {
    let normal = if line.contains("  ") || line.contains('\t') { text::normal(line) } else { text::strip(line).into() };
    let line = Line::new(&normal);
    3 * line.chars >= LONG && line.width >= LONG && text::any_alnum(&normal)
}

/// Whether a line introduces what stands below it: it is short and ends with a colon, or is "Q." or "A.".
pub fn is_label(line: &Line) -> bool {
    let bare = text::without_format(line);
    let text = text::strip(&bare);
    let labels =
        text::last(text).is_some_and(|each| is(each, abc::LABEL_END)) || matches!(text, "Q." | "A." | "Q" | "A");
    labels && !(is_long(line.text) || is_code_alone(line))
}

fn is_text(line: &str) -> bool {
    ends_sentence(line) || is_long(line)
}

/// Lines of an article, as they are asked whether they are code.
pub struct Lines<'a>(pub &'a [Line<'a>]);

impl listing::Page for Lines<'_> {
    fn line(&self, at: usize) -> &Line<'_> {
        &self.0[at]
    }
    fn size(&self) -> usize {
        self.0.len()
    }
}

/// What the run of an entry holds up to it, and where the entry comes from.
#[derive(Clone, Copy)]
struct Entry {
    kept: usize,
    id: usize,
    start: usize,
    longs: usize,
    last_long: usize,
    distinct: usize,
    codes: usize,
    heads: usize,
    copied: bool,
    prev: usize,
}

/// What is known of paragraphs, each asked once.
#[derive(Default)]
struct Known {
    long: RefCell<HashMap<usize, bool>>,
    code: RefCell<HashMap<usize, bool>>,
    text: RefCell<HashMap<usize, bool>>,
    label: RefCell<HashMap<usize, bool>>,
    hangs: Cell<bool>,
}

fn once(known: &RefCell<HashMap<usize, bool>>, at: usize, ask: impl FnOnce() -> bool) -> bool {
    let found = known.borrow().get(&at).copied();
    found.unwrap_or_else(|| {
        let found = ask();
        known.borrow_mut().insert(at, found);
        found
    })
}

struct Stack<'a> {
    lines: &'a [Line<'a>],
    entries: Vec<Entry>,
    last: HashMap<usize, usize>,
    known: Known,
    pairs: HashMap<(usize, usize), usize>,
}

/// Runs the stack over paragraphs, each with its place and id. Gives what goes, place and id in order, and whether any
/// line counted as code only because of the line beside it.
pub fn run(lines: &[Line], paragraphs: &[(usize, usize)]) -> (Vec<(usize, usize)>, bool) {
    let mut stack =
        Stack { lines, entries: Vec::new(), last: HashMap::new(), known: Known::default(), pairs: HashMap::new() };
    let mut todo: Vec<(usize, usize)> = paragraphs.iter().rev().copied().collect();
    loop {
        let next = todo.last().copied();
        let continues = next.is_some_and(|(_, id)| stack.continues(id));
        let again = if continues { None } else { stack.cut(next.map(|(place, _)| place)) };
        if let Some(again) = again {
            todo.extend(again);
        } else if let Some((place, id)) = todo.pop() {
            stack.push(place, id);
        } else {
            break;
        }
    }
    let stays: HashSet<usize> = stack.entries.iter().map(|entry| entry.kept).collect();
    let gone = paragraphs.iter().filter(|(place, _)| !stays.contains(place)).copied().collect();
    (gone, stack.known.hangs.get())
}

impl Stack<'_> {
    fn continues(&self, id: usize) -> bool {
        self.entries.last().is_none_or(|top| self.pairs.contains_key(&(top.id, id)))
    }

    fn push(&mut self, place: usize, id: usize) {
        let top = self.entries.len();
        let prev = self.last.get(&id).copied().unwrap_or(NONE);
        let mut code = prev != NONE && self.is_code(id);
        let mut long = prev != NONE && !code && self.is_long(id);
        let mut entry = Entry {
            kept: place,
            id,
            start: top,
            longs: 0,
            last_long: NONE,
            distinct: 0,
            codes: 0,
            heads: 0,
            copied: false,
            prev,
        };
        if let Some(before) = self.entries.last().copied() {
            if self.pairs.contains_key(&(before.id, id)) {
                entry = Entry { kept: place, id, prev, ..before };
                let start = before.start;
                entry.copied = before.copied && (top >= 2 * start || id == self.entries[top - start].id);
            } else {
                self.pairs.insert((before.id, id), top);
                entry.copied = id == self.entries[0].id;
            }
        } else {
            (code, long) = (false, false);
        }
        entry.longs += usize::from(long);
        if long {
            entry.last_long = top;
        }
        entry.distinct += usize::from(prev == NONE || prev < entry.start);
        entry.codes += usize::from(code);
        entry.heads += usize::from(code && entry.heads == top - entry.start);
        self.entries.push(entry);
        self.last.insert(id, top);
    }

    fn is_long(&self, id: usize) -> bool {
        once(&self.known.long, id, || is_long(self.lines[id].text))
    }

    fn is_code(&self, id: usize) -> bool {
        once(&self.known.code, id, || {
            is_code_alone(&self.lines[id]) || {
                let hangs = hangs(&Lines(self.lines), id);
                if hangs {
                    self.known.hangs.set(true);
                }
                hangs
            }
        })
    }

    fn is_text(&self, place: usize) -> bool {
        once(&self.known.text, place, || is_text(self.lines[place].text))
    }

    /// Whether the entry above the run would introduce the line at `after` if the run were removed.
    fn leads(&self, entry: usize, after: usize) -> bool {
        let top = self.entries[self.entries.len() - 1];
        let last = top.last_long + 1;
        if !self.is_text(self.entries.get(last).map_or(after, |each| each.kept)) {
            return false;
        }
        let Entry { kept: place, id, prev, .. } = self.entries[entry];
        let label = once(&self.known.label, place, || is_label(&self.lines[place]));
        let again = prev != NONE && !self.is_text(place) && !self.is_code(id);
        label || (again && text::any_alnum(self.lines[place].text))
    }

    /// Ends the run at the top: pops what must go of it. None if the whole run stays, else what is pushed again.
    fn cut(&mut self, after: Option<usize>) -> Option<Vec<(usize, usize)>> {
        let top = *self.entries.last()?;
        let (start, end) = (top.start, self.entries.len());
        let (mut begin, mut last) = (start, end);
        if top.longs > 0 {
            if let Some(after) = after.filter(|_| top.longs == 1)
                && self.leads(start - 1, after)
            {
                return None;
            }
            if top.heads > 0 && self.is_code(self.entries[start - 1].id) {
                begin += top.heads;
            }
            if after.is_some() {
                last = top.last_long + 1;
                if top.codes == self.entries[last - 1].codes {
                    last = last.max(end.saturating_sub(LEAD));
                }
            }
        } else {
            let distinct = top.distinct;
            if self.entries[start].prev == NONE || start + 1 == end || top.codes * CODE_SHARE >= end - start {
                return None;
            }
            if distinct < MANY && !(distinct >= FEW && top.copied && end >= 2 * start) {
                return None;
            }
            last -= usize::from(after.is_some());
        }
        let again = self.entries[last..].iter().rev().map(|entry| (entry.kept, entry.id)).collect();
        self.pop(begin);
        Some(again)
    }

    /// Pops the entries from `begin` on, which all belong to the run at the top.
    fn pop(&mut self, begin: usize) {
        let start = self.entries[self.entries.len() - 1].start;
        for entry in self.entries[begin..].iter().rev() {
            self.last.insert(entry.id, entry.prev);
        }
        if begin == start {
            let pair = (self.entries[start - 1].id, self.entries[start].id);
            if self.pairs.get(&pair) == Some(&start) {
                self.pairs.remove(&pair);
            }
        }
        self.entries.truncate(begin);
    }
}
