"""The selling side of the load: what is ordered, called off, picked, carried and invoiced while things fail."""
