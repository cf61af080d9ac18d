//! What no cut may take, and which cuts are never made. Twins: stream/core/footer/budget.py and refusals.py.

use crate::codes::{Codes, OPENING, topics};

const OPENED_BY: usize = 15;
const WITHIN: usize = 25;
const ARTICLE: usize = 12;
const LISTED: usize = 66;
const NEAR: usize = 4;
const STEP: usize = 64;

/// The prose budget of one page.
pub struct Budget<'a> {
    page: &'a [Codes],
    /// The prose above every `STEP`th line, and all of it.
    prose: Vec<usize>,
    all: usize,
    last_article: Option<usize>,
}

impl<'a> Budget<'a> {
    pub fn new(page: &'a [Codes]) -> Self {
        let mut prose = Vec::with_capacity(page.len() / STEP + 1);
        let (mut sum, mut run, mut last_article) = (0, 0, None);
        for (at, line) in page.iter().enumerate() {
            if at % STEP == 0 {
                prose.push(sum);
            }
            sum += prose_in(line);
            run = if line.is_prose() { run + 1 } else { 0 };
            if run >= ARTICLE {
                last_article = Some(at + 1 - ARTICLE);
            }
        }
        Budget { page, prose, all: sum, last_article }
    }

    /// Whether a cut takes at most a third of the prose, or takes prose that is certainly not the article's.
    pub fn allows(&self, cut: usize) -> bool {
        let step = cut / STEP;
        let above = self.prose.get(step).copied().unwrap_or(self.all);
        let before = above + self.page[step * STEP..cut].iter().map(prose_in).sum::<usize>();
        let after = self.all - before;
        if 2 * after <= before {
            return true;
        }
        let topics = &self.page[cut..self.page.len().min(cut + WITHIN)];
        let mut any = false;
        for (at, line) in topics.iter().enumerate() {
            if is_sure(line.topic) {
                any = true;
                if at < OPENED_BY && (line.topic != topics::SHARE || has_company(topics, at)) {
                    return self.last_article.is_none_or(|article| article < cut);
                }
            }
        }
        if any && after <= before {
            return true;
        }
        let opens = topics.first().is_some_and(|line| matches!(line.topic, topics::RELATED | topics::POPULAR));
        opens && after * 100 <= before * LISTED
    }
}

fn prose_in(line: &Codes) -> usize {
    if line.is_prose() { line.bounded() } else { 0 }
}

fn is_sure(topic: u8) -> bool {
    matches!(topic, topics::SHARE | topics::COMMENTS | topics::TAGS | topics::SUBSCRIBE)
}

/// Whether a button has another topic beside it.
fn has_company(topics: &[Codes], at: usize) -> bool {
    let is_topic = |line: &Codes| 0 < line.topic && line.topic <= OPENING;
    (at > 0 && is_topic(&topics[at - 1])) || topics.get(at + 1).is_some_and(is_topic)
}

/// What is refused on one page. `code` tells whether a line is code, `is_sites` whether the site is known for it.
pub struct Refusals<'a, C: Fn(usize) -> bool, S: Fn(usize) -> bool> {
    page: &'a [Codes],
    open_ended: bool,
    code: C,
    is_sites: S,
    closes: bool,
    last_said: Option<usize>,
}

impl<'a, C: Fn(usize) -> bool, S: Fn(usize) -> bool> Refusals<'a, C, S> {
    pub fn new(page: &'a [Codes], open_ended: bool, code: C, is_sites: S) -> Self {
        let closes = page.last().is_some_and(Codes::is_prose);
        let says = |at: &usize| {
            let line = &page[*at];
            (line.topic != 0 && !(line.is_prose() && line.topic > OPENING)) || is_sites(*at)
        };
        let last_said = if closes { (0..page.len()).rev().find(says) } else { None };
        Refusals { page, open_ended, code, is_sites, closes, last_said }
    }

    /// Whether a cut is not made. The one below the last line, which removes nothing, always may be.
    pub fn refuses(&self, cut: usize) -> bool {
        cut != self.page.len() && (self.takes_code(cut) || self.takes_the_close(cut) || self.is_unsaid(cut))
    }

    fn takes_code(&self, cut: usize) -> bool {
        let end = self.page.len().min(cut + NEAR);
        (self.code)(cut) || ((self.code)(cut - 1) && (cut + 1..end).any(&self.code))
    }

    fn takes_the_close(&self, cut: usize) -> bool {
        self.closes && self.last_said.is_none_or(|last| cut > last)
    }

    fn is_unsaid(&self, cut: usize) -> bool {
        let topic = self.page[cut].topic;
        self.open_ended && !((0 < topic && topic <= OPENING) || (self.is_sites)(cut))
    }
}
