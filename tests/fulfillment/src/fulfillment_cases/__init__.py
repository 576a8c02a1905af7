"""Orders for tests of fulfillment: made in memory, and as calls."""
