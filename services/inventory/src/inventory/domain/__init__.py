"""The trade's rules of stock: no database, no broker, no protobuf, nothing that waits."""
