"""Rules of master data: stdlib and the kit's kinds of errors only."""
