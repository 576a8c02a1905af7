"""Anybody's files through the catch-all partner: what they refer to is created first, and each comes to a truthful end.

Runs over the folder that CROSSDOCK_CORPUS names, if it names one, and always over the samples of these tests.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest
from connector import references, trial
from connector.domain.documents import State
from connector.store import codes
from connector.use_cases import keep_partners
from connector.wire import crosswalk_entry, item, location, party
from connector_samples import files
from connector_samples.rig import TENANT, TENANTS, Procurement, Rig, a_cause
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.context import caused_by
from crossdock_kit.database import create_engine, transaction
from crossdock_kit.validation import validate
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases

TODAY = date(2026, 11, 2)
ANYONE = trial.Anyone()
ENDS = {State.UNDERSTOOD, State.REFUSED, State.EXCEPTION, State.DUPLICATE}
GOLDEN = Path(__file__).parent / "golden"


def _files() -> Iterator[tuple[str, bytes]]:
    yield "own 850", (GOLDEN / "850.edi").read_bytes()
    yield "own 855", files.acknowledgment()
    yield "own 856", files.ship_notice()
    yield "own 997", files.functional_acknowledgment("7", control=1, written="20261102*0900")
    yield "own 810", files.invoice()
    yield "810 without anything", files.interchange("810", ["BIG*20261102*INV1"])
    yield "nothing", b""
    yield "no edi", b"%PDF-1.7 \x00\xff"
    yield "cut off", files.acknowledgment()[:150]
    corpus = os.environ.get("CROSSDOCK_CORPUS", "")
    for path in sorted(Path(corpus, "x12").rglob("*")) if corpus else ():
        if path.is_file():
            yield f"{path.parent.name}/{path.name}", path.read_bytes()


FILES = dict(_files())


@pytest.fixture(scope="module")
async def trying(migrated: MigratedDatabases, servers: EmbeddedServers) -> AsyncIterator[Rig]:
    fresh = await migrated.fresh("connector")
    engine = create_engine(fresh.urls.database, "connector")
    accepting = Procurement()
    accepting.accepts("SubmitPurchaseOrder", procurement.SubmitPurchaseOrderResponse())
    accepting.accepts("AcknowledgePurchaseOrder", procurement.AcknowledgePurchaseOrderResponse())
    accepting.accepts("RecordShipNotice", procurement.RecordShipNoticeResponse())
    accepting.accepts("RecordSupplierInvoice", procurement.RecordSupplierInvoiceResponse())
    rig = Rig(engine, accepting)
    yield rig
    await engine.stop()
    await servers.drop_database(fresh.name)


async def prepare(rig: Rig, anyone: trial.Anyone, content: bytes) -> references.References:
    found = references.read(content)
    needed = trial.prerequisites(found, anyone, today=TODAY)
    with caused_by(a_cause()):
        for profile in trial.profiles(anyone, found.locations):
            await keep_partners.put_partner(TENANT, profile, rig.uow)
    for request in (needed.master_data, *needed.orders):
        validate(request)
    data = needed.master_data
    async with transaction(rig.engine, TENANTS) as tx:
        await codes.put_things(tx.driver, [item(TENANT, each) for each in data.items])
        await codes.put_things(tx.driver, [location(TENANT, each) for each in data.locations])
        await codes.put_things(tx.driver, [party(TENANT, each) for each in data.parties])
        await codes.put_entries(tx.driver, [crosswalk_entry(TENANT, each) for each in data.crosswalk])
    return found


@pytest.mark.parametrize("name", FILES)
async def test_a_file_of_anybody_comes_to_a_truthful_end(trying: Rig, name: str) -> None:
    content = FILES[name]
    anyone = trial.Anyone(f"anyone-{list(FILES).index(name):03d}")
    found = await prepare(trying, anyone, content)
    if not content:
        assert found.sets == ()
        return
    trying.procurement.requests.clear()
    document = await trying.given(anyone.sender_of(found), content, name=name)
    assert document.state in ENDS
    assert len(document.messages) == sum(each.messages for each in found.sets)
    if document.state is State.REFUSED:
        assert document.reason
    if document.state in {State.REFUSED, State.EXCEPTION}:
        assert await trying.exceptions(document.document_id)
    if document.state is State.UNDERSTOOD:
        assert trying.procurement.requests
        for request in trying.procurement.requests:
            validate(request)
    print(f"\n{name}: {document.state.name} {document.reason or [m.reason for m in document.messages if m.reason][:1]}")


def test_the_order_of_an_invoice_is_named_with_its_prices() -> None:
    [order] = references.read(files.invoice()).orders
    assert (order.number, order.currency, str(order.ordered_on)) == ("4500000001", "EUR", "2026-11-02")
    [line] = order.lines
    assert (line.number, str(line.quantity), line.unit, str(line.price)) == ("10", "100", "EA", "12.5")


def test_the_orders_of_a_ship_notice_are_named_with_what_was_shipped() -> None:
    found = references.read(files.ship_notice())
    [order] = found.orders
    assert (order.number, order.revision, order.ship_to) == ("4500000001", 2, "WH-EAST")
    [line] = order.lines
    assert (line.number, str(line.quantity), line.unit) == ("10", "24", "EA")
    assert dict(line.ids) == {"BP": "A1001", "VP": "ND-77"}
    requests = trial.prerequisites(found, ANYONE, today=TODAY).orders
    assert [each.system_revision for each in requests] == ["1", "2"]
    assert requests == trial.prerequisites(found, ANYONE, today=TODAY).orders
