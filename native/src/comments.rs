//! Finds readers' comments. Twin: stream/core/comments.py, which says how they are told.

use crate::alphabet::{self as abc, is, is_word};
use crate::endings::ends_sentence;
use crate::markers::Marks;
use crate::rules::Kind;
use crate::text::{self, Line, Page};

const BEFORE: usize = 3;
const SOON: usize = 4;
const NAME: usize = 40;
const BYLINE: usize = 70;
const WORDS: usize = 4;
const MANY: usize = 4;
const TRIES: usize = 20;

/// Words for units of time behind a number: these are whole words ...
const UNITS: &[&str] = &[
    "h",
    "m",
    "ago",
    "hr",
    "hrs",
    "min",
    "mins",
    "hour",
    "hours",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "std",
    "stunde",
    "stunden",
    "tage",
    "tagen",
    "woche",
    "wochen",
    "monate",
    "monaten",
    "heure",
    "heures",
    "jour",
    "jours",
    "semaine",
    "semaines",
    "mois",
    "hora",
    "horas",
    "dia",
    "dias",
    "semana",
    "semanas",
    "mes",
    "meses",
    "ora",
    "ore",
    "giorno",
    "giorni",
    "settimana",
    "settimane",
    "uur",
    "uren",
    "dag",
    "dagen",
    "dagar",
    "timmar",
    "timer",
    "dni",
    "dzien",
    "saat",
    "gun",
    "dakika",
];
/// ... and these their beginnings.
const STEMS: [&str; 10] = [
    "minut",
    "godz",
    "tyg",
    "\u{447}\u{430}\u{441}",
    "\u{43c}\u{438}\u{43d}",
    "\u{434}\u{43d}",
    "\u{43d}\u{435}\u{434}",
    "\u{3c9}\u{3c1}",
    "\u{3bb}\u{3b5}\u{3c0}\u{3c4}",
    "\u{3b7}\u{3bc}\u{3b5}\u{3c1}",
];
const UNSPACED: [&str; 9] = [
    "\u{5206}",
    "\u{5c0f}\u{65f6}",
    "\u{5c0f}\u{6642}",
    "\u{6642}\u{9593}",
    "\u{65e5}",
    "\u{5929}",
    "\u{c2dc}\u{ac04}",
    "\u{bd84}",
    "\u{c77c}",
];

/// The page's lines; "the end" of something is the index behind it.
struct Below<'p, 'r, P> {
    texts: &'p P,
    marks: &'p Marks<'r>,
    wide: &'p [u32],
}

/// The indices of the lines that are certainly comments, with their heads, in order.
pub fn comments_of(texts: &impl Page, marks: &Marks, wide: &[u32]) -> Vec<usize> {
    let page = Below { texts, marks, wide };
    let mut found = Vec::new();
    let (mut since, mut before, mut tries) = (0, 0, 0);
    for (head, rule) in marks.all() {
        if !rule.about_comments || rule.kind == Kind::Inline {
            continue;
        }
        if head < since || tries == TRIES {
            continue;
        }
        before += page.proses(since, head);
        since = head;
        if before >= BEFORE {
            tries += 1;
            since = page.end_of(head).filter(|&end| end > 0).unwrap_or(head);
            found.extend(head..since);
        }
    }
    found
}

impl<P: Page> Below<'_, '_, P> {
    fn proses(&self, begin: usize, end: usize) -> usize {
        self.wide[begin..end].iter().filter(|&&wide| wide > 0).count()
    }

    fn about_comments(&self, at: usize) -> bool {
        self.marks.get(at).is_some_and(|rule| rule.about_comments)
    }

    /// Whether a line may be part of a comment.
    fn says(&self, at: usize) -> bool {
        at < self.texts.size()
            && self.marks.get(at).is_none()
            && (self.wide[at] > 0 || ends_sentence(self.texts.line(at).text))
    }

    /// The end of the comments below a head, if any are certain.
    fn end_of(&self, head: usize) -> Option<usize> {
        let count = number(self.texts.line(head).text);
        self.behind(&self.dated(head), if count > 0 { 1 } else { 2 })
            .or_else(|| self.behind(&self.named(head), 2))
            .or_else(|| if count > 0 { self.enclosed(head, count) } else { None })
    }

    fn dated(&self, head: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for at in head + 1..self.texts.size() {
            if found.is_empty() && at > head + SOON {
                break;
            }
            let line = self.texts.line(at);
            if self.wide[at] > 0 {
                if at + MANY <= self.wide.len() && self.wide[at..at + MANY].iter().all(|&wide| wide > 0) {
                    break;
                }
                continue;
            }
            match self.marks.get(at) {
                None => {
                    if line.chars() <= BYLINE && has_date(&text::spell(line.text)) {
                        found.push(at);
                    }
                }
                Some(rule) if rule.kind == Kind::Section && !rule.about_comments => break,
                Some(_) => {
                    let again = !found.is_empty() && number(line.text) > 0;
                    if again && fold(line.text) == fold(self.texts.line(head).text) {
                        break;
                    }
                }
            }
        }
        found
    }

    fn named(&self, head: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut at = head + 1;
        while at < self.texts.size() && (self.marks.get(at).is_some() || is_name(&self.texts.line(at))) {
            if self.marks.get(at).is_none() {
                let after = self.run(at).1;
                if after <= at + 1 || after - at > MANY {
                    break;
                }
                found.push(at);
                at = after - 1;
            }
            at += 1;
        }
        found
    }

    fn enclosed(&self, head: usize, count: usize) -> Option<usize> {
        let mut at = head + 1;
        while at < self.wide.len() && self.wide[at] > 0 {
            at += 1;
        }
        let follows = at > head + 1 && self.about_comments(at);
        let sum = |range: &[u32]| range.iter().map(|&each| u64::from(each)).sum::<u64>();
        let few = at - head - 1 <= count && sum(&self.wide[head..at]) <= sum(&self.wide[..head]);
        (follows && few).then_some(at)
    }

    /// The end of the last comment below one of `names`; None if fewer than `least` names have a comment.
    fn behind(&self, names: &[usize], least: usize) -> Option<usize> {
        let (mut longest, mut end, mut several) = (1, 0, 0);
        for &at in names {
            let (begin, after) = self.run(at);
            if Some(&at) == names.last() && after - begin > longest {
                break;
            }
            longest = longest.max(after - begin);
            if after == begin {
                continue;
            }
            several += 1;
            end = after;
            while self.about_comments(end) {
                end += 1;
            }
        }
        (several >= least && end > 0).then_some(end)
    }

    /// The comment below a name: its first paragraphs, at most two other lines below the name.
    fn run(&self, at: usize) -> (usize, usize) {
        let begin = (at + 1..at + 4).find(|&line| self.says(line)).unwrap_or(at + 1);
        let mut after = begin;
        while self.says(after) {
            after += 1;
        }
        (begin, after)
    }
}

/// The lookup spelling without punctuation and numbers around it.
fn fold(line: &str) -> String {
    text::spell(line).trim_matches(|each| is(each, abc::AROUND)).to_owned()
}

/// The first number in a line, of at most six digits; 0 if it has none.
fn number(line: &str) -> usize {
    let spelled = text::spell(line);
    let Some(begin) = spelled.find(|each: char| each.is_ascii_digit()) else { return 0 };
    let digits = spelled[begin..].bytes().take(6).take_while(u8::is_ascii_digit);
    digits.fold(0, |sum, digit| 10 * sum + usize::from(digit - b'0'))
}

/// `_DATE` of the twin, in the lookup spelling.
fn has_date(spelled: &str) -> bool {
    spelled.match_indices(|each: char| each.is_ascii_digit()).any(|(at, _)| is_date(&spelled[at..]))
}

fn is_date(text: &str) -> bool {
    let rest = &text[1..];
    let unit = rest.strip_prefix(' ').unwrap_or(rest);
    let word = &unit[..unit.find(|each| !is_word(each)).unwrap_or(unit.len())];
    text::begins_in_figures(text)
        || UNITS.contains(&word)
        || text::begins(word, &STEMS)
        || text::begins(unit, &UNSPACED)
}

/// Whether a line may be a name.
fn is_name(line: &Line) -> bool {
    let words: Vec<&str> = text::split(line.text).collect();
    if line.chars() > NAME || words.is_empty() || words.len() > WORDS {
        return false;
    }
    let last = text::last(line.text).unwrap_or(' ');
    let initial = last == '.' && words.last().is_some_and(|word| text::count(word) <= 2);
    if !is(last, abc::ALNUM) && !initial {
        return false;
    }
    let first: Vec<char> =
        words.iter().filter_map(|word| text::first(word)).filter(|&each| is(each, abc::ALPHA)).collect();
    !first.is_empty() && (words.len() == 1 || !first.iter().any(|&each| is(each, abc::LOWER)))
}
