//! The whole core: takes a text, gives the text that stays and what was removed. Twin: stream/core/cleaning.py.

use crate::codes::Codes;
use crate::comments::comments_of;
use crate::endings::{ends_sentence, is_open_ended, weigh};
use crate::markers::{Marks, footer_of, named};
use crate::network::Network;
use crate::page::{self, Heard, Lines, Look, Model, find_footer};
use crate::paragraphs::{self, BLANK, first_of, first_places, separator_of};
use crate::repeats::repeats_of;
use crate::rules::{MAX_MARKER, Rule, RuleSet};
use crate::sites::{Share, Site};
use crate::text::Line;
use crate::words::KEYS;
use hashbrown::HashSet;
use std::borrow::Cow;
use std::cell::OnceCell;

const PASSES: usize = 4;
const BODY: usize = 200;
const MAX_PROSE_SHARE: f64 = 1.0 / 3.0;

/// Why a line goes.
#[derive(Clone)]
pub enum Reason<'r> {
    /// It repeats the line at this index.
    Repeat(usize),
    /// The rule; None for what goes because of the whole page's shape.
    Footer(Option<&'r Rule>),
    Junk(&'r Rule),
    Site(Share),
}

/// The reason for each line of an article that goes, blank lines not counted.
type Gone<'r> = Vec<Option<Reason<'r>>>;

/// A removed paragraph: the index of its first line, its text, and why it went.
pub struct Removal<'a, 'r> {
    pub line: usize,
    pub text: Cow<'a, str>,
    pub reason: Reason<'r>,
}

/// What is known of the article's site.
pub trait Profile: Sync {
    /// Looks up the lines of an article with so many, each by its place and its keys.
    fn look_up(&self, size: usize, keys: &[(usize, [u64; KEYS])]) -> Site;
}

/// A cleaned text. `kept` is None if nothing was removed.
pub struct Cleaned<'a, 'r> {
    pub kept: Option<String>,
    pub removed: Vec<Removal<'a, 'r>>,
    pub withheld: Vec<Removal<'a, 'r>>,
    pub separator: char,
}

/// Is shown lines that were looked at.
pub type Watch<'w> = dyn Fn(&[Look], &Heard) + Sync + 'w;

/// How to clean: the model, whether it decides where the footer begins, and what is known of the site.
pub struct How<'m> {
    pub model: Model<'m>,
    pub whole_page: bool,
    pub profile: Option<&'m dyn Profile>,
    /// Is shown the lines that are neither blank nor repeats, once for each text that is searched.
    pub watch: Option<&'m Watch<'m>>,
}

/// Removes the exact repeats and the footer of a text.
pub fn clean<'a, 'r>(text: &'a str, how: &How<'r>) -> Cleaned<'a, 'r> {
    let separator = separator_of(text);
    let lines = paragraphs::split(text, separator);
    let first = first_of(&lines);
    let (gone, withheld) = find(&lines, &first, how);
    let withheld = removals(&withheld, &lines, &first, Some(separator));
    if gone.iter().any(Option::is_some) {
        let whole = if separator == '\n' && text.contains('\r') {
            with_whole_ends(&gone, &lines, &first)
        } else {
            lines.iter().map(|line| Cow::Borrowed(line.text)).collect()
        };
        let (kept, removed) = part(&gone, &whole, &first, separator);
        // A single line that is left may contain another separator, at which a second cleaning would split it.
        let one = || !kept.contains(separator_of(&kept));
        if kept.contains(separator) || one() || clean(&kept, how).removed.is_empty() {
            return Cleaned { kept: Some(kept), removed, withheld, separator };
        }
    }
    Cleaned { kept: None, removed: Vec::new(), withheld, separator }
}

/// The removals and what is withheld of an article that is a list of paragraphs.
pub fn clean_list<'a, 'r>(items: &'a [String], how: &How<'r>) -> (Vec<Removal<'a, 'r>>, Vec<Removal<'a, 'r>>) {
    let lines: Vec<Line> = items.iter().map(|item| Line::new(item)).collect();
    let first = first_of(&lines);
    let (gone, withheld) = find(&lines, &first, how);
    let listed = |gone: &Gone<'r>| removals(&with_blanks(gone, &first), &lines, &[], None);
    (listed(&gone), listed(&withheld))
}

/// An article's lines, and what every search of them begins with.
pub struct Seen<'l, 'a> {
    lines: &'l [Line<'a>],
    first: &'l [usize],
    repeats: Vec<(usize, usize)>,
    /// The lines that are neither blank nor repeats.
    pub looks: Vec<Look<'a>>,
    /// No two of the lines that are no repeats are equal.
    alone: bool,
    heard: OnceCell<Heard>,
}

impl<'l, 'a> Seen<'l, 'a> {
    pub fn new(lines: &'l [Line<'a>], first: &'l [usize]) -> Self {
        let repeats = repeats_of(lines, first);
        let mut there: Vec<bool> = first.iter().map(|&place| place != BLANK).collect();
        for &(at, _) in &repeats {
            there[at] = false;
        }
        let places = (0..lines.len()).filter(|&at| there[at]).enumerate();
        let looks: Vec<Look> = places.map(|(number, at)| Look::new(number, at, lines[at])).collect();
        let alone = looks.iter().map(|look| first[look.place]).collect::<HashSet<usize>>().len() == looks.len();
        Seen { lines, first, repeats, looks, alone, heard: OnceCell::new() }
    }

    /// What the lines say, to this network; all searches have to be by the same one.
    fn heard(&self, network: &Network) -> &Heard {
        self.heard.get_or_init(|| Heard::new(&self.looks, Some(network)))
    }

    /// The places of the lines that go, and whether any are withheld.
    pub fn removed(&self, how: &How) -> (Vec<usize>, bool) {
        let (gone, withheld) = search(self, how);
        ((0..gone.len()).filter(|&at| gone[at].is_some()).collect(), withheld.iter().any(Option::is_some))
    }

    /// Which of the lines, none of them blank, are prose.
    pub fn proses(&self, rules: &RuleSet) -> Vec<bool> {
        let all: Vec<Look> = self.lines.iter().enumerate().map(|(at, line)| Look::new(at, at, *line)).collect();
        let page: Vec<&Look> = all.iter().collect();
        let texts: Vec<Line> = page.iter().map(|look| look.bare()).collect();
        page::read(&page, &Heard::new(&all, None), &texts, rules).0.iter().map(Codes::is_prose).collect()
    }
}

/// Finds what is removed and what is withheld: both without the blank lines.
fn find<'r>(lines: &[Line], first: &[usize], how: &How<'r>) -> (Gone<'r>, Gone<'r>) {
    search(&Seen::new(lines, first), how)
}

fn search<'r>(seen: &Seen, how: &How<'r>) -> (Gone<'r>, Gone<'r>) {
    let &Seen { lines, first, ref repeats, ref looks, alone, .. } = seen;
    let repeats: Gone =
        by_line(lines.len(), repeats.iter().map(|&(at, copied)| (at, Reason::Repeat(copied))).collect());
    let mut page: Vec<&Look> = looks.iter().collect();
    let way = if how.whole_page {
        Way::Page(seen.heard(how.model.network))
    } else {
        Way::Markers(Marked::new(lines, &page, how))
    };
    if let Some(watch) = how.watch {
        match way.heard() {
            Some(heard) => watch(looks, heard),
            None => watch(looks, &Heard::new(looks, None)),
        }
    }
    let nothing = || vec![None; lines.len()];
    if let Way::Markers(marked) = &way
        && marked.rules.iter().all(Option::is_none)
    {
        return (repeats, nothing());
    }
    let site = way.heard().zip(how.profile).map(|(heard, profile)| {
        let keys: Vec<(usize, [u64; KEYS])> = looks.iter().map(|look| (look.place, heard.said(look).keys)).collect();
        profile.look_up(lines.len(), &keys)
    });
    let mut gone = repeats.clone();
    for _ in 0..PASSES {
        let search = match &way {
            Way::Markers(marked) => marked.search(&page, how),
            Way::Page(heard) => by_page(&page, heard, how, site.as_ref()),
        };
        if search.found.is_empty() {
            return (gone, by_line(lines.len(), search.held));
        }
        let found = by_line(lines.len(), search.found);
        let weights = way.marked().map(|marked| &*marked.weights);
        if !is_within_budget(lines, &found, &gone, weights, &search.sure) {
            return (gone, found);
        }
        page.retain(|look| found[look.place].is_none());
        for (to, reason) in gone.iter_mut().zip(found) {
            if reason.is_some() {
                *to = reason;
            }
        }
        let mut settled = search.settled;
        if settled && alone {
            return (gone, nothing());
        }
        if !alone {
            let rest: Vec<Line> = page.iter().map(|look| look.whole).collect();
            let again = repeats_of(&rest, &first_places(page.iter().map(|look| Some(first[look.place]))));
            for &(at, copied) in &again {
                gone[page[at].place] = Some(Reason::Repeat(page[copied].place));
            }
            settled = settled && again.is_empty();
            page.retain(|look| gone[look.place].is_none());
        }
        if settled {
            return (gone, nothing());
        }
    }
    (repeats, nothing())
}

/// The reasons, by line.
fn by_line<'r>(size: usize, reasons: Vec<(usize, Reason<'r>)>) -> Gone<'r> {
    let mut lines = vec![None; size];
    for (at, reason) in reasons {
        lines[at] = Some(reason);
    }
    lines
}

/// What is known of the article's lines for each search of the page, by markers alone or by the whole page.
enum Way<'h, 'r> {
    Markers(Marked<'r>),
    Page(&'h Heard),
}

impl<'r> Way<'_, 'r> {
    fn marked(&self) -> Option<&Marked<'r>> {
        if let Way::Markers(marked) = self { Some(marked) } else { None }
    }

    fn heard(&self) -> Option<&Heard> {
        if let Way::Page(heard) = self { Some(heard) } else { None }
    }
}

/// What one search of the page finds, by index in the article; see `Found` in stream/core/footer/page.py.
struct Search<'r> {
    found: Vec<(usize, Reason<'r>)>,
    sure: HashSet<usize>,
    held: Vec<(usize, Reason<'r>)>,
    /// Searching what is left would find no footer.
    settled: bool,
}

fn by_page<'r>(page: &[&Look], heard: &Heard, how: &How<'r>, site: Option<&Site>) -> Search<'r> {
    let said = find_footer(page, heard, &how.model, site);
    let place = |at: usize| page[at].place;
    let mut found: Vec<(usize, Reason)> = Vec::new();
    found.extend(said.junk.into_iter().map(|(at, rule)| (place(at), Reason::Junk(rule))));
    found.extend(said.footer.into_iter().map(|(at, rule)| (place(at), Reason::Footer(rule))));
    found.extend(said.site.into_iter().map(|(at, share)| (place(at), Reason::Site(share))));
    let held = said.held.into_iter().map(|(at, rule)| (place(at), Reason::Footer(rule))).collect();
    Search { found, sure: said.sure.into_iter().map(place).collect(), held, settled: false }
}

/// What is searched by markers alone: the rule and the prose of each line of the article.
struct Marked<'r> {
    rules: Vec<Option<&'r Rule>>,
    weights: Vec<usize>,
}

impl<'r> Marked<'r> {
    fn new(lines: &[Line], page: &[&Look], how: &How<'r>) -> Self {
        let mut rules = vec![None; lines.len()];
        for (at, look) in page.iter().enumerate() {
            rules[look.place] = how.model.rules.mark(&look.whole).filter(|_| !Lines(page).is_code(at));
        }
        Marked { rules, weights: weigh(lines) }
    }

    fn search(&self, page: &[&Look], how: &How<'r>) -> Search<'r> {
        let marks = Marks::new(page.iter().map(|look| self.rules[look.place]).collect());
        let wide: Vec<usize> = page.iter().map(|look| self.weights[look.place]).collect();
        let place = |at: usize| page[at].place;
        let comments = if marks.order.iter().any(|&at| marks.get(at).is_some_and(|rule| rule.about_comments)) {
            let texts: Vec<Line> = page.iter().map(|look| look.stripped).collect();
            named(comments_of(&texts, &marks, &wide).into_iter(), &marks)
        } else {
            Vec::new()
        };
        let sure: HashSet<usize> = comments.iter().map(|&(at, _)| place(at)).collect();
        let whole: Vec<Line> = page.iter().map(|look| look.whole).collect();
        let footer = footer_of(&whole, &marks, &wide, how.model.rules);
        let found: Vec<(usize, Reason)> =
            comments.into_iter().chain(footer).map(|(at, rule)| (place(at), Reason::Footer(rule))).collect();
        let gone: HashSet<usize> = found.iter().map(|&(at, _)| at).collect();
        let settled = self.rules.iter().enumerate().all(|(at, rule)| rule.is_none() || gone.contains(&at));
        Search { found, sure, held: Vec::new(), settled }
    }
}

/// Whether enough is left without `footer`: something like an article, and most of its prose.
fn is_within_budget(
    lines: &[Line],
    footer: &Gone,
    gone: &Gone,
    weights: Option<&[usize]>,
    sure: &HashSet<usize>,
) -> bool {
    let mut size = 0;
    let mut enough = false;
    for (at, line) in lines.iter().enumerate() {
        if footer[at].is_none() && gone[at].is_none() {
            size += line.stripped().width;
            if size >= BODY || (2 * size >= MAX_MARKER && ends_sentence(line.text)) {
                enough = true;
                break;
            }
        }
    }
    if !enough && (2 * size < MAX_MARKER || !is_open_ended(lines)) {
        return false;
    }
    let doubtful: Vec<usize> = (0..lines.len()).filter(|at| footer[*at].is_some() && !sure.contains(at)).collect();
    if doubtful.is_empty() {
        return true;
    }
    let weights = weights.map_or_else(|| Cow::Owned(weigh(lines)), Cow::Borrowed);
    let taken: usize = doubtful.iter().map(|&at| weights[at]).sum();
    let left = || weights.iter().zip(gone).filter(|(_, gone)| gone.is_none()).map(|(weight, _)| weight).sum::<usize>();
    taken == 0 || taken as f64 <= MAX_PROSE_SHARE * left() as f64
}

/// Adds the blank lines directly before each paragraph that goes.
fn with_blanks<'r>(gone: &Gone<'r>, first: &[usize]) -> Gone<'r> {
    let mut whole = gone.clone();
    for at in (1..gone.len()).rev() {
        if first[at - 1] == BLANK
            && let (None, Some(reason)) = (&whole[at - 1], &whole[at])
        {
            whole[at - 1] = Some(reason.clone());
        }
    }
    whole
}

/// The text that stays, and the removals in order, each with the blank lines before it.
fn part<'a, 'r>(
    gone: &Gone<'r>,
    lines: &[Cow<'a, str>],
    first: &[usize],
    separator: char,
) -> (String, Vec<Removal<'a, 'r>>) {
    let whole = with_blanks(gone, first);
    let mut kept = String::with_capacity(lines.iter().map(|line| line.len() + 3).sum());
    let mut any = false;
    for (line, _) in lines.iter().zip(&whole).filter(|(_, gone)| gone.is_none()) {
        if any {
            kept.push(separator);
        }
        any = true;
        kept.push_str(line);
    }
    (kept, removals_of(gone, lines, first, Some(separator)))
}

fn removals<'a, 'r>(
    gone: &Gone<'r>,
    lines: &[Line<'a>],
    first: &[usize],
    separator: Option<char>,
) -> Vec<Removal<'a, 'r>> {
    if gone.iter().all(Option::is_none) {
        return Vec::new();
    }
    let lines: Vec<Cow<'a, str>> = lines.iter().map(|line| Cow::Borrowed(line.text)).collect();
    removals_of(gone, &lines, first, separator)
}

/// The removals in order; with a separator, each includes the blank lines before it.
fn removals_of<'a, 'r>(
    gone: &Gone<'r>,
    lines: &[Cow<'a, str>],
    first: &[usize],
    separator: Option<char>,
) -> Vec<Removal<'a, 'r>> {
    let mut found = Vec::new();
    for (at, reason) in gone.iter().enumerate() {
        let Some(reason) = reason else { continue };
        let (mut begin, mut text) = (at, lines[at].clone());
        if let Some(separator) = separator {
            while begin > 0 && first[begin - 1] == BLANK {
                begin -= 1;
            }
            if begin < at {
                let mut whole = String::new();
                for line in &lines[begin..at] {
                    whole.push_str(line);
                    whole.push(separator);
                }
                whole.push_str(&text);
                text = Cow::Owned(whole);
            }
        }
        found.push(Removal { line: begin, text, reason: reason.clone() });
    }
    found
}

/// The lines with the CRs moved to where they must be when some go. Twin: stream/core/line_ends.py, which says why.
fn with_whole_ends<'a>(gone: &Gone, lines: &[Line<'a>], first: &[usize]) -> Vec<Cow<'a, str>> {
    let mut changed: Vec<Cow<'a, str>> = lines.iter().map(|line| Cow::Borrowed(line.text)).collect();
    for at in (1..gone.len()).rev().filter(|&at| gone[at].is_some()) {
        let mut before = at - 1;
        while before > 0 && first[before] == BLANK {
            before -= 1;
        }
        if changed[at].ends_with('\r') || changed[before].ends_with('\r') {
            let (one, other) = (changed[before].trim_end_matches('\r'), changed[at].trim_end_matches('\r'));
            let swapped = format!("{one}{}", &changed[at][other.len()..]);
            let back = format!("{other}{}", &changed[before][one.len()..]);
            changed[before] = Cow::Owned(swapped);
            changed[at] = Cow::Owned(back);
        }
    }
    changed
}
