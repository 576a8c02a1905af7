"""Domain to protobuf and back, by message."""
