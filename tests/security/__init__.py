"""A worker on a real Kafka that requires authentication: TLS, SASL, mutual TLS and access rights."""
