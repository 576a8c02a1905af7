"""What an invoice is due by, as it stands with a shipment and with the invoice."""

from __future__ import annotations

from datetime import datetime

from crossdock_kit.json_rows import Row

from fulfillment.domain.posting import Evidence


def evidence_row(found: Evidence) -> Row:
    return {"basis": found.basis, "reference": found.reference, "at": found.at.isoformat() if found.at else None}


def read_evidence(value: Row | None) -> Evidence | None:
    if not value:
        return None
    at = value["at"]
    return Evidence(str(value["basis"]), str(value["reference"]), datetime.fromisoformat(str(at)) if at else None)
