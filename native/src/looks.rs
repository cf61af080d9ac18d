//! The lines of an article that may be removed. There may be millions of them, so little is kept of each.

use crate::alphabet as abc;
use crate::listing;
use crate::text::{self, Line, Page};

/// The lines that are looked at, by their numbers: those that are neither blank nor repeats.
pub struct Looks<'l> {
    lines: &'l [Line<'l>],
    places: Vec<u32>,
    /// The lines that have format characters, without them: one behind the other, with the number of each and its end.
    cleared: String,
    ends: Vec<(u32, u32)>,
    /// Their numbers among the lines that were heard, if these are not the same lines.
    heard: Vec<u32>,
}

impl<'l> Looks<'l> {
    /// `places` are their indices in the article.
    pub fn new(lines: &'l [Line<'l>], places: Vec<u32>) -> Self {
        let (mut cleared, mut ends) = (String::new(), Vec::new());
        for (number, &place) in (0..).zip(&places) {
            let line = &lines[place as usize];
            if line.is_any(abc::FORMAT) {
                cleared.push_str(&text::without_format(&line.stripped()));
                ends.push((number, cleared.len() as u32));
            }
        }
        Looks { lines, places, cleared, ends, heard: Vec::new() }
    }

    /// These lines were heard among others: `numbers` has the number there of each line of the article.
    pub fn heard_among(mut self, numbers: &[u32]) -> Self {
        self.heard = self.places.iter().map(|&place| numbers[place as usize]).collect();
        self
    }

    /// Its number among the lines that were heard.
    pub fn heard(&self, number: u32) -> usize {
        self.heard.get(number as usize).map_or(number, |&heard| heard) as usize
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The numbers of all of them.
    pub fn numbers(&self) -> Vec<u32> {
        (0..self.len() as u32).collect()
    }

    /// The index in the article.
    pub fn place(&self, number: u32) -> usize {
        self.places[number as usize] as usize
    }

    /// The line as it stands in the article.
    pub fn whole(&self, number: u32) -> Line<'l> {
        self.lines[self.place(number)]
    }

    /// The line without format characters, and without white space at its ends.
    pub fn bare(&self, number: u32) -> Line<'_> {
        let line = self.whole(number);
        if !line.is_any(abc::FORMAT) {
            return line.stripped();
        }
        let at = self.ends.partition_point(|&(other, _)| other < number);
        let begin = if at > 0 { self.ends[at - 1].1 } else { 0 };
        Line::new(&self.cleared[begin as usize..self.ends[at].1 as usize])
    }

    pub fn has_format(&self, number: u32) -> bool {
        self.whole(number).is_any(abc::FORMAT)
    }
}

/// Some of the lines, by their numbers, as a page of their own.
#[derive(Clone, Copy)]
pub struct Chosen<'p> {
    pub looks: &'p Looks<'p>,
    pub numbers: &'p [u32],
}

impl<'p> Chosen<'p> {
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn place(&self, at: usize) -> usize {
        self.looks.place(self.numbers[at])
    }

    /// Their numbers among the lines that were heard.
    pub fn heard(&self) -> impl Iterator<Item = usize> {
        self.numbers.iter().map(|&number| self.looks.heard(number))
    }

    pub fn whole(&self) -> Whole<'p> {
        Whole(*self)
    }

    pub fn bare(&self) -> Bare<'p> {
        Bare(*self)
    }

    /// Whether a line is code.
    pub fn is_code(&self, at: usize) -> bool {
        listing::is_code(&self.whole(), at)
    }
}

/// Lines as they stand in the article.
pub struct Whole<'p>(Chosen<'p>);

impl Page for Whole<'_> {
    fn line(&self, at: usize) -> Line<'_> {
        self.0.looks.whole(self.0.numbers[at])
    }
    fn size(&self) -> usize {
        self.0.len()
    }
}

/// Lines without format characters, and without white space at their ends.
pub struct Bare<'p>(Chosen<'p>);

impl Page for Bare<'_> {
    fn line(&self, at: usize) -> Line<'_> {
        self.0.looks.bare(self.0.numbers[at])
    }
    fn size(&self) -> usize {
        self.0.len()
    }
}

/// Lines without white space at their ends.
pub struct Stripped<'p>(pub Chosen<'p>);

impl Page for Stripped<'_> {
    fn line(&self, at: usize) -> Line<'_> {
        self.0.looks.whole(self.0.numbers[at]).stripped()
    }
    fn size(&self) -> usize {
        self.0.len()
    }
}
