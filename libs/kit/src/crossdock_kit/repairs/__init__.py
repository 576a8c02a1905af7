"""What operators do to work that does not go on by itself: retry, discard, cancel, replay, reconcile.

Each way is written once: the RPCs and, through them, the command line use these functions. All of them act on the rows
that already guard against doubling (inbox, watermarks, delivery records), so none of them can do a thing twice.
"""
