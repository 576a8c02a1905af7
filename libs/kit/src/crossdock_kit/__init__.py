"""Mechanism that every Crossdock service shares. It knows no noun of the trade, no service and no context's contract."""
