"""Typed views of EDIFACT messages, each message type in a module named for what it is."""
