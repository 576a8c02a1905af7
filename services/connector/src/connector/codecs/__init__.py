"""Bytes to parsed documents and back. Knows formats, never the trade."""
