"""Commands: load, tell, save."""
