"""Traces, metrics and logs: names in one module, nothing sent unless an endpoint is configured."""
