"""Free ports that stay the same from one start to the next.

A port is taken again if it is still free; otherwise another one is chosen and remembered. The range lies below the one
from which the kernel hands out ports for outgoing connections, so that a restarted server finds its port free. Stacks
that start at the same time choose before anybody listens, so a port is held by a name that goes with its process.
"""

from __future__ import annotations

import json
import random
import socket
import sys
from pathlib import Path

LOWEST, HIGHEST = 20000, 32000
HOST = "127.0.0.1"


class NoFreePort(Exception):
    """Hundreds of ports were tried and all were taken."""


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a connection of a predecessor that is still closing does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


_HELD: dict[int, socket.socket] = {}


def hold(port: int) -> bool:
    """Whether no other process of this machine has chosen the port; from then on none does while this one lives."""
    if port in _HELD or sys.platform != "linux":
        return True
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        held.bind(f"\0crossdock/port/{port}")
    except OSError:
        held.close()
        return False
    _HELD[port] = held
    return True


def free_port(taken: frozenset[int] = frozenset()) -> int:
    """One that nobody has, this process included: what it has chosen before may not be listened on yet."""
    chance = random.SystemRandom()
    for _ in range(500):
        port = chance.randrange(LOWEST, HIGHEST)
        if port not in taken and port not in _HELD and is_free(port) and hold(port):
            return port
    raise NoFreePort


class PortBook:
    """Remembers each name's port in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}

    def take(self, name: str) -> int:
        port = self._ports.get(name)
        if port is None or not is_free(port) or not hold(port):
            port = free_port(frozenset(self._ports.values()))
            self._ports[name] = port
            self._path.write_text(json.dumps(self._ports, indent=2, sort_keys=True))
        return port
