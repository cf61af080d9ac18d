"""Every record has one outcome, whatever its bytes are, and a second pass changes nothing."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from harness.fakes import BODY, FOOTER, OTHER, FakeRecord
from stream.core.rules import builtin, load
from stream.records.dead_letters import read_letter
from stream.records.headers import Headers
from stream.records.process import Processor
from tests.trials import trials

PROCESSORS = {name: Processor.for_field("text", name, builtin()) for name in ("auto", "json", "text")}
PROCESSORS["markers"] = Processor.for_field("text", "auto", load(whole_page=False))
lines = st.sampled_from([BODY, OTHER, *FOOTER.split("\n"), "", "—", "Advertisement", "\r", "文", "\ud83d"])
texts = st.lists(lines, max_size=10).map("\n".join)
bodies = st.one_of(texts, st.lists(lines, max_size=8), st.integers(), st.none(), st.lists(st.integers(), min_size=1))
others = st.dictionaries(
    st.sampled_from(["id", "tags", "a.b", "Text", ""]), st.one_of(st.text(), st.integers(), st.floats())
)
articles = st.builds(
    lambda other, body, ascii_: json.dumps({**other, "text": body}, ensure_ascii=ascii_).encode("utf-8", "replace"),
    others, bodies, st.booleans(),
)  # fmt: skip
headers: st.SearchStrategy[Headers] = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "content-type", "Content-Type", "article-stream.rules", "__streams.errors.offset"]),
        st.one_of(st.none(), st.binary(max_size=8), st.sampled_from([b"text/plain", b"application/json"])),
    ),
    max_size=4,
)
records = st.builds(
    FakeRecord,
    st.one_of(st.none(), st.binary(max_size=60), articles, articles.map(lambda it: it[:-1]), texts.map(
        lambda it: it.encode("utf-8", "surrogatepass"))),
    st.one_of(st.none(), st.binary(max_size=4)),
    st.one_of(st.none(), headers),
    st.integers(0, 99),
    st.integers(0, 2**63 - 1),
    st.tuples(st.integers(0, 2), st.integers(-1, 2**40)),
)  # fmt: skip


@trials(300)
@given(records, st.sampled_from(sorted(PROCESSORS)))
@example(FakeRecord(b'{"text":"\\ud800"}'), "auto")
@example(FakeRecord(b'{"text":"a' + b"\\\\" * 50 + b'"}'), "json")
def test_every_record_has_one_outcome_and_keeps_what_is_not_text(record: FakeRecord, name: str) -> None:
    processor = PROCESSORS[name]
    outcome = processor.process(record)
    assert outcome.source is record
    assert outcome.key == record.the_key
    theirs = record.the_headers or []
    assert outcome.headers[: len(theirs)] == theirs
    kind, at_ms = record.the_timestamp
    assert outcome.timestamp_ms == ((at_ms or 1) if kind else -1), "0 would be taken for now, and none is -1"
    if outcome.name == "dead":
        assert outcome.value is record.the_value
        letter = read_letter(outcome.headers)
        assert (letter.reason, letter.topic) == (outcome.reason, "articles.raw")
        assert (letter.partition, letter.offset) == (record.the_partition, record.the_offset)
        return
    assert (outcome.name == "tombstone") == (record.the_value is None) == (outcome.value is None)
    assert (outcome.name == "cleaned") == (outcome.repeats + outcome.footer + outcome.junk > 0)
    if outcome.name != "cleaned":
        assert outcome.value is record.the_value
    again = processor.process(FakeRecord(outcome.value, the_headers=outcome.headers))
    assert again.name in {"unchanged", "tombstone"}
    assert again.value is outcome.value


@trials(300)
@given(articles)
def test_other_fields_keep_their_value_and_their_spelling(value: bytes) -> None:
    outcome = PROCESSORS["json"].process(FakeRecord(value))
    if outcome.name == "dead":
        return
    before, after = (json.loads(it, parse_float=str, parse_int=str) for it in (value, outcome.value or b""))
    assert list(before) == list(after)
    assert {**before, "text": 0} == {**after, "text": 0}
    assert type(before["text"]) is type(after["text"])
