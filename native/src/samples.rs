//! What people see of a key: the part of a line that it stands for. Twin: `sample` in stream/learner/observation.py.

use crate::alphabet as abc;
use crate::text;
use crate::words::KEYS;

/// What people see of a key of a kind.
pub fn sample(line: &str, kind: usize) -> String {
    const TEXT: usize = 200;
    const READ: usize = 520;
    const TOKENS: [usize; KEYS] = [0, 2, 3, 2, 3];
    let most = TOKENS[kind];
    match kind {
        0 => text::cut(line, TEXT).0.to_owned(),
        1 | 2 => {
            let read = text::cut(line, READ).0;
            let end = tokens(read).take(most).last().map_or(0, |(_, end)| end);
            if end == 0 { "…".to_owned() } else { format!("{} …", text::cut(&read[..end], TEXT).0) }
        }
        _ => {
            let read = text::tail(line, READ);
            let begin = last_tokens(read, most).unwrap_or_else(|| {
                let found: Vec<usize> = tokens(read).map(|(begin, _)| begin).collect();
                found.get(found.len().saturating_sub(most)).copied()
            });
            begin.map_or_else(|| "…".to_owned(), |begin| format!("… {}", text::tail(&read[begin..], TEXT)))
        }
    }
}

/// Where the last so many tokens begin, if there is any, read from the end. None where that is not possible, because
/// whether a character of a script without spaces is a token depends on what stands before it.
fn last_tokens(line: &str, most: usize) -> Option<Option<usize>> {
    const ANY: u32 = abc::ALNUM | abc::DIGIT;
    let (mut begin, mut before, mut left) = (None, 0, most + 1);
    for (at, letter) in line.char_indices().rev() {
        let kinds = abc::kinds(letter);
        if kinds & abc::UNSPACED != 0 {
            return None;
        }
        let class = if kinds & abc::DIGIT != 0 { abc::DIGIT } else { kinds & ANY };
        if class != before && class != 0 {
            left -= 1; // a token ends here
            if left == 0 {
                break;
            }
        }
        if class != 0 {
            begin = Some(at);
        }
        before = class;
    }
    Some(begin)
}

/// Where the tokens of a line begin and end: those of `TOKEN` in stream/core/footer/words.py.
fn tokens(line: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut letters = line.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (begin, letter) = letters.next()?;
            let kinds = abc::kinds(letter);
            let mut end = begin + letter.len_utf8();
            let same = if kinds & abc::DIGIT != 0 {
                abc::DIGIT
            } else if kinds & abc::UNSPACED != 0 {
                return Some((begin, end));
            } else if kinds & abc::ALNUM != 0 {
                abc::ALNUM
            } else {
                continue;
            };
            while let Some((at, each)) = letters.next_if(|(_, each)| {
                let kinds = abc::kinds(*each);
                if same == abc::DIGIT { kinds & same != 0 } else { kinds & (abc::ALNUM | abc::DIGIT) == abc::ALNUM }
            }) {
                end = at + each.len_utf8();
            }
            return Some((begin, end));
        }
    })
}
