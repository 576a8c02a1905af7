"""Crossdock's delivery."""
