"""Stock as a double-entry ledger, and the promises made on it."""
