"""The worker on the Kafka versions that clusters have."""
