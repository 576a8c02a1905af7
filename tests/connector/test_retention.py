"""The end of a raw document's time: its key goes, its hash and its history stay, and other partners' stay readable."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from connector_samples.rig import TENANT, Rig
from crossdock_kit import policy
from crossdock_kit.crypto import DocumentVault, KeyDropped, MasterKey
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.retention import POLICY, Retention


async def test_after_their_time_raw_bytes_are_gone_and_the_hash_stays(rig: Rig) -> None:
    ended = await rig.given("wms-east", b"{}", path="receipts")
    kept = await rig.given("sup-nordic", b"[]")
    retention = Retention(rig.engine, (TENANT,), DocumentVault(MasterKey("test", {"test": bytes(32)})))
    assert await retention.once() == 0
    # Sixty days fewer than none: this month is over for that partner.
    over = NewRule(key=POLICY, value=-60, valid_from=datetime(2020, 1, 1, tzinfo=UTC), scope=Scope(partner="wms-east"))
    async with rig.uow(tenants=(TENANT,)) as work:
        await policy.add(work.driver, TENANT, over)
    assert await retention.once() == 1
    async with rig.uow(tenants=(TENANT,)) as work:
        content = await work.driver.fetchval("SELECT content FROM document WHERE document_id = $1", kept.document_id)
        assert await rig.around.vault.within(work.driver).open(kept.kept, content) == b"[]"
    stored = await rig.value("SELECT content FROM document WHERE document_id = $1", ended.document_id)
    with pytest.raises(KeyDropped):
        async with rig.uow(tenants=(TENANT,)) as work:
            await rig.around.vault.within(work.driver).open(ended.kept, stored)
    assert (await rig.document(ended.document_id)).sha256 == ended.sha256
