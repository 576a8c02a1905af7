"""What inventory is told from outside besides what every service is told."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.settings import ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class InventorySettings(ServiceSettings):
    expiry_seconds: float = setting("CROSSDOCK_INVENTORY_EXPIRY_SECONDS", float, default=1.0)
    """How often lapsed reservations are looked for."""
    availability_seconds: float = setting("CROSSDOCK_INVENTORY_AVAILABILITY_SECONDS", float, default=5.0)
    """How long an availability may be shown that nobody outdated."""
