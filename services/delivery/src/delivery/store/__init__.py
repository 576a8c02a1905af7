"""Shipments and scans in PostgreSQL."""
