"""Tables of the service and the statements on them."""
