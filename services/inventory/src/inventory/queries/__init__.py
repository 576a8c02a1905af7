"""Reads that skip the domain and come straight from SQL."""
