"""What the service is told from outside beside what every service is told."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.settings import ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    # How long a document may wait for master data before somebody is told.
    master_data_patience_seconds: int = setting("CROSSDOCK_MASTER_DATA_PATIENCE_SECONDS", int, default=4 * 3600)
