"""Turns PartnerConnector resources into running connectors and reports their business health."""
