"""Typed views of X12 transaction sets, each set in a module named for what it is."""
