//! The stack of kept paragraphs, which finds the repeats that go. Twin: stream/core/stack.py, which explains it.

use crate::alphabet::{self as abc, is};
use crate::endings::ends_sentence;
use crate::listing::{hangs, is_code_alone};
use crate::text::{self, Line, Page};
use hashbrown::{HashMap, HashSet};
use std::cell::{Cell, RefCell};

pub const LONG: usize = 60;
const MANY: u32 = 12;
pub const FEW: u32 = 6;
const LEAD: u32 = 3;
const CODE_SHARE: u32 = 4;
const NONE: u32 = u32::MAX;

/// Whether a line is a paragraph of its own, as a row of dashes, a name or a refrain is not.
pub fn is_long(line: &str) -> bool {
    let normal = if line.contains("  ") || line.contains('\t') { text::normal(line) } else { text::strip(line).into() };
    let line = Line::new(&normal);
    3 * line.chars() >= LONG && line.width() >= LONG && text::any_alnum(&normal)
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

/// What the run of an entry holds up to it, and where the entry comes from.
#[derive(Clone, Copy)]
struct Entry {
    kept: u32,
    id: u32,
    start: u32,
    longs: u32,
    last_long: u32,
    distinct: u32,
    codes: u32,
    heads: u32,
    copied: bool,
    prev: u32,
}

/// What is known of paragraphs, each asked once.
#[derive(Default)]
struct Known {
    long: RefCell<HashMap<u32, bool>>,
    code: RefCell<HashMap<u32, bool>>,
    text: RefCell<HashMap<u32, bool>>,
    label: RefCell<HashMap<u32, bool>>,
    hangs: Cell<bool>,
}

fn once(known: &RefCell<HashMap<u32, bool>>, at: u32, ask: impl FnOnce() -> bool) -> bool {
    let found = known.borrow().get(&at).copied();
    found.unwrap_or_else(|| {
        let found = ask();
        known.borrow_mut().insert(at, found);
        found
    })
}

struct Stack<'p, P: ?Sized> {
    lines: &'p P,
    entries: Vec<Entry>,
    last: HashMap<u32, u32>,
    known: Known,
    pairs: HashMap<(u32, u32), u32>,
}

/// Runs the stack over paragraphs, each with its place and id. Gives what goes, place and id in order, and whether any
/// line counted as code only because of the line beside it.
pub fn run<P: Page + ?Sized>(lines: &P, paragraphs: &[(u32, u32)]) -> (Vec<(u32, u32)>, bool) {
    let mut stack =
        Stack { lines, entries: Vec::new(), last: HashMap::new(), known: Known::default(), pairs: HashMap::new() };
    let mut todo: Vec<(u32, u32)> = paragraphs.iter().rev().copied().collect();
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
    let stays: HashSet<u32> = stack.entries.iter().map(|entry| entry.kept).collect();
    let gone = paragraphs.iter().filter(|(place, _)| !stays.contains(place)).copied().collect();
    (gone, stack.known.hangs.get())
}

impl<P: Page + ?Sized> Stack<'_, P> {
    fn line(&self, at: u32) -> Line<'_> {
        self.lines.line(at as usize)
    }

    fn continues(&self, id: u32) -> bool {
        self.entries.last().is_none_or(|top| self.pairs.contains_key(&(top.id, id)))
    }

    fn push(&mut self, place: u32, id: u32) {
        let top = self.entries.len() as u32;
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
                entry.copied = before.copied && (top >= 2 * start || id == self.entries[(top - start) as usize].id);
            } else {
                self.pairs.insert((before.id, id), top);
                entry.copied = id == self.entries[0].id;
            }
        } else {
            (code, long) = (false, false);
        }
        entry.longs += u32::from(long);
        if long {
            entry.last_long = top;
        }
        entry.distinct += u32::from(prev == NONE || prev < entry.start);
        entry.codes += u32::from(code);
        entry.heads += u32::from(code && entry.heads == top - entry.start);
        self.entries.push(entry);
        self.last.insert(id, top);
    }

    fn is_long(&self, id: u32) -> bool {
        once(&self.known.long, id, || is_long(self.line(id).text))
    }

    fn is_code(&self, id: u32) -> bool {
        once(&self.known.code, id, || {
            is_code_alone(&self.line(id)) || {
                let hangs = hangs(self.lines, id as usize);
                if hangs {
                    self.known.hangs.set(true);
                }
                hangs
            }
        })
    }

    fn is_text(&self, place: u32) -> bool {
        once(&self.known.text, place, || is_text(self.line(place).text))
    }

    /// Whether the entry above the run would introduce the line at `after` if the run were removed.
    fn leads(&self, entry: u32, after: u32) -> bool {
        let top = self.entries[self.entries.len() - 1];
        let last = top.last_long as usize + 1;
        if !self.is_text(self.entries.get(last).map_or(after, |each| each.kept)) {
            return false;
        }
        let Entry { kept: place, id, prev, .. } = self.entries[entry as usize];
        let label = once(&self.known.label, place, || is_label(&self.line(place)));
        let again = prev != NONE && !self.is_text(place) && !self.is_code(id);
        label || (again && text::any_alnum(self.line(place).text))
    }

    /// Ends the run at the top: pops what must go of it. None if the whole run stays, else what is pushed again.
    fn cut(&mut self, after: Option<u32>) -> Option<Vec<(u32, u32)>> {
        let top = *self.entries.last()?;
        let (start, end) = (top.start, self.entries.len() as u32);
        let (mut begin, mut last) = (start, end);
        if top.longs > 0 {
            if let Some(after) = after.filter(|_| top.longs == 1)
                && self.leads(start - 1, after)
            {
                return None;
            }
            if top.heads > 0 && self.is_code(self.entries[start as usize - 1].id) {
                begin += top.heads;
            }
            if after.is_some() {
                last = top.last_long + 1;
                if top.codes == self.entries[last as usize - 1].codes {
                    last = last.max(end.saturating_sub(LEAD));
                }
            }
        } else {
            let distinct = top.distinct;
            if self.entries[start as usize].prev == NONE || start + 1 == end || top.codes * CODE_SHARE >= end - start {
                return None;
            }
            if distinct < MANY && !(distinct >= FEW && top.copied && end >= 2 * start) {
                return None;
            }
            last -= u32::from(after.is_some());
        }
        let again = self.entries[last as usize..].iter().rev().map(|entry| (entry.kept, entry.id)).collect();
        self.pop(begin as usize);
        Some(again)
    }

    /// Pops the entries from `begin` on, which all belong to the run at the top.
    fn pop(&mut self, begin: usize) {
        let start = self.entries[self.entries.len() - 1].start as usize;
        for entry in self.entries[begin..].iter().rev() {
            self.last.insert(entry.id, entry.prev);
        }
        if begin == start {
            let pair = (self.entries[start - 1].id, self.entries[start].id);
            if self.pairs.get(&pair) == Some(&(start as u32)) {
                self.pairs.remove(&pair);
            }
        }
        self.entries.truncate(begin);
    }
}
