"""Persistence of master data."""
