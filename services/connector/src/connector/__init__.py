"""Partner documents: what came in and went out, what became of it, and translation to and from canonical messages."""
