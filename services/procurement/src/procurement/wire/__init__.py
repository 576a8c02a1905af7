"""Domain ↔ protobuf, both ways and total; the only place that knows both."""
