"""What the tests of catalog run against."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.database import Engine
from crossdock_kit.testing import RunningServer


@dataclass(frozen=True, slots=True)
class RunningCatalog:
    """A real server on a real database."""

    server: RunningServer
    engine: Engine
