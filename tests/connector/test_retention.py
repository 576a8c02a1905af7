"""The end of a raw document's time: its key goes, its hash and its history stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from connector.retention import Retention
from connector_samples.rig import TENANT, Rig
from crossdock_kit.crypto import KeyDropped
from crossdock_kit.testing import FixedClock


async def test_after_their_time_raw_bytes_are_gone_and_the_hash_stays(rig: Rig) -> None:
    document = await rig.given("wms-east", b"{}", path="receipts")
    later = FixedClock(datetime.now(UTC) + timedelta(days=500))
    retention = Retention(rig.engine, (TENANT,), later, timedelta(days=400))
    early = Retention(rig.engine, (TENANT,), FixedClock(datetime.now(UTC)), timedelta(days=400))
    assert await early.round() == 0
    assert await retention.round() > 0
    stored = await rig.value("SELECT content FROM document WHERE document_id = $1", document.document_id)
    with pytest.raises(KeyDropped):
        async with rig.uow(tenants=(TENANT,)) as work:
            await rig.around.vault.open(work.driver, document.kept, stored)
    assert (await rig.document(document.document_id)).sha256 == document.sha256
