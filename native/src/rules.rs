//! Footer rules as they are looked up. Twins: stream/core/rules/model.py (`Rules`) and topics.py (`Signs`).

use crate::alphabet::{self as abc, is};
use crate::text;
use hashbrown::{HashMap, HashSet};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::sync::Arc;

pub const MAX_MARKER: usize = 80;
const CJK: &str = "\u{2e80}";
const MAX_WORDS: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Section,
    Label,
    Inline,
    Notice,
    End,
}

/// One rule, as far as it is needed here.
pub struct Rule {
    pub id: Py<PyString>,
    pub kind: Kind,
    pub about_comments: bool,
    pub about_related: bool,
    pub within: bool,
}

#[derive(Default)]
struct Node {
    rule: Option<usize>,
    next: HashMap<String, usize>,
}

/// Phrases that begin lines: sorted, each with its topic and the index of the longest other one that it begins with.
struct Openings {
    /// The first eight bytes of each phrase, as numbers in the same order: most comparisons need no more.
    begins: Vec<u64>,
    phrases: Vec<String>,
    numbers: Vec<u8>,
    shorter: Vec<isize>,
}

/// The first eight bytes of a text as a number; zeros stand for those that it does not have.
fn begin_of(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

impl Openings {
    /// The number of phrases that are not behind a text.
    fn before(&self, text: &str) -> usize {
        let begin = begin_of(text);
        let first = self.begins.partition_point(|&each| each < begin);
        let same = self.begins[first..].partition_point(|&each| each == begin);
        first + self.phrases[first..first + same].partition_point(|phrase| **phrase <= *text)
    }
}

/// A set of rules. `base` is asked where these match nothing.
pub struct RuleSet {
    pub rules: Vec<Rule>,
    lines: HashMap<String, usize>,
    heads: HashMap<String, usize>,
    starts: Vec<Node>,
    openings: HashSet<String>,
    whole: HashMap<String, u8>,
    /// The length of the longest of `whole`, in bytes.
    longest: usize,
    stems: HashMap<[char; 2], Openings>,
    base: Option<Arc<RuleSet>>,
}

fn strip_kind(line: &str, kind: u32) -> &str {
    line.trim_matches(|each| is(each, kind))
}

fn is_after_word(letter: char) -> bool {
    matches!(letter, ':' | ',' | '.' | ';' | '!' | '?')
}

/// What stands before the first mark, if it is there.
fn before(line: &str, mark: char) -> Option<&str> {
    line.split_once(mark).map(|(head, _)| head)
}

impl RuleSet {
    /// The rule for a line: for all of it, the part before its colon, or the longest phrase that it begins with.
    pub fn find(&self, line: &str) -> Option<&Rule> {
        self.find_own(line).or_else(|| self.base.as_ref().and_then(|base| base.find(line)))
    }

    fn find_own(&self, line: &str) -> Option<&Rule> {
        let plain = line.is_ascii() && !text::is_oddly_spaced(line);
        let spelled = if plain { line.to_ascii_lowercase() } else { text::spell(line) };
        let folded = strip_kind(&spelled, abc::AROUND);
        if let Some(&rule) = self.lines.get(folded).or_else(|| self.heads.get(folded)) {
            return Some(&self.rules[rule]);
        }
        if folded.is_empty() {
            return None;
        }
        for colon in [':', '|'] {
            let head = before(&spelled, colon).map(|head| strip_kind(head, abc::AROUND));
            if let Some(&rule) = head.and_then(|head| self.heads.get(head)) {
                return Some(&self.rules[rule]);
            }
        }
        self.started(folded)
    }

    /// The rule of the longest phrase that a folded line begins with.
    fn started(&self, folded: &str) -> Option<&Rule> {
        let mut node = &self.starts[0];
        let unspaced = folded >= CJK;
        if !unspaced && !node.next.contains_key(before(folded, ' ').unwrap_or(folded).trim_matches(is_after_word)) {
            return None;
        }
        let mut found = None;
        let mut follow = |word: &str| match node.next.get(word) {
            Some(&next) => {
                node = &self.starts[next];
                found = node.rule.or(found);
                true
            }
            None => false,
        };
        if unspaced {
            let mut room = [0; 4];
            for letter in folded.chars().take(MAX_WORDS).filter(|&each| each != ' ') {
                if !follow(letter.encode_utf8(&mut room)) {
                    break;
                }
            }
        } else {
            for word in folded.split(' ').take(MAX_WORDS) {
                let bare = word.trim_matches(is_after_word);
                if !follow(if bare.is_empty() { word } else { bare }) {
                    break;
                }
            }
        }
        found.map(|rule| &self.rules[rule])
    }

    /// Whether a line may be a marker; its first word tells.
    fn is_candidate(&self, line: &str) -> bool {
        let word = text::lowered(before(line, ' ').unwrap_or(line));
        let unspaced = *word >= *CJK;
        let first = text::first(&word).map_or("", |letter| &word[..letter.len_utf8()]);
        if self.openings.contains(&*word) || !text::is_alpha(&word) || (unspaced && self.openings.contains(first)) {
            return true;
        }
        if first.len() == word.len() && !unspaced {
            let end = line.match_indices(' ').nth(1).map_or(line.len(), |(at, _)| at);
            let two = text::lowered(&line[..end]);
            return self.openings.contains(&*two) || !text::is_alpha(text::cut(&two, 2).1);
        }
        false
    }

    /// The rule of a line of a page that is looked through for markers. Long ones are not looked up.
    pub fn mark(&self, line: &text::Line) -> Option<&Rule> {
        let own =
            if line.chars() <= MAX_MARKER && self.is_candidate(line.text) { self.find_own(line.text) } else { None };
        own.or_else(|| self.base.as_ref().and_then(|base| base.mark(line)))
    }

    /// The number of a line's topic; 0 if it has none. `spelled` is the line as `text::lowered` gives it.
    pub fn topic(&self, spelled: &str) -> u8 {
        let low = spelled.trim_start_matches(|each| is(each, abc::LEFT));
        let mut found = self.topic_of(low);
        let odd = || text::first(low).is_none_or(|each| is(each, abc::NO_LETTER)) || text::is_oddly_spaced(low);
        if found == 0 && odd() {
            let bare = low.trim_start_matches(|each| is(each, abc::RIGHT));
            let plainer = text::joined(text::split(bare)) + " ";
            if plainer.strip_suffix(' ') != Some(low) {
                found = self.topic_of(&plainer);
            }
        }
        match &self.base {
            Some(base) if found == 0 => base.topic(spelled),
            _ => found,
        }
    }

    fn topic_of(&self, low: &str) -> u8 {
        let bare = low.trim_end_matches(|each| is(each, abc::RIGHT));
        if bare.len() <= self.longest
            && let Some(&found) = self.whole.get(bare)
        {
            return found;
        }
        let mut letters = low.chars();
        let (Some(one), Some(other)) = (letters.next(), letters.next()) else { return 0 };
        let Some(known) = self.stems.get(&[one, other]) else { return 0 };
        let mut at = known.before(low) as isize - 1;
        while at >= 0 {
            let place = at as usize;
            if low.starts_with(&*known.phrases[place]) {
                return known.numbers[place];
            }
            at = known.shorter[place];
        }
        0
    }
}

/// A set of rules, held by Python.
#[pyclass(frozen, name = "RuleSet", module = "stream.core.native.compiled")]
pub struct PyRuleSet(pub Arc<RuleSet>);

type Given = (Py<PyString>, String, String, bool);
type Stems = HashMap<String, (Vec<String>, Vec<u8>, Vec<isize>)>;

#[pymethods]
impl PyRuleSet {
    /// Takes the rules as (id, kind, about, within); the lookups of `Rules`, with indices of rules; those of `Signs`.
    #[new]
    #[allow(clippy::too_many_arguments)] // they are the fields of one value
    fn new(
        rules: Vec<Given>,
        lines: HashMap<String, usize>,
        heads: HashMap<String, usize>,
        starts: &Bound<'_, PyDict>,
        openings: HashSet<String>,
        whole: HashMap<String, u8>,
        stems: Stems,
        base: Option<&PyRuleSet>,
    ) -> PyResult<Self> {
        let mut nodes = vec![Node::default()];
        add_node(&mut nodes, 0, starts)?;
        let rules: Vec<Rule> = rules.into_iter().map(rule_of).collect();
        let highest =
            lines.values().chain(heads.values()).chain(nodes.iter().filter_map(|node| node.rule.as_ref())).max();
        if highest.is_some_and(|&highest| highest >= rules.len()) {
            return Err(pyo3::exceptions::PyIndexError::new_err("there is no rule with this index"));
        }
        let mut openings_of = HashMap::new();
        for (stem, (phrases, numbers, shorter)) in stems {
            let below = shorter.iter().enumerate().all(|(at, &each)| each < at as isize);
            if phrases.len() != numbers.len() || phrases.len() != shorter.len() || !below {
                return Err(pyo3::exceptions::PyValueError::new_err("each opening has a number and a shorter one"));
            }
            let letters: Vec<char> = stem.chars().collect();
            let stem =
                letters.try_into().map_err(|_| pyo3::exceptions::PyValueError::new_err("a stem has two letters"))?;
            openings_of.insert(
                stem,
                Openings { begins: phrases.iter().map(|phrase| begin_of(phrase)).collect(), phrases, numbers, shorter },
            );
        }
        let base = base.map(|base| base.0.clone());
        let longest = whole.keys().map(String::len).max().unwrap_or(0);
        let made = RuleSet { rules, longest, lines, heads, starts: nodes, openings, whole, stems: openings_of, base };
        Ok(PyRuleSet(Arc::new(made)))
    }
}

fn rule_of((id, kind, about, within): Given) -> Rule {
    let kind = match &*kind {
        "section" => Kind::Section,
        "label" => Kind::Label,
        "inline" => Kind::Inline,
        "notice" => Kind::Notice,
        _ => Kind::End,
    };
    Rule { id, kind, about_comments: about == "comments", about_related: about == "related", within }
}

/// Adds what follows a node: a dictionary of words, in which the empty one stands for the rule that ends here.
fn add_node(nodes: &mut Vec<Node>, at: usize, words: &Bound<'_, PyDict>) -> PyResult<()> {
    for (word, next) in words {
        let word: String = word.extract()?;
        if word.is_empty() {
            nodes[at].rule = Some(next.extract()?);
            continue;
        }
        let place = nodes.len();
        nodes.push(Node::default());
        nodes[at].next.insert(word, place);
        add_node(nodes, place, next.cast::<PyDict>()?)?;
    }
    Ok(())
}
