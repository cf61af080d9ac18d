//! What an article is parted into: the text that stays, and the removals. Twins: the end of stream/core/cleaning.py, and
//! stream/core/line_ends.py, which says why CRs move.

use crate::paragraphs::BLANK;
use crate::rules::Rule;
use crate::sites::Share;
use crate::text::Line;
use hashbrown::HashMap;
use std::borrow::Cow;

/// Why a line goes.
#[derive(Clone, Copy)]
pub enum Reason<'r> {
    /// It repeats the line at this index.
    Repeat(u32),
    /// The rule; None for what goes because of the whole page's shape.
    Footer(Option<&'r Rule>),
    Junk(&'r Rule),
    Site(Share),
}

/// The lines of an article that go, in order, with the reasons. Blank lines are not among them.
pub type Gone<'r> = Vec<(u32, Reason<'r>)>;

/// A removed paragraph: the index of its first line, its text, and why it went.
pub struct Removal<'a, 'r> {
    pub line: u32,
    pub text: Cow<'a, str>,
    pub reason: Reason<'r>,
}

/// The lines of a text.
pub struct Parts<'l, 'a> {
    pub text: &'a str,
    pub separator: char,
    pub lines: &'l [Line<'a>],
    /// See `first_of`.
    pub first: &'l [u32],
}

impl<'a> Parts<'_, 'a> {
    /// The text that stays, and the removals in order, each with the blank lines before it.
    pub fn part<'r>(&self, gone: &Gone<'r>) -> (String, Vec<Removal<'a, 'r>>) {
        let cut = self.separator == '\n' && self.text.contains('\r');
        let changed = if cut { self.with_whole_ends(gone) } else { HashMap::new() };
        let mut kept = String::with_capacity(self.text.len());
        let (mut begin, mut any) = (0, false);
        for at in gone.iter().map(|&(at, _)| at as usize).chain([self.lines.len()]) {
            let end = if at < self.lines.len() { self.with_blanks(at) } else { at };
            for line in begin..end {
                if any {
                    kept.push(self.separator);
                }
                any = true;
                kept.push_str(changed.get(&(line as u32)).map_or(self.lines[line].text, |line| line));
            }
            begin = at + 1;
        }
        (kept, self.removals(gone, &changed))
    }

    /// The removals in order, each with the blank lines before it.
    pub fn removals<'r>(&self, gone: &Gone<'r>, changed: &HashMap<u32, String>) -> Vec<Removal<'a, 'r>> {
        let removal = |&(at, reason): &(u32, Reason<'r>)| {
            let line = self.with_blanks(at as usize) as u32;
            let text = if changed.is_empty() || (line..=at).all(|line| !changed.contains_key(&line)) {
                Cow::Borrowed(&self.text[self.begin(line)..self.begin(at) + self.lines[at as usize].text.len()])
            } else {
                let text = |at: u32| changed.get(&at).map_or(self.lines[at as usize].text, |line| line);
                let lines: Vec<&str> = (line..=at).map(text).collect();
                Cow::Owned(lines.join(&*self.separator.encode_utf8(&mut [0; 4])))
            };
            Removal { line, text, reason }
        };
        gone.iter().map(removal).collect()
    }

    /// Where a line begins in the text, in bytes.
    fn begin(&self, line: u32) -> usize {
        self.lines[line as usize].text.as_ptr() as usize - self.text.as_ptr() as usize
    }

    /// The first of the blank lines directly before a line, or else the line.
    fn with_blanks(&self, at: usize) -> usize {
        at - self.first[..at].iter().rev().take_while(|&&first| first == BLANK).count()
    }

    /// The lines that change as the CRs move to where they must be when some lines go.
    fn with_whole_ends(&self, gone: &Gone) -> HashMap<u32, String> {
        let mut changed: HashMap<u32, String> = HashMap::new();
        for at in gone.iter().map(|&(at, _)| at).filter(|&at| at > 0).rev() {
            let before = self.with_blanks(at as usize).saturating_sub(1) as u32;
            let text = |line: u32| changed.get(&line).map_or(self.lines[line as usize].text, |line| line);
            let (above, below) = (text(before), text(at));
            if above.ends_with('\r') || below.ends_with('\r') {
                let (one, other) = (above.trim_end_matches('\r'), below.trim_end_matches('\r'));
                let swapped = format!("{one}{}", &below[other.len()..]);
                let back = format!("{other}{}", &above[one.len()..]);
                changed.insert(before, swapped);
                changed.insert(at, back);
            }
        }
        changed
    }
}

/// The removals of an article that is a list of paragraphs: a blank one directly before one that goes is a removal, too.
pub fn of_list<'a, 'r>(gone: &Gone<'r>, lines: &[Line<'a>], first: &[u32]) -> Vec<Removal<'a, 'r>> {
    let mut found: Vec<Removal> = Vec::new();
    for &(at, reason) in gone.iter().rev() {
        let mut line = at;
        loop {
            found.push(Removal { line, text: Cow::Borrowed(lines[line as usize].text), reason });
            if line == 0 || first[line as usize - 1] != BLANK {
                break;
            }
            line -= 1;
        }
    }
    found.reverse();
    found
}
