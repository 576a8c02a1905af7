"""Mechanism that every Crossdock service shares; it knows no noun of the trade and no context's contract."""
