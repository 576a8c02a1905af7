"""The servers that the suite stands on, each from its wheel: PostgreSQL, NATS with JetStream, Valkey."""
