"""The `crossdock` command line: one module per command; what they ask, they ask over gRPC."""
