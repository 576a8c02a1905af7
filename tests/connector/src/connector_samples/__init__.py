"""Orders, events and partners that the connector's tests share."""
