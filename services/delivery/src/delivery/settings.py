"""What delivery is told from outside; the kit reads it."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Nothing beyond what every service is told, yet."""
