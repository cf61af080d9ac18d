"""Made-up records in the shapes in which articles come from elsewhere: docs/records.md has their settings."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from harness.fakes import BODY, CLEAN, FOOTER, OTHER, REPEATED
from stream.records.headers import Headers
from stream.records.outcomes import OutcomeName


class Shaped(NamedTuple):
    """A record, and the outcome and value that have to come of it."""

    value: bytes | None
    outcome: OutcomeName
    want: bytes | None
    headers: Headers = []  # noqa: RUF012 - read only


class Shape(NamedTuple):
    """A source of records, the settings for it, and some of its records."""

    name: str
    settings: dict[str, str]
    records: list[Shaped]


_OLD, _NEW = orjson.dumps(REPEATED), orjson.dumps(CLEAN)


def _cleaned(value: bytes, headers: Headers = []) -> Shaped:  # noqa: B006 - read only
    """Say that a record's text is replaced, and nothing else."""
    value = value.replace(b"TEXT", _OLD)
    return Shaped(value, "cleaned", value.replace(_OLD, _NEW), headers)


def _as_it_is(value: bytes) -> Shaped:
    return Shaped(value, "passed", value)


_ROW = b'{"id": 7, "body": TEXT, "rank": 1e400, "price": 0.10}'
_SOURCE = b'{"version": "2.7.0.Final", "connector": "postgresql", "db": "cms", "table": "article", "lsn": 24023128}'
_SCHEMA = b'{"type": "struct", "optional": false, "fields": [{"field": "body", "type": "string", "optional": true}]}'
_ROWS = b"""{"schema": %s,
 "payload": {"before": {"id": 7, "body": "The old text of the row."}, "after": %s,
  "source": %s, "op": "u", "ts_ms": 1720000000000}}"""
_ANS = [
    {"_id": "A1", "type": "text", "content": f"<p>{BODY}</p>"},
    {"_id": "A2", "type": "image", "url": "https://island.example/a.jpg", "caption": BODY},
    {"_id": "A3", "type": "text", "content": OTHER},
    {"_id": "A4", "type": "text", "content": f"<p>{BODY}</p>"},
    {"_id": "A5", "type": "interstitial_link", "content": "You may also like"},
    {"_id": "A6", "type": "text", "content": "Five stations worth a stop"},
]
_KEPT = b", ".join(orjson.dumps(_ANS[at]) for at in range(3))
_ALL = b", ".join(map(orjson.dumps, _ANS))
_ARC = b'{"type": "story", "version": "0.10.9", "content_elements": [%s], "canonical_website": "island"}'
_SAME = b'{"body": %s, "translated": {"en": %s}}' % (orjson.dumps(BODY), orjson.dumps(BODY))
_BINARY = b'{"specversion": "1.0", "id": "1", "data_base64": "eyJh"}'

SHAPES = [
    Shape(
        "Debezium, JSON with its schema",
        {"text_field": "/payload/after/body", "source_field": "/payload/source/db", "no_text": "pass"},
        [
            _cleaned(_ROWS % (_SCHEMA, _ROW, _SOURCE)),
            _as_it_is(_ROWS % (_SCHEMA, b"null", _SOURCE)),
            Shaped(None, "tombstone", None),
            _as_it_is(b'{"schema": %s, "payload": {"source": %s, "ddl": "ALTER TABLE article"}}' % (_SCHEMA, _SOURCE)),
            Shaped(b'{"payload": {"after": {"body": 5}}}', "dead", b'{"payload": {"after": {"body": 5}}}'),
        ],
    ),
    Shape(
        "Debezium, JSON without a schema",
        {"text_field": "/after/body", "source_field": "/source/db", "no_text": "pass"},
        [
            _cleaned(b'{"before": null, "after": %s, "source": %s, "op": "c"}' % (_ROW, _SOURCE)),
            _as_it_is(b'{"before": %s, "after": null, "op": "d"}' % _ROW.replace(b"TEXT", b'"Gone."')),
        ],
    ),
    Shape(
        "Kafka Connect's JSON converter",
        {"text_field": "/payload/text"},
        [_cleaned(b'{"schema": %s, "payload": {"text": TEXT, "n": 12345678901234567890123}}' % _SCHEMA)],
    ),
    Shape(
        "Scrapy items, paragraph by paragraph",
        {"text_field": "paragraphs"},
        [
            Shaped(
                b'{"url": "https://island.example/1", "paragraphs": [%s, %s , %s,%s], "depth": 2}'
                % tuple(map(orjson.dumps, (BODY, OTHER, BODY, FOOTER))),
                "cleaned",
                b'{"url": "https://island.example/1", "paragraphs": [%s, %s,%s], "depth": 2}'
                % tuple(map(orjson.dumps, (BODY, OTHER, FOOTER))),
            )
        ],
    ),
    Shape(
        "news-please",
        {"text_field": "maintext", "source_field": "source_domain", "no_text": "pass"},
        [
            _cleaned(b'{"authors": [], "maintext": TEXT, "source_domain": "island.example", "title": null}'),
            _as_it_is(b'{"authors": [], "maintext": null, "source_domain": "island.example"}'),
        ],
    ),
    Shape(
        "Common Crawl's WET as JSON lines",
        {"text_field": "content", "source_field": "/headers/WARC-Target-URI"},
        [_cleaned(b'{"headers": {"WARC-Target-URI": "https://island.example/1"}, "content": TEXT}')],
    ),
    Shape(
        "Arc's ANS",
        {"text_field": "/content_elements/*/content", "source_field": "canonical_website", "no_text": "pass"},
        [
            Shaped(_ARC % _ALL, "cleaned", _ARC % _KEPT),
            _as_it_is(_ARC % orjson.dumps(_ANS[1])),
        ],
    ),
    Shape(
        "a text and its translation",
        {"text_field": "/body,/translated/en"},
        [
            _cleaned(b'{"body": TEXT, "translated": {"en": TEXT}}'),
            _cleaned(b'{"translated": {"en": TEXT}, "body": null}'),
            Shaped(_SAME, "unchanged", _SAME),
        ],
    ),
    Shape(
        "CloudEvents, structured",
        {"text_field": "/data/body", "source_field": "source"},
        [
            _cleaned(
                b'{"specversion": "1.0", "type": "article", "source": "/cms", "id": "1", "data": {"body": TEXT}}',
                [("content-type", b"application/cloudevents+json; charset=UTF-8")],
            ),
            Shaped(_BINARY, "dead", _BINARY),
        ],
    ),
    Shape(
        "CloudEvents, binary",
        {"text_field": "body", "source_field": "ce_source"},
        [
            _cleaned(
                b'{"body": TEXT}',
                [("ce_specversion", b"1.0"), ("ce_source", b"island.example"), ("content-type", b"application/json")],
            )
        ],
    ),
]
