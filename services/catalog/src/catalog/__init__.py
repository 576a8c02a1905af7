"""Canonical master data: items, parties, locations, and what each partner's codes mean here."""
