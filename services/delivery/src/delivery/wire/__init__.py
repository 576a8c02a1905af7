"""Domain and protobuf, both ways; the only place that knows both."""
