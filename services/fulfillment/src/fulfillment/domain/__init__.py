"""The rules of the trade: standard library, kinds of errors and the form of a process; no input or output."""
