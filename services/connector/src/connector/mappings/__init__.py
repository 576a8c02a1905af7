"""Parsed documents to canonical messages and back: one module per kind, pure; registry.py lists them."""
