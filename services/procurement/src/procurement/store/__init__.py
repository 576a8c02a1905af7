"""Persistence: aggregates as rows, everything one work changed written in a few set-based statements."""
