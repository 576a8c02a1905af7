"""How long what happened takes until a partner has it: measured once, by the kind of document that tells of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from connector.measuring import FLOWS
from connector_samples.partners import ERP_ROUTES, http
from connector_samples.rig import Rig, received
from crossdock.procurement.events.v1 import events_pb2
from crossdock_kit.deliveries import Retry
from crossdock_kit.ids import born_at
from crossdock_kit.telemetry import metrics, names


@pytest.mark.feature("F054", "F072", "F097")
@pytest.mark.usefixtures("accepting")
async def test_a_fact_is_timed_from_its_record_to_the_partners_answer_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, float, Any]] = []
    monkeypatch.setattr(metrics, "record", lambda *measured: told.append(measured))
    at_night = {"mode": "cron", "cron": "0 3 * * *"}
    for name, unit, more in (("erp-timed", "TIMED", {}), ("erp-night", "NIGHT", {"schedule": at_night})):
        spec = {"role": "ERP", "system": name.upper(), "businessUnit": unit, "transport": http()}
        await rig.partner(name, documents=ERP_ROUTES, **spec, **more)
        event = events_pb2.GoodsReceived(receipt_id=f"id-{unit}", number=f"RC-{unit}", location_id="WH-EAST")
        event.receipt.business_unit = unit
        fact = replace(received(event, f"receipt/id-{unit}"), id=uuid7_of(datetime.now(UTC) - timedelta(seconds=90)))
        await rig.tell_together([fact])
        await rig.send(name, Retry("HTTP 503: busy", timedelta(0)))
        await rig.value("UPDATE delivery SET next_attempt_at = now() WHERE partner = $1", name)
        await rig.send(name)
        assert await rig.send(name) == []
    flows = [each for each in told if each[0] == FLOWS]
    assert [(each[2][names.PARTNER], each[2][names.DOCUMENT_KIND]) for each in flows] == [
        ("erp-timed", "json.goods_receipt"),
        ("erp-night", "json.goods_receipt"),
    ]
    # A document that waits for its slot is late from then on, and this one went before it.
    assert 90 <= flows[0][1] < 600
    assert flows[1][1] == 0


def uuid7_of(at: datetime) -> UUID:
    """A time-ordered id as it was made at an instant."""
    millisecond = int(at.timestamp() * 1000)
    found = UUID(int=(millisecond << 80) | (0x7 << 76) | (0b10 << 62) | 7)
    assert born_at(found) == datetime.fromtimestamp(millisecond / 1000, UTC)
    assert born_at(uuid4()) is None
    return found
