"""Rules about documents: stdlib only, no I/O."""
