"""Customers who send back what was delivered, and a clerk who credits some of an invoice for another reason.

The warehouse that sent it takes it back, and reports receipt and inspection in either order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import grpc
from crossdock.common.v1.values_pb2 import Money
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as postings
from crossdock.fulfillment.v1 import return_service_pb2 as returns
from partners.picking import Parcel
from partners.returning import Returned
from partners.sales.carrier import ParcelCarrier
from partners.sales.desk import SalesDesk
from partners.wms_a import WarehouseA

from faults.caller import SECONDS, Caller, pieces
from faults.selling.load import CURRENCY, Placed

CREDITS = 0.3
"""How often it is a clerk."""
TOO_MUCH = 0.2
REPORTS = (("received", "inspected"), ("inspected", "received"))
CENT = Decimal("0.01")


@dataclass
class ComingBack(Caller):
    """`known` are the orders that the desk was answered, by number."""

    desk: SalesDesk
    carrier: ParcelCarrier
    docks: Sequence[WarehouseA]
    known: Mapping[str, Placed]
    _over: set[str] = field(default_factory=set)
    """Shipments of which something has come back."""

    def __post_init__(self) -> None:
        self._chance = Random(f"coming back/{self.seed}/{self.tenant}")

    async def run(self, pause_seconds: float, until: asyncio.Event) -> None:
        while not until.is_set():
            if arrived := [each for each in self.carrier.parcels if self._may_come_back(each)]:
                parcel = self._chance.choice(arrived)
                act = self._credit if self._chance.random() < CREDITS else self._send_back
                await act(parcel)
            await asyncio.sleep(self._chance.uniform(0.2, 1.8) * pause_seconds)

    def _may_come_back(self, parcel: Parcel) -> bool:
        said = self.carrier.said.get(parcel.shipment, ())
        return "delivered" in said and parcel.order in self.known and parcel.shipment not in self._over

    async def _send_back(self, parcel: Parcel) -> None:
        """Who heard nothing of the authorisation sends it all the same."""
        placed, number = self.known[parcel.order], self.name("RMA")
        lines = self._chance.sample(sorted(parcel.contents), k=self._chance.randint(1, len(parcel.contents)))
        wanted = {line: Decimal(self._chance.randint(1, int(parcel.contents[line]))) for line in lines}
        request = returns.AuthorizeReturnRequest(
            request_id=self.id(),
            origin=self.origin("CHANNEL", number),
            order_id=placed.order_id,
            number=number,
            lines=[returns.WantedBack(line_number=line, quantity=pieces(int(some))) for line, some in wanted.items()],
            reason="customer sends it back",
        )
        operation = self.history.invoke("customer", "AuthorizeReturn", number, self.tenant, request)
        await self.call(operation, self.desk.returns.AuthorizeReturn)
        if operation.outcome != "failed":
            self._over.add(parcel.shipment)
            dock = next(each for each in self.docks if parcel.shipment.startswith(f"SH-{each.floor.mark}"))
            back = Returned(number, parcel.order, wanted, {line: placed.skus[line] for line in wanted})
            dock.begin(dock.returns.take_back(back, self._chance.choice(REPORTS)))

    async def _credit(self, parcel: Parcel) -> None:
        """Some of one of the order's invoices, now and then more than there is of it."""
        placed = self.known[parcel.order]
        invoices = [each for each in await self._postings(placed.order_id) if each.HasField("totals")]
        if not invoices:
            return
        invoice, number = self._chance.choice(invoices), self.name("CR")
        gross = Decimal(invoice.totals.gross.amount)
        part = Decimal(101 if self._chance.random() < TOO_MUCH else self._chance.randint(1, 40)) / 100
        amount = max(CENT, (gross * part).quantize(CENT, ROUND_HALF_UP))
        request = postings.RequestCreditRequest(
            request_id=self.id(),
            origin=self.origin("CRM", number),
            order_id=placed.order_id,
            invoice_posting_id=invoice.posting_id,
            number=number,
            amount=Money(amount=str(amount), currency=CURRENCY),
            reason="scratched",
        )
        operation = self.history.invoke("clerk", "RequestCredit", number, self.tenant, request)
        await self.call(operation, self.desk.postings.RequestCredit)

    async def _postings(self, order_id: str) -> list[posting_pb2.Posting]:
        """Invoices of the order; none where nobody answers now."""
        request = postings.ListPostingsRequest(order_id=order_id, page_size=100)
        try:
            answer = await self.desk.postings.ListPostings(request, metadata=tuple(self.credentials()), timeout=SECONDS)
        except grpc.aio.AioRpcError:
            return []
        return [each for each in answer.postings if each.kind == posting_pb2.POSTING_KIND_INVOICE]
