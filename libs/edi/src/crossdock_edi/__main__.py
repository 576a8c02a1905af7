"""`python -m crossdock_edi`."""

from crossdock_edi.command_line import run

run()
