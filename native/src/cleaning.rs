//! The whole core: takes a text, gives the text that stays and what was removed. Twin: stream/core/cleaning.py.

use crate::comments::comments_of;
use crate::endings::{ends_sentence, is_open_ended, weigh};
use crate::heard::{Evidence, Heard};
use crate::looks::{Chosen, Looks, Stripped};
use crate::markers::{Marks, footer_of, named};
use crate::page::{Model, find_footer};
use crate::paragraphs::{self, BLANK, first_among, first_of, separator_of};
use crate::parts::{self, Gone, Parts, Reason, Removal};
use crate::repeats::{Repeats, repeats_of};
use crate::rules::{MAX_MARKER, Rule};
use crate::sites::Profile;
use crate::text::Line;
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;
use std::cell::OnceCell;

const PASSES: usize = 4;
const BODY: usize = 200;
const MAX_PROSE_SHARE: f64 = 1.0 / 3.0;

/// A cleaned text. `kept` is None if nothing was removed.
pub struct Cleaned<'a, 'r> {
    pub kept: Option<String>,
    pub removed: Vec<Removal<'a, 'r>>,
    pub withheld: Vec<Removal<'a, 'r>>,
    pub separator: char,
}

/// Is shown lines that were looked at.
pub type Watch<'w> = dyn Fn(&Looks, &Heard) + Sync + 'w;

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
    let parts = Parts { text, separator, lines: &lines, first: &first };
    let (gone, withheld) = search(&Seen::new(&lines, &first), how, None);
    let withheld = parts.removals(&withheld, &HashMap::new());
    if !gone.is_empty() {
        let (kept, removed) = parts.part(&gone);
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
    let (gone, withheld) = search(&Seen::new(&lines, &first), how, None);
    (parts::of_list(&gone, &lines, &first), parts::of_list(&withheld, &lines, &first))
}

/// An article's lines, and what every search of them begins with.
pub struct Seen<'l> {
    lines: &'l [Line<'l>],
    first: &'l [u32],
    repeats: Repeats,
    /// The lines that are neither blank nor repeats.
    pub looks: Looks<'l>,
    /// No two of the lines that are no repeats are equal.
    alone: bool,
}

/// What lines say, and what is known of them.
pub struct Told<'t> {
    pub heard: &'t Heard,
    pub site: Option<&'t Evidence>,
}

impl<'l> Seen<'l> {
    pub fn new(lines: &'l [Line<'l>], first: &'l [u32]) -> Self {
        let repeats = repeats_of(lines, first);
        let mut places = Vec::with_capacity(lines.len());
        let (mut again, mut alone, mut there) = (repeats.iter().peekable(), true, vec![false; lines.len()]);
        for (at, &first) in (0..).zip(first) {
            if again.next_if(|(repeat, _)| *repeat == at).is_none() && first != BLANK {
                alone &= !std::mem::replace(&mut there[first as usize], true);
                places.push(at);
            }
        }
        Seen { lines, first, repeats, looks: Looks::new(lines, places), alone }
    }

    /// The places of the lines that go, and whether any are withheld; `told` tells of the lines, whatever `how` does.
    pub fn removed(&self, how: &How, told: &Told) -> (Vec<usize>, bool) {
        let (gone, withheld) = search(self, how, Some(told));
        (gone.iter().map(|&(at, _)| at as usize).collect(), !withheld.is_empty())
    }
}

/// Finds what is removed and what is withheld: both without the blank lines. `told`: what is known already of the lines.
fn search<'r>(seen: &Seen, how: &How<'r>, told: Option<&Told>) -> (Gone<'r>, Gone<'r>) {
    let &Seen { lines, first, ref repeats, ref looks, alone } = seen;
    let repeats = || -> Gone<'r> { repeats.iter().map(|&(at, copied)| (at, Reason::Repeat(copied))).collect() };
    let mut numbers = looks.numbers();
    let read = OnceCell::new();
    let way = if how.whole_page {
        let hear = || read.get_or_init(|| Heard::new(looks, Some(how.model.network)));
        Way::Page(told.map_or_else(hear, |told| told.heard))
    } else {
        Way::Markers(Marked::new(lines, Chosen { looks, numbers: &numbers }, how))
    };
    if let Some(watch) = how.watch {
        match way.heard() {
            Some(heard) => watch(looks, heard),
            None => watch(looks, &Heard::new(looks, None)),
        }
    }
    if let Way::Markers(marked) = &way
        && marked.rules.is_empty()
    {
        return (repeats(), Vec::new());
    }
    let weigh = |(heard, profile): (&Heard, &dyn Profile)| Evidence::new(profile, looks, heard, how.model.network);
    let asked = if told.is_none() { way.heard().zip(how.profile).map(weigh) } else { None };
    let site = told.map_or(asked.as_ref(), |told| told.site);
    let mut gone = repeats();
    for _ in 0..PASSES {
        let page = Chosen { looks, numbers: &numbers };
        let search = match &way {
            Way::Markers(marked) => marked.search(page, how),
            Way::Page(heard) => by_page(page, heard, how, site),
        };
        if search.found.is_empty() {
            return (gone, in_order(search.held));
        }
        let found = in_order(search.found);
        let weights = way.marked().map(|marked| &*marked.weights);
        if !is_within_budget(lines, &found, &gone, weights, &search.sure) {
            return (gone, found);
        }
        let mut leaving = found.iter().peekable();
        numbers.retain(|&number| leaving.next_if(|&&(at, _)| at as usize == looks.place(number)).is_none());
        gone.extend(found);
        let mut settled = search.settled;
        if !alone {
            let page = Chosen { looks, numbers: &numbers };
            let again = repeats_of(&page.whole(), &first_among(first, (0..page.len()).map(|at| page.place(at))));
            let place = |at: u32| page.place(at as usize) as u32;
            gone.extend(again.iter().map(|&(at, copied)| (place(at), Reason::Repeat(place(copied)))));
            settled = settled && again.is_empty();
            let (mut at, mut leaving) = (0, again.iter().peekable());
            numbers.retain(|_| {
                at += 1;
                leaving.next_if(|(repeat, _)| *repeat == at - 1).is_none()
            });
        }
        gone.sort_by_key(|&(at, _)| at);
        if settled {
            return (gone, Vec::new());
        }
    }
    (repeats(), Vec::new())
}

/// The reasons in the order of the lines. Of several for one line, the last counts.
fn in_order(mut reasons: Gone) -> Gone {
    reasons.reverse();
    reasons.sort_by_key(|&(at, _)| at);
    reasons.dedup_by_key(|&mut (at, _)| at);
    reasons
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
    found: Gone<'r>,
    /// In order.
    sure: Vec<u32>,
    held: Gone<'r>,
    /// Searching what is left would find no footer.
    settled: bool,
}

fn by_page<'r>(page: Chosen, heard: &Heard, how: &How<'r>, site: Option<&Evidence>) -> Search<'r> {
    let said = find_footer(page, heard, &how.model, site);
    let place = |at: usize| page.place(at) as u32;
    let mut found: Gone = Vec::new();
    found.extend(said.junk.into_iter().map(|(at, rule)| (place(at), Reason::Junk(rule))));
    found.extend(said.footer.into_iter().map(|(at, rule)| (place(at), Reason::Footer(rule))));
    found.extend(said.site.into_iter().map(|(at, share)| (place(at), Reason::Site(share))));
    let held = said.held.into_iter().map(|(at, rule)| (place(at), Reason::Footer(rule))).collect();
    let mut sure = said.sure;
    sure.iter_mut().for_each(|at| *at = place(*at as usize));
    sure.sort_unstable();
    Search { found, sure, held, settled: false }
}

/// What is searched by markers alone: the rules of lines of the article, by their indices, and the prose of each line.
struct Marked<'r> {
    rules: HashMap<u32, &'r Rule>,
    weights: Vec<u32>,
}

impl<'r> Marked<'r> {
    fn new(lines: &[Line], page: Chosen, how: &How<'r>) -> Self {
        let rule = |(at, &number): (usize, &u32)| {
            let rule = how.model.rules.mark(&page.looks.whole(number)).filter(|_| !page.is_code(at));
            rule.map(|rule| (page.place(at) as u32, rule))
        };
        Marked { rules: page.numbers.iter().enumerate().filter_map(rule).collect(), weights: weigh(lines) }
    }

    fn search(&self, page: Chosen, how: &How<'r>) -> Search<'r> {
        let place = |at: usize| page.place(at) as u32;
        let marks = Marks::new((0..page.len()).map(|at| self.rules.get(&place(at)).copied()));
        let wide: Vec<u32> = (0..page.len()).map(|at| self.weights[page.place(at)]).collect();
        let comments = if marks.all().any(|(_, rule)| rule.about_comments) {
            named(comments_of(&Stripped(page), &marks, &wide).into_iter(), &marks)
        } else {
            Vec::new()
        };
        let sure: Vec<u32> = comments.iter().map(|&(at, _)| place(at)).collect();
        let footer = footer_of(&page.whole(), &marks, &wide, how.model.rules);
        let found: Gone =
            comments.into_iter().chain(footer).map(|(at, rule)| (place(at), Reason::Footer(rule))).collect();
        let gone: HashSet<u32> = found.iter().map(|&(at, _)| at).collect();
        let settled = self.rules.keys().all(|at| gone.contains(at));
        Search { found, sure, held: Vec::new(), settled }
    }
}

/// Whether enough is left without `footer`: something like an article, and most of its prose.
fn is_within_budget(lines: &[Line], footer: &Gone, gone: &Gone, weights: Option<&[u32]>, sure: &[u32]) -> bool {
    let mut size = 0;
    let mut enough = false;
    let (mut leaving, mut left) = (footer.iter().peekable(), gone.iter().peekable());
    for (at, line) in (0..).zip(lines) {
        let goes = leaving.next_if(|(other, _)| *other == at).is_some();
        if left.next_if(|(other, _)| *other == at).is_none() && !goes {
            size += line.stripped().width();
            if size >= BODY || (2 * size >= MAX_MARKER && ends_sentence(line.text)) {
                enough = true;
                break;
            }
        }
    }
    if !enough && (2 * size < MAX_MARKER || !is_open_ended(lines)) {
        return false;
    }
    let is_doubtful = |at: &u32| sure.binary_search(at).is_err();
    if !footer.iter().any(|(at, _)| is_doubtful(at)) {
        return true;
    }
    let weights = weights.map_or_else(|| Cow::Owned(weigh(lines)), Cow::Borrowed);
    let sum = |places: &mut dyn Iterator<Item = u32>| places.map(|at| u64::from(weights[at as usize])).sum::<u64>();
    let taken = sum(&mut footer.iter().map(|&(at, _)| at).filter(is_doubtful));
    let left = || sum(&mut (0..lines.len() as u32)) - sum(&mut gone.iter().map(|&(at, _)| at));
    taken == 0 || taken as f64 <= MAX_PROSE_SHARE * left() as f64
}
