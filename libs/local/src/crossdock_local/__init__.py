"""The embedded stack: real PostgreSQL, NATS and Valkey from wheels, and the services on top, on one machine.

It starts services by name and knows none of their code.
"""
