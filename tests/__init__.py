"""The tests of article-stream, by kind: unit, property, contract (against a broker) and chaos (a broker that fails)."""
