"""The selling side of a day: its channels, its carriers, who plays them, and the judge of what each of them holds."""
