//! Finds the footer of a whole page, and the junk lines before it. Twins: stream/core/footer/page.py and reading.py.

use crate::codes::{self, CLOSED, Codes};
use crate::comments::comments_of;
use crate::decision::Cuts;
use crate::endings::{is_open_ended, weigh};
use crate::guards::{Budget, Refusals};
use crate::heard::{Evidence, Heard};
use crate::junk::find_junk;
use crate::listing::may_be_code;
use crate::looks::{Chosen, Looks};
use crate::markers::{Marks, named, tail_of};
use crate::network::Network;
use crate::rules::{Kind, Rule, RuleSet};
use crate::sites::{Share, Site};
use crate::text::{self, Line, Page};
use crate::traits::Traits;
use crate::words::Said;

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
    pub sure: Vec<u32>,
    pub held: Vec<(usize, Option<&'r Rule>)>,
    pub site: Vec<(usize, Share)>,
}

/// The lines as the network sees them, and whether the page ends its sentences without a mark.
pub fn read(page: Chosen, heard: &Heard, rules: &RuleSet) -> (Vec<Codes>, bool) {
    let texts = page.bare();
    let per_letter = codes::halves(&texts);
    let open_ended = is_open_ended(&texts);
    let whole = page.whole();
    let looks = page.looks;
    let alone =
        |number: u32| codes::codes_of(&looks.bare(number), per_letter, Some(rules), || heard.spelled(looks, number));
    let (asked, known) = heard.codes.get_or_init(|| (per_letter, (0..looks.len() as u32).map(alone).collect()));
    let read_line = |(at, &number): (usize, &u32)| {
        let mut line = if *asked == per_letter { known[looks.heard(number)] } else { alone(number) };
        let silent = line.topic != 0 && may_be_code(&whole.line(at)) && page.is_code(at);
        if silent || looks.has_format(number) {
            let asked = if silent { None } else { Some(rules) };
            let stripped = looks.whole(number).stripped();
            line = codes::codes_of(&texts.line(at), per_letter, asked, || text::lowered(stripped.text).into());
        }
        if open_ended && line.length() >= codes::PROSE {
            line.end = CLOSED;
        }
        line
    };
    (page.numbers.iter().enumerate().map(read_line).collect(), open_ended)
}

/// For lines, none of them blank: their texts, what is seen of each, and what each says.
pub fn read_lines(lines: &[&str], rules: &RuleSet) -> Vec<(String, Codes, Said)> {
    let lines: Vec<Line> = lines.iter().map(|line| Line::new(line)).collect();
    let looks = Looks::new(&lines, (0..lines.len() as u32).collect());
    let heard = Heard::new(&looks, None);
    let page = Chosen { looks: &looks, numbers: &looks.numbers() };
    let (codes, _) = read(page, &heard, rules);
    let texts = page.bare();
    let seen = texts.lines().map(|line| line.text.to_owned()).zip(codes).zip(heard.said(page));
    seen.map(|((text, codes), said)| (text, codes, said)).collect()
}

/// Finds the footer and the junk of a page, whose lines are none of them blank. The first one is never removed.
pub fn find_footer<'r>(page: Chosen, heard: &Heard, model: &Model<'r>, site: Option<&Evidence>) -> Found<'r> {
    if page.len() < 2 {
        return Found::default();
    }
    let texts = page.bare();
    let (lines, open_ended) = read(page, heard, model.rules);
    let (cut, held_at) = cut_of(page, heard, &lines, open_ended, model, site);
    let mark = |(line, &number): (&Codes, &u32)| {
        if line.topic == 0 { None } else { model.rules.find(page.looks.whole(number).stripped_text()) }
    };
    let marks = Marks::new(lines.iter().zip(page.numbers).map(mark));
    let end = page.len();
    let mut begin = if marks.is_empty() { cut } else { marked_tail(&texts, &marks, cut) };
    if begin == end - 1 && marks.get(begin).is_some_and(|rule| rule.kind == Kind::Label) {
        begin = end; // a label such as "Comments" as the last line may be the body's
    }
    let mut footer = named(begin..end, &marks);
    let mut junk = find_junk(&texts, begin, &lines, &marks);
    let comments = comments_above(&texts, &marks, begin);
    let held = if footer.is_empty() && comments.is_empty() { named(held_at..end, &marks) } else { Vec::new() };
    if !comments.is_empty() {
        junk.retain(|(at, _)| !comments.iter().any(|(comment, _)| comment == at));
    }
    let mut sure: Vec<u32> = comments.iter().map(|&(at, _)| at as u32).collect();
    footer.splice(0..0, comments);
    if begin == cut {
        sure = footer.iter().map(|&(at, _)| at as u32).collect();
    }
    let site = site.map_or_else(Vec::new, |told| of_site(page, &lines, begin, &told.site));
    Found { footer, junk, sure, held, site }
}

/// The lines that the site's other articles have, too, with how many of them.
fn of_site(page: Chosen, lines: &[Codes], begin: usize, site: &Site) -> Vec<(usize, Share)> {
    let mut found = Vec::new();
    for (at, &number) in page.numbers.iter().enumerate() {
        let known = site.articles(page.looks.heard(number));
        if at < begin && at > 0 && !lines[at].is_prose() && site.is_everywhere(known) {
            found.push((at, Share { inside: true, articles: known }));
        }
        if at >= begin && site.is_familiar(known) {
            found.push((at, Share { inside: false, articles: known }));
        }
    }
    found
}

/// The score of each cut.
fn scores_of(page: Chosen, heard: &Heard, lines: &[Codes], network: &Network, told: Option<&Evidence>) -> Vec<i64> {
    let mut traits = Traits::new(lines, |at| heard.key(page.looks, page.numbers[at]));
    network.scores(page.len(), |lines| {
        let part = Chosen { numbers: &page.numbers[lines.clone()], ..page };
        let channels = heard.channels(part, network, told);
        let rows = traits.of(lines);
        network.ends(part.len(), |at| channels.of(part, at), |at| rows[at].rows())
    })
}

/// The cut with the least expected harm among those that may be made; and the one that would be best of all.
fn cut_of(
    page: Chosen,
    heard: &Heard,
    lines: &[Codes],
    open_ended: bool,
    model: &Model,
    told: Option<&Evidence>,
) -> (usize, usize) {
    let scores = scores_of(page, heard, lines, model.network, told);
    let mut cuts = Cuts::new(scores, model.powers, lines.iter().map(Codes::bounded), model.caution);
    let budget = Budget::new(lines);
    let is_sites = |at: usize| {
        told.is_some_and(|told| told.site.is_familiar(told.site.articles(page.looks.heard(page.numbers[at]))))
    };
    let refusals = Refusals::new(lines, open_ended, |at| page.is_code(at), is_sites);
    let wanted = cuts.next().unwrap_or(page.len());
    let mut cut = wanted;
    while !budget.allows(cut) || refusals.refuses(cut) {
        cut = cuts.next().unwrap_or(page.len());
    }
    (cut, wanted)
}

/// The comments above the line where the footer begins.
fn comments_above<'r>(texts: &impl Page, marks: &Marks<'r>, begin: usize) -> Vec<(usize, Option<&'r Rule>)> {
    if !marks.all().any(|(at, rule)| at < begin && rule.about_comments) {
        return Vec::new();
    }
    let found = comments_of(texts, marks, &weigh(texts));
    named(found.into_iter().filter(|&at| at < begin), marks)
}

/// The line where a marker begins the footer; `begin`, where the network's footer begins, if none does.
fn marked_tail(texts: &impl Page, marks: &Marks, begin: usize) -> usize {
    let end = texts.size();
    let is_section = |at: usize| marks.get(at).is_some_and(|rule| rule.kind == Kind::Section);
    if begin < end && !marks.all().any(|(at, rule)| at < begin && rule.kind == Kind::Section) {
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
