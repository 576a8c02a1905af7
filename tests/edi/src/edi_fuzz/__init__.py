"""Throws broken files at the EDI library: how files are broken, and what must hold of whatever comes out."""
