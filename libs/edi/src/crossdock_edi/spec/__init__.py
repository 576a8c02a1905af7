"""What a segment and a transaction set must look like, as data in our own words, and the check against it."""
