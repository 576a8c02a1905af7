"""A contract that exists only for tests of the kit: every shape of a method, with rules and options like a real one.

Built from descriptors in Python, so that no proto of a test is published beside the real contracts.
"""

from kit_probe.contract import Answer, Book, Echo, Item, Many, ProbeStub, add_probe_to_server
from kit_probe.servicer import ProbeServicer

__all__ = ["Answer", "Book", "Echo", "Item", "Many", "ProbeServicer", "ProbeStub", "add_probe_to_server"]
