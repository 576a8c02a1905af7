"""Persistence: tables, balances, the shard owner's batches. Knows the domain and its wire forms, never a caller."""
