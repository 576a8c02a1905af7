"""What inventory is told from outside besides what every service is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crossdock_kit.row_files import Form
from crossdock_kit.settings import ServiceSettings, setting


@dataclass(frozen=True, kw_only=True)
class InventorySettings(ServiceSettings):
    expiry_seconds: float = setting("CROSSDOCK_INVENTORY_EXPIRY_SECONDS", float, default=1.0)
    """How often lapsed reservations are looked for."""
    availability_seconds: float = setting("CROSSDOCK_INVENTORY_AVAILABILITY_SECONDS", float, default=5.0)
    """How long an availability may be shown that nobody outdated."""
    snapshot_folder: Path | None = setting("CROSSDOCK_INVENTORY_SNAPSHOT_FOLDER", Path, default=None)
    """Where `python -m inventory snapshot` writes all stock as of the last midnight."""
    snapshot_form: Form = setting("CROSSDOCK_INVENTORY_SNAPSHOT_FORM", Form, default=Form.CSV)
    snapshot_keep: int = setting("CROSSDOCK_INVENTORY_SNAPSHOT_KEEP", int, default=31)
    """How many of a tenant's nights stay there; 0 leaves all of them to somebody else."""
