//! Finds the footer of a whole page, and the junk lines before it. Twins: stream/core/footer/page.py and reading.py.

use crate::codes::{self, CLOSED, Codes};
use crate::comments::comments_of;
use crate::decision::Cuts;
use crate::endings::{is_open_ended, weigh};
use crate::guards::{Budget, Refusals};
use crate::junk::find_junk;
use crate::listing::{self, may_be_code};
use crate::markers::{Marks, named, tail_of};
use crate::network::Network;
use crate::rules::{Kind, Rule, RuleSet};
use crate::sites::{Share, Site};
use crate::text::{self, Line};
use crate::tokens::Tokens;
use crate::traits::Traits;
use crate::words::{self, Said};
use std::borrow::Cow;
use std::cell::OnceCell;

/// A line of the article that may be removed, and what was found out about it, once for all looks at the page.
pub struct Look<'a> {
    /// Its index among the lines that are looked at.
    number: usize,
    /// Its index in the article.
    pub place: usize,
    pub whole: Line<'a>,
    pub stripped: Line<'a>,
    /// Without format characters, if it has any.
    cleared: Option<String>,
    codes: OnceCell<(usize, Codes)>,
}

impl<'a> Look<'a> {
    pub fn new(number: usize, place: usize, whole: Line<'a>) -> Self {
        let stripped = whole.stripped();
        let cleared = match text::without_format(&stripped) {
            Cow::Borrowed(_) => None,
            Cow::Owned(cleared) => Some(cleared),
        };
        Look { number, place, whole, stripped, cleared, codes: OnceCell::new() }
    }

    /// The line without format characters.
    pub fn bare(&self) -> Line<'_> {
        self.cleared.as_deref().map_or(self.stripped, Line::new)
    }

    fn has_format(&self) -> bool {
        self.cleared.is_some()
    }

    /// The codes of the line by itself.
    fn codes(&self, heard: &Heard, per_letter: usize, rules: &RuleSet) -> Codes {
        let bare = self.bare();
        let spelled = || {
            let spaced = bare.is_ascii() && !text::is_plainly_spaced(bare.text);
            if spaced { text::lowered(bare.text).into() } else { heard.spelled(self).into() }
        };
        let ask = || codes::codes_of(&bare, per_letter, Some(rules), spelled);
        let &(asked, known) = self.codes.get_or_init(|| (per_letter, ask()));
        if asked == per_letter { known } else { ask() }
    }
}

/// What the lines of an article say, and what their words come to in the network: the same at each look at the page.
pub struct Heard {
    said: Vec<Said>,
    channels: Vec<i32>,
    /// The lookup spellings of the lines without format characters, one behind the other, and where they end.
    spelled: String,
    ends: Vec<usize>,
}

impl Heard {
    /// Without a network it has no channels.
    pub fn new(looks: &[Look], network: Option<&Network>) -> Self {
        let (mut tokens, mut spelled) = (Tokens::new(), String::new());
        let (mut said, mut ends) = (Vec::with_capacity(looks.len()), Vec::with_capacity(looks.len()));
        for look in looks {
            said.push(words::said(&look.bare(), &mut tokens, &mut spelled));
            ends.push(spelled.len());
        }
        let channels = network.map_or_else(Vec::new, |network| network.said(said.iter().map(Said::words)));
        Heard { said, channels, spelled, ends }
    }

    /// The lookup spelling of a line that has at most `words::MOST_SPELLED` characters.
    fn spelled(&self, look: &Look) -> &str {
        let begin = if look.number > 0 { self.ends[look.number - 1] } else { 0 };
        &self.spelled[begin..self.ends[look.number]]
    }

    pub fn said(&self, look: &Look) -> &Said {
        &self.said[look.number]
    }
}

/// Lines as a page of their own.
pub struct Lines<'p, 'a>(pub &'p [&'p Look<'a>]);

impl listing::Page for Lines<'_, '_> {
    fn line(&self, at: usize) -> &Line<'_> {
        &self.0[at].whole
    }
    fn size(&self) -> usize {
        self.0.len()
    }
}

impl Lines<'_, '_> {
    pub fn is_code(&self, at: usize) -> bool {
        listing::is_code(self, at)
    }
}

/// What is asked for a decision: rules, the network, and the price of the article's lines in percent.
pub struct Model<'m> {
    pub rules: &'m RuleSet,
    pub network: &'m Network,
    pub powers: &'m [u64],
    pub caution: i128,
}

/// What one search of a page finds, by index in the page. A line without a rule goes for the page's shape.
#[derive(Default)]
pub struct Found<'r> {
    pub footer: Vec<(usize, Option<&'r Rule>)>,
    pub junk: Vec<(usize, &'r Rule)>,
    pub sure: Vec<usize>,
    pub held: Vec<(usize, Option<&'r Rule>)>,
    pub site: Vec<(usize, Share)>,
}

/// The lines as the network sees them, and whether the page ends its sentences without a mark.
pub fn read(page: &[&Look], heard: &Heard, texts: &[Line], rules: &RuleSet) -> (Vec<Codes>, bool) {
    let per_letter = codes::halves(texts);
    let open_ended = is_open_ended(texts);
    let whole = Lines(page);
    let read_line = |(at, look): (usize, &&Look)| {
        let mut line = look.codes(heard, per_letter, rules);
        let silent = line.topic != 0 && may_be_code(&look.whole) && whole.is_code(at);
        if silent || look.has_format() {
            let asked = if silent { None } else { Some(rules) };
            line = codes::codes_of(&texts[at], per_letter, asked, || text::lowered(look.stripped.text).into());
        }
        if open_ended && line.length >= codes::PROSE {
            line.end = CLOSED;
        }
        line
    };
    (page.iter().enumerate().map(read_line).collect(), open_ended)
}

/// For lines, none of them blank: their texts, what is seen of each, and what each says.
pub fn read_lines(lines: &[&str], rules: &RuleSet) -> Vec<(String, Codes, Said)> {
    let looks: Vec<Look> = lines.iter().enumerate().map(|(at, line)| Look::new(at, at, Line::new(line))).collect();
    let page: Vec<&Look> = looks.iter().collect();
    let heard = Heard::new(&looks, None);
    let texts: Vec<Line> = page.iter().map(|look| look.bare()).collect();
    let (codes, _) = read(&page, &heard, &texts, rules);
    page.iter().zip(codes).map(|(look, codes)| (look.bare().text.to_owned(), codes, *heard.said(look))).collect()
}

/// Finds the footer and the junk of a page, whose lines are none of them blank. The first one is never removed.
pub fn find_footer<'r>(page: &[&Look], heard: &Heard, model: &Model<'r>, site: Option<&Site>) -> Found<'r> {
    if page.len() < 2 {
        return Found::default();
    }
    let texts: Vec<Line> = page.iter().map(|look| look.bare()).collect();
    let (lines, open_ended) = read(page, heard, &texts, model.rules);
    let (cut, held_at) = cut_of(page, heard, &lines, open_ended, model, site);
    let mark =
        |(line, look): (&Codes, &&Look)| if line.topic == 0 { None } else { model.rules.find(look.stripped.text) };
    let marks = Marks::new(lines.iter().zip(page).map(mark).collect());
    let end = texts.len();
    let mut begin = if marks.is_empty() { cut } else { marked_tail(&texts, &marks, cut) };
    if begin == end - 1 && marks.get(begin).is_some_and(|rule| rule.kind == Kind::Label) {
        begin = end; // a label such as "Comments" as the last line may be the body's
    }
    let mut footer = named(begin..end, &marks);
    let mut junk = find_junk(&texts[..begin], &lines, &marks);
    let comments = comments_above(&texts, &marks, begin);
    let held = if footer.is_empty() && comments.is_empty() { named(held_at..end, &marks) } else { Vec::new() };
    if !comments.is_empty() {
        junk.retain(|(at, _)| !comments.iter().any(|(comment, _)| comment == at));
    }
    let mut sure: Vec<usize> = comments.iter().map(|&(at, _)| at).collect();
    footer.splice(0..0, comments);
    if begin == cut {
        sure = footer.iter().map(|&(at, _)| at).collect();
    }
    let site = site.map_or_else(Vec::new, |site| of_site(page, &lines, begin, site));
    Found { footer, junk, sure, held, site }
}

/// The lines that the site's other articles have, too, with how many of them.
fn of_site(page: &[&Look], lines: &[Codes], begin: usize, site: &Site) -> Vec<(usize, Share)> {
    let mut found = Vec::new();
    for (at, look) in page.iter().enumerate() {
        let known = site.line(look.place);
        if at < begin && at > 0 && !lines[at].is_prose() && site.is_everywhere(known) {
            found.push((at, site.share(known, true)));
        }
        if at >= begin && site.is_familiar(known) {
            found.push((at, site.share(known, false)));
        }
    }
    found
}

/// The cut with the least expected harm among those that may be made; and the one that would be best of all.
fn cut_of(
    page: &[&Look],
    heard: &Heard,
    lines: &[Codes],
    open_ended: bool,
    model: &Model,
    site: Option<&Site>,
) -> (usize, usize) {
    let keys: Vec<u64> = page.iter().map(|look| heard.said(look).keys[0]).collect();
    let places: Vec<usize> = page.iter().map(|look| look.place).collect();
    let traits = Traits::new(lines, &keys, &places, site);
    let channels = |at: usize| model.network.of(&heard.channels, page[at].number);
    let scores = model.network.scores(page.len(), channels, |at| traits.of(at));
    let mut cuts = Cuts::new(&scores, model.powers, lines.iter().map(Codes::bounded), model.caution);
    let budget = Budget::new(lines);
    let whole = Lines(page);
    let is_sites = |at: usize| site.is_some_and(|site| site.is_familiar(site.line(places[at])));
    let refusals = Refusals::new(lines, open_ended, |at| whole.is_code(at), is_sites);
    let wanted = cuts.next().unwrap_or(page.len());
    let mut cut = wanted;
    while !budget.allows(cut) || refusals.refuses(cut) {
        cut = cuts.next().unwrap_or(page.len());
    }
    (cut, wanted)
}

/// The comments above the line where the footer begins.
fn comments_above<'r>(texts: &[Line], marks: &Marks<'r>, begin: usize) -> Vec<(usize, Option<&'r Rule>)> {
    let about = |at: &usize| *at < begin && marks.get(*at).is_some_and(|rule| rule.about_comments);
    if !marks.order.iter().any(about) {
        return Vec::new();
    }
    let found = comments_of(texts, marks, &weigh(texts));
    named(found.into_iter().filter(|&at| at < begin), marks)
}

/// The line where a marker begins the footer; `begin`, where the network's footer begins, if none does.
fn marked_tail(texts: &[Line], marks: &Marks, begin: usize) -> usize {
    let end = texts.len();
    let is_section = |at: usize| marks.get(at).is_some_and(|rule| rule.kind == Kind::Section);
    if begin < end && !marks.order.iter().any(|&at| at < begin && is_section(at)) {
        return begin;
    }
    let wide = weigh(texts);
    if begin == end && wide[end - 1] > 0 && marks.get(end - 1).is_none() {
        return begin;
    }
    let marked = tail_of(marks, &wide);
    let kept = marked >= begin || !is_section(marked) || wide[marked..begin].iter().any(|&each| each > 0);
    if begin < end && kept { begin } else { marked }
}
