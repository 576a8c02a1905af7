"""Free ports that stay the same from one start to the next.

A port is taken again if it is still free; otherwise another one is chosen and remembered. The range lies below the one
from which the kernel hands out ports for outgoing connections, so that a restarted server finds its port free.
"""

from __future__ import annotations

import json
import random
import socket
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


def free_port(taken: frozenset[int] = frozenset()) -> int:
    chance = random.SystemRandom()
    for _ in range(500):
        port = chance.randrange(LOWEST, HIGHEST)
        if port not in taken and is_free(port):
            return port
    raise NoFreePort


class PortBook:
    """Remembers each name's port in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}

    def take(self, name: str) -> int:
        port = self._ports.get(name)
        if port is None or not is_free(port):
            port = free_port(frozenset(self._ports.values()))
            self._ports[name] = port
            self._path.write_text(json.dumps(self._ports, indent=2, sort_keys=True))
        return port
