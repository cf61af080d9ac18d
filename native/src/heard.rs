//! What the lines of an article say, and what that comes to in the network: the same at each look at the page. Twins:
//! `Heard` in stream/core/footer/page.py and words.py.

use crate::codes::Codes;
use crate::looks::{Chosen, Looks};
use crate::network::{Channels, Network, PIECE};
use crate::sites::{Profile, Site};
use crate::text;
use crate::tokens::Tokens;
use crate::traits::TRAITS;
use crate::words::{self, KEYS, Said};
use std::borrow::Cow;
use std::cell::OnceCell;

/// What all lines of an article say, or of several that have lines in common. An article of more than one piece is heard by pieces, anew at each look.
pub struct Heard {
    /// The first key of each line, by its number.
    keys: Vec<u64>,
    /// Of an article that is one piece.
    whole: Option<Piece>,
    /// The codes of the lines by themselves, and for which page.
    pub codes: OnceCell<(usize, Vec<Codes>)>,
}

/// What some lines say.
struct Piece {
    said: Vec<Said>,
    channels: Channels,
    /// The lookup spellings of the lines without format characters, one behind the other, and where they end.
    spelled: String,
    ends: Vec<u32>,
}

impl Piece {
    fn new(page: Chosen) -> Self {
        let (mut tokens, mut spelled) = (Tokens::new(), String::new());
        let (mut said, mut ends) = (Vec::with_capacity(page.len()), Vec::with_capacity(page.len()));
        for &number in page.numbers {
            said.push(words::said(&page.looks.bare(number), &mut tokens, &mut spelled));
            ends.push(spelled.len() as u32);
        }
        Piece { said, channels: Channels::default(), spelled, ends }
    }

    fn channels(&self, network: &Network) -> Channels {
        network.said(self.said.iter().map(Said::words))
    }
}

impl Heard {
    /// Without a network nothing comes to anything in it.
    pub fn new(looks: &Looks, network: Option<&Network>) -> Self {
        let numbers = looks.numbers();
        let mut keys = Vec::with_capacity(numbers.len());
        let mut whole = None;
        for numbers in numbers.chunks(PIECE) {
            let mut piece = Piece::new(Chosen { looks, numbers });
            keys.extend(piece.said.iter().map(|said| said.keys[0]));
            if numbers.len() == looks.len() {
                piece.channels = network.map_or_else(Channels::default, |network| piece.channels(network));
                whole = Some(piece);
            }
        }
        Heard { keys, whole, codes: OnceCell::new() }
    }

    /// The first key of a line.
    pub fn key(&self, looks: &Looks, number: u32) -> u64 {
        self.keys[looks.heard(number)]
    }

    /// What each of some lines says.
    pub fn said(&self, page: Chosen) -> Vec<Said> {
        match &self.whole {
            Some(piece) => page.numbers.iter().map(|&number| piece.said[page.looks.heard(number)]).collect(),
            None => Piece::new(page).said,
        }
    }

    /// The spelling of a line without format characters in which phrases are looked up (`text::lowered`). It has at most
    /// `words::MOST_SPELLED` characters.
    pub fn spelled(&self, looks: &Looks, number: u32) -> Cow<'_, str> {
        let bare = looks.bare(number);
        match &self.whole {
            Some(piece) if !bare.is_ascii() || text::is_plainly_spaced(bare.text) => {
                let at = looks.heard(number);
                let begin = if at > 0 { piece.ends[at - 1] } else { 0 };
                Cow::Borrowed(&piece.spelled[begin as usize..piece.ends[at] as usize])
            }
            _ => Cow::Owned(text::lowered(bare.text)),
        }
    }

    /// What some lines come to in the network by what they say, and by what their site tells of them.
    pub fn channels<'h>(&'h self, page: Chosen, network: &Network, told: Option<&'h Evidence>) -> OfPage<'h> {
        if let Some(piece) = &self.whole {
            let channels = told.and_then(|told| told.channels.as_ref()).unwrap_or(&piece.channels);
            return OfPage { channels: Cow::Borrowed(channels), is_all: true };
        }
        let mut channels = Piece::new(page).channels(network);
        if let Some((rows, nothing)) = told.and_then(|told| told.site.evidence(TRAITS, page.heard())) {
            channels = network.told(&channels, rows, nothing);
        }
        OfPage { channels: Cow::Owned(channels), is_all: false }
    }
}

/// What the lines of a page come to.
pub struct OfPage<'h> {
    channels: Cow<'h, Channels>,
    /// It has all lines of the article, by their numbers.
    is_all: bool,
}

impl OfPage<'_> {
    /// That of the line at an index of the page.
    pub fn of(&self, page: Chosen, at: usize) -> (&[i32], [i32; 2]) {
        self.channels.of(if self.is_all { page.looks.heard(page.numbers[at]) } else { at })
    }
}

/// What the site tells of an article's lines.
pub struct Evidence {
    pub site: Site,
    /// Of an article that is one piece, what that comes to in the network together with the words. None if no article of
    /// the site is known.
    channels: Option<Channels>,
}

impl Evidence {
    pub fn new(profile: &dyn Profile, looks: &Looks, heard: &Heard, network: &Network) -> Self {
        let mut site = profile.site(looks.len());
        let Some(piece) = &heard.whole else {
            for numbers in looks.numbers().chunks(PIECE) {
                look_up(profile, &heard.said(Chosen { looks, numbers }), &mut site);
            }
            return Evidence { site, channels: None };
        };
        look_up(profile, &piece.said, &mut site);
        let rows = site.evidence(TRAITS, 0..looks.len());
        let channels = rows.map(|(rows, nothing)| network.told(&piece.channels, rows, nothing));
        Evidence { site, channels }
    }
}

fn look_up(profile: &dyn Profile, said: &[Said], to: &mut Site) {
    let keys: Vec<&[u64; KEYS]> = said.iter().map(|said| &said.keys).collect();
    profile.look_up(&keys, to);
}
