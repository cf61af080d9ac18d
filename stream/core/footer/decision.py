"""Decides where a page's footer begins: at the cut with the least expected cost, within a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stream.core.footer.candidates import PageLines, features_of, page_lines
from stream.core.footer.lines import COUNT_MASK, LENGTH, LENGTH_MASK, Line, Memo
from stream.core.footer.model import Model, chances
from stream.core.footer.reading import NOTHING_KNOWN, Known, read
from stream.core.footer.refusals import comes_late, goes_on, refused, within_budget
from stream.core.rules.topics import OPENING, Signs

LEAST = 65
"""Once a cut is refused for a late heading, a cut above that heading must have a likelihood of at least 1/65."""
HARDLY_LATER = 8
"""A footer begins at a late heading only if the likelihood of all cuts below it together is at most 1/8."""
_FEW, _SOME = 3, 10  # lines of a tail that is short, and of one that is not long


class Tail(NamedTuple):
    """Where the footer begins, and what each line was seen to be; `len(lines)` where there is no footer.

    `held` is where the footer would begin if the budget allowed it.
    """

    begin: int
    lines: list[Line]
    held: int


def find_tail(
    texts: list[str], signs: Signs, model: Model, memo: Memo | None = None, known: Known = NOTHING_KNOWN
) -> Tail:
    """Find the footer of a page; no line is blank. The arguments are those of `read`."""
    lines, open_ended = read(texts, signs, model, memo, known)
    end = len(lines)
    if end < 2:  # noqa: PLR2004 - the first line never goes
        return Tail(end, lines, end)
    if lines[-1].prose and lines[-2].prose and not any(line.topic for line in lines):
        return Tail(end, lines, end)  # a clean page, as most are in many streams
    page = page_lines(lines, open_ended=open_ended)
    if len(page.cuts) == 1:
        held = page.cuts[0]
        return Tail(held if held == end or not refused(page, held) else end, lines, held)
    likely = chances(model.scores(features_of(page)))
    begin = held = page.cuts[decide(page, likely, model.rule)]
    if begin == end:
        wanted = page.cuts[decide(page, likely, model.rule, guarded=False)]
        if wanted < end:
            begin = late_cut(page, likely, wanted)
        held = begin if begin < end or wanted == end or within_budget(page, wanted) else wanted
    return Tail(begin, lines, held)


def late_cut(page: PageLines, likely: Sequence[int], wanted: int) -> int:
    """Give the late heading below the cut that the model wants, if the body hardly goes on there; else the end."""
    end = len(page.lines)
    late = comes_late(page, wanted)
    if not 0 < late < end - 1 or refused(page, late):
        return end
    later = sum([chance for cut, chance in zip(page.cuts, likely, strict=True) if cut > late])
    return late if later * HARDLY_LATER <= sum(likely) else end


def decide(page: PageLines, likely: Sequence[int], rule: Mapping[str, int], *, guarded: bool = True) -> int:
    """Choose a cut: give its index in `page.cuts`, the last of which means no cut at all.

    1. Each cut has an expected cost, counted in footer lines that are left in: `loss` if any body is lost, plus `share`
       times the share of the body that is lost, plus one for each footer line left in, less `right` (`right_few` for a
       tail of at most ten lines) if the cut is exactly right.
    2. From the cheapest cut on, cuts are skipped while the likelihood that a third of the body is lost is above
       `third`, or while they are `refused`; cuts above a late heading also if they are unlikely (`LEAST`).
    3. There is no cut if the likelihood of no footer at all is above a limit. The limit depends on the tail's length
       and on whether a topic opens the tail, stands in it, or only its shape is evidence.

    `likely` holds a likelihood for each cut (see `chances`), `rule` the model's constants; the limits and `third` are
    in thousandths. `guarded=False` skips the checks that refuse cuts.
    """
    cuts, counts = page.cuts, page.counts
    end, last = len(page.lines), len(cuts) - 1
    total, none = sum(likely), likely[-1]
    sizes = [(counts[cut] >> LENGTH & LENGTH_MASK) + 1 for cut in cuts]
    at = _cheapest(cuts, likely, sizes, rule)
    body_goes_on = guarded and at < last and goes_on(page, cuts[at])
    late = 0  # the last late heading met: above it only a likely cut is made
    while at < last:
        risk = sum([likely[later] for later in range(at + 1, last + 1) if sizes[later] * 2 > sizes[at] * 3])
        allowed = risk * 1000 <= rule["third"] * total and not (guarded and refused(page, cuts[at]))
        allowed = allowed and (cuts[at] >= late or likely[at] * LEAST >= total)
        if allowed and (not body_goes_on or 0 < page.lines[cuts[at]].topic <= OPENING):
            break  # where the body went on at the first cut, the lines' shape is not enough: a heading must open it
        late = max(late, comes_late(page, cuts[at])) if guarded else 0
        at += 1
    if at == last:
        return last
    tail = end - cuts[at]
    evidence = "shape"
    if counts[end] - counts[cuts[at]] & COUNT_MASK:
        evidence = "opens" if 0 < page.lines[cuts[at]].topic <= OPENING else "marked"
    size = "1" if tail == 1 else "3" if tail <= _FEW else "10" if tail <= _SOME else "more"
    return at if none * 1000 <= rule[f"none_{evidence}_{size}"] * total else last


def _cheapest(cuts: Sequence[int], likely: Sequence[int], sizes: Sequence[int], rule: Mapping[str, int]) -> int:
    """Give the index of the cut with the least expected cost (see `decide`), in one pass over the cuts."""
    # If the body really ends at a later cut, this one loses 1 - (size here / size there) of it. Summed up over all
    # later cuts, weighted by likelihood, that is `later` - (size here) * `parts_later`; 40 bits are the fraction.
    parts = [(chance << 40) // size for chance, size in zip(likely, sizes, strict=True)]
    later, parts_later = sum(likely) - likely[-1], sum(parts) - parts[-1]
    left = done = before = best_at = 0  # `left`: expected number of footer lines that a cut here leaves in
    best: int | None = None
    for at, cut in enumerate(cuts[:-1]):
        left += done * (cut - before)
        before = cut
        later -= likely[at]
        done += likely[at]
        parts_later -= parts[at]
        lost = later - (sizes[at] * parts_later >> 40)  # the share of the body that this cut would lose
        right = rule["right"] if cuts[-1] - cut > _SOME else rule["right_few"]
        cost = rule["loss"] * later + rule["share"] * lost + left - right * likely[at]
        if best is None or cost < best:
            best, best_at = cost, at
    return best_at
