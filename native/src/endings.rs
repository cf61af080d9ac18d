//! How sentences end, and which pages end them without a mark. Twin: stream/core/sentence_ends.py.

use crate::alphabet::{self as abc, is};
use crate::text::{Line, Page};

/// The width from which a line is prose, if it ends a sentence.
pub const PROSE: usize = 80;
pub const LOOKED_AT: usize = 60;
const FEW: usize = 3;
const MANY: usize = 5;

/// Whether a line ends with a sentence's final punctuation, with quotes and brackets behind it or not.
pub fn ends_sentence(line: &str) -> bool {
    let mut letters = line.chars().rev();
    let Some(last) = letters.next() else { return false };
    let kinds = abc::kinds(last);
    if kinds & abc::ENDS != 0 {
        return true;
    }
    kinds & abc::BEHIND != 0 && letters.find(|&each| !is(each, abc::BEHIND)).is_some_and(|each| is(each, abc::ENDS))
}

/// Whether the sentences of a page end without a mark.
pub fn is_open_ended<P: Page + ?Sized>(page: &P) -> bool {
    let mut long = 0;
    let mut closed = false;
    for line in page.lines() {
        if 3 * line.chars() >= PROSE && line.width() >= PROSE {
            if ends_sentence(line.text) {
                closed = true;
                break;
            }
            long += 1;
            if long == MANY {
                return true;
            }
        }
    }
    (!closed && long >= FEW) || in_open_script(page)
}

/// Whether more than half of the page's beginning is in a script that is written without full stops.
fn in_open_script<P: Page + ?Sized>(page: &P) -> bool {
    let top = page.lines().take(LOOKED_AT);
    let mut open = 0;
    let mut size = top.len().saturating_sub(1);
    for line in top {
        size += line.chars();
        if line.is_any(abc::OPEN) {
            open += line.text.chars().filter(|&each| !each.is_ascii() && is(each, abc::OPEN)).count();
        }
    }
    2 * open > size
}

/// The width of a line that is prose; 0 for any other line.
fn prose(line: Line) -> usize {
    if 3 * line.chars() < PROSE || !ends_sentence(line.text) {
        return 0;
    }
    let wide = line.width();
    if wide >= PROSE { wide } else { 0 }
}

/// `prose` of each line; on an open-ended page every wide line is prose. Twin: `weigh` in stream/core/markers.py.
pub fn weigh<P: Page + ?Sized>(page: &P) -> Vec<u32> {
    if is_open_ended(page) {
        return page.lines().map(|line| line.width()).map(|size| if size >= PROSE { size as u32 } else { 0 }).collect();
    }
    page.lines().map(|line| prose(line) as u32).collect()
}
