"""The trade's rules of the inbound side. Synchronous, stdlib only; knows no database, no broker and no protobuf."""
