"""Ratios, not absolute figures: each measurement stands beside the naive way of doing the same work in one run.

Nothing here is a test; no test depends on the clock.
"""
