"""A worker and a Kafka that asks who it is: TLS, SASL, mutual TLS and access rights, on a real Kafka."""
