//! Finds junk lines in the body. Twin: stream/core/footer/junk.py.

use crate::alphabet::{self as abc, is};
use crate::codes::{CLOSED, Codes, OPENING, SHORT, topics};
use crate::markers::Marks;
use crate::rules::{Kind, Rule};
use crate::text::{self, Line, Page};

const CJK: &str = "\u{2e80}";

/// The certain junk lines before the line where the footer begins, by their indices.
pub fn find_junk<'r>(texts: &impl Page, begin: usize, page: &[Codes], marks: &Marks<'r>) -> Vec<(usize, &'r Rule)> {
    let inside = marks.all().filter(|&(at, _)| 0 < at && at < begin);
    inside.filter(|&(at, rule)| is_certain(texts, begin, page, at, rule)).collect()
}

fn is_certain(texts: &impl Page, begin: usize, page: &[Codes], at: usize, rule: &Rule) -> bool {
    let (line, topic) = (&texts.line(at), page[at].topic);
    match rule.kind {
        Kind::Notice => return line.chars() <= SHORT && page[at].end != CLOSED,
        Kind::Inline => return rule.within && is_linked(line, rule) && is_between_paragraphs(texts, begin, page, at),
        Kind::End => return false,
        Kind::Section | Kind::Label => {}
    }
    if topic > OPENING {
        return false;
    }
    let bar = matches!(topic, topics::SHARE | topics::SUBSCRIBE | topics::NAV);
    if bar && (is_whole(page, at - 1) || (at + 1 < begin && is_whole(page, at + 1))) {
        return true;
    }
    let spelled = text::spell(line.text);
    let key = spelled.trim_start_matches(|each| is(each, abc::LEFT)).trim_end_matches(|each| is(each, abc::RIGHT));
    let ideographs = || text::count(key) > 3 && text::first(key) > Some('\u{2e80}');
    if !key.contains(' ') && !ideographs() {
        return false;
    }
    if topic == topics::COMMENTS {
        let bare = spelled.trim_end_matches([')', ']', '}', ' ']);
        return spelled.starts_with(|each| is(each, abc::ALPHA)) && !bare.ends_with(|each: char| each.is_ascii_digit());
    }
    matches!(topic, topics::RELATED | topics::SHARE | topics::POPULAR | topics::SUBSCRIBE)
}

/// Whether a topic is the whole of a line.
fn is_whole(page: &[Codes], at: usize) -> bool {
    (1..=OPENING).contains(&page[at].topic)
}

/// Whether prose that ends with a full stop stands directly before a line, and prose directly after it.
fn is_between_paragraphs(texts: &impl Page, begin: usize, page: &[Codes], at: usize) -> bool {
    at + 1 < begin
        && page[at - 1].is_prose()
        && page[at + 1].is_prose()
        && texts.line(at - 1).text.ends_with(['.', '\u{3002}'])
}

/// Whether a headline, and not a sentence, follows the colon of a phrase such as "Read more:".
fn is_linked(line: &Line, rule: &Rule) -> bool {
    let asks = ['?', '\u{ff1f}', '\u{2026}', ';'];
    let stops = line.text.ends_with(|each| is(each, abc::ENDS) && !asks.contains(&each));
    if !rule.about_related || line.chars() > SHORT || stops || line.text.contains("...") {
        return false;
    }
    for colon in [':', '\u{ff1a}'] {
        if let Some((head, link)) = line.text.split_once(colon)
            && !text::is_blank(link)
        {
            let said = text::spell(head);
            return said.contains(' ') || &said[..text::first(&said).map_or(0, char::len_utf8)] > CJK;
        }
    }
    false
}
