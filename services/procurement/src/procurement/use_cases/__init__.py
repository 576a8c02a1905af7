"""What can be done: commands, and for each one function that loads, tells and saves."""
