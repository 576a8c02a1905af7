"""What every adapter of a warehouse or of an ERP must be able to do, and how each of ours says it."""
