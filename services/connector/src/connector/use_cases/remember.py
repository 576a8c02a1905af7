"""What the connector keeps of other contexts' facts: master data for translation, orders for correlation."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_kit.unit_of_work import Work

from connector.ports import Surroundings
from connector.store import codes, reading_queue
from connector.store.codes import Entry, Thing
from connector.store.orders import KnownOrder
from connector.use_cases.telling import Telling


async def remember_things(things: Sequence[Thing], work: Work, around: Surroundings) -> None:
    await codes.put_things(work.driver, things)
    await _wake(work, around)


async def remember_codes(entries: Sequence[Entry], work: Work, around: Surroundings) -> None:
    await codes.put_entries(work.driver, entries)
    await _wake(work, around)


async def _wake(work: Work, around: Surroundings) -> None:
    """Every change may be what a document waits for."""
    await reading_queue.wake_waiting(work.driver, work.tenants)
    work.after_commit(around.nudge)


def remember_order(tenant: str, order: purchase_order_pb2.PurchaseOrder, telling: Telling) -> None:
    telling.learn(
        KnownOrder(
            tenant, order.purchase_order_id, order.business_unit, order.number, order.supplier_id, order.revision
        )
    )
