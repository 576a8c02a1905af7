"""What the service does, one function per purpose: load, tell, save."""
