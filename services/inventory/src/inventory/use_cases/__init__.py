"""What inventory does: load, tell, save."""
