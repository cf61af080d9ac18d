//! How sentences end, and which pages end them without a mark. Twin: stream/core/sentence_ends.py.

use crate::alphabet::{self as abc, is};
use crate::text::Line;

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
pub fn is_open_ended(lines: &[Line]) -> bool {
    let mut long = 0;
    let mut closed = false;
    for line in lines {
        if 3 * line.chars >= PROSE && line.width >= PROSE {
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
    (!closed && long >= FEW) || in_open_script(lines)
}

/// Whether more than half of the page's beginning is in a script that is written without full stops.
fn in_open_script(lines: &[Line]) -> bool {
    let top = &lines[..lines.len().min(LOOKED_AT)];
    let mut open = 0;
    let mut size = top.len().saturating_sub(1);
    for line in top {
        size += line.chars;
        if line.kinds & abc::OPEN != 0 {
            open += line.text.chars().filter(|&each| !each.is_ascii() && is(each, abc::OPEN)).count();
        }
    }
    2 * open > size
}

/// The width of a line that is prose; 0 for any other line.
fn prose(line: &Line) -> usize {
    if 3 * line.chars < PROSE || !ends_sentence(line.text) {
        return 0;
    }
    let wide = line.width;
    if wide >= PROSE { wide } else { 0 }
}

/// `prose` of each line; on an open-ended page every wide line is prose. Twin: `weigh` in stream/core/markers.py.
pub fn weigh(lines: &[Line]) -> Vec<usize> {
    if is_open_ended(lines) {
        return lines.iter().map(|line| line.width).map(|size| if size >= PROSE { size } else { 0 }).collect();
    }
    lines.iter().map(prose).collect()
}
