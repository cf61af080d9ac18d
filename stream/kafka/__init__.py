"""Everything that talks to Kafka, in the order of the flow: source → (clean) → sink → transaction."""
