"""Shipments for tests of delivery: made in memory, and as calls."""
