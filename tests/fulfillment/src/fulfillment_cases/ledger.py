"""The ERP as it answers, and what delivery tells of shipments: calls and events on a served fulfillment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.consumers import asked_again
from fulfillment.domain.posting import Evidence
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork, on
from fulfillment.use_cases.commands import BillShipment
from fulfillment.use_cases.owing import bill

from fulfillment_cases.calls import SECONDS, origin
from fulfillment_cases.warehouse import now

ERP = origin(options_pb2.ROLE_ERP, "ERP-EU")


def euros(amount: str, currency: str = "EUR") -> common.Money:
    return common.Money(amount=amount, currency=currency)


def totals(net: str = "100.00", tax: str = "19.00", gross: str = "119.00") -> posting_pb2.Totals:
    return posting_pb2.Totals(net=euros(net), tax=euros(tax), gross=euros(gross))


def shown(found: posting_pb2.Posting) -> str:
    """ "order requested" """
    kind = posting_pb2.PostingKind.Name(found.kind).removeprefix("POSTING_KIND_")
    state = posting_pb2.PostingState.Name(found.state).removeprefix("POSTING_STATE_")
    return f"{kind} {state}".lower()


@dataclass(frozen=True, slots=True)
class Ledger:
    stub: Any
    uow: UnitOfWork
    tenant: str = "acme"

    async def answer(self, posting_id: str, number: str = "", **more: Any) -> pb.RecordPostingResponse:
        said: dict[str, Any] = {"origin": ERP, "posting_id": posting_id, "number": number, "posted_at": now()}
        request = pb.RecordPostingRequest(request_id=str(uuid4()), **said | more)
        answer: pb.RecordPostingResponse = await self.stub.RecordPosting(request, timeout=SECONDS)
        return answer

    async def credit(self, order_id: str, invoice: str, number: str, amount: str) -> pb.RequestCreditResponse:
        request = pb.RequestCreditRequest(
            request_id=str(uuid4()),
            origin=ERP,
            order_id=order_id,
            invoice_posting_id=invoice,
            number=number,
            amount=euros(amount),
        )
        answer: pb.RequestCreditResponse = await self.stub.RequestCredit(request, timeout=SECONDS)
        return answer

    async def postings(self, **filters: Any) -> list[posting_pb2.Posting]:
        """Page by page, two at a time."""
        found: list[posting_pb2.Posting] = []
        request, more = pb.ListPostingsRequest(page_size=2, **filters), True
        while more:
            page = await self.stub.ListPostings(request, timeout=SECONDS)
            found.extend(page.postings)
            request.page_token, more = page.next_page_token, bool(page.next_page_token)
        return found

    async def books(self, order_id: str) -> dict[str, str]:
        """Posting ids of an order by "order requested"; of several alike the last."""
        return {shown(each): each.posting_id for each in await self.postings(order_id=order_id)}

    async def triggered(self, shipment_id: str, *order_ids: str, proof: str = "") -> None:
        """Delivery says that the shipment can be invoiced, by a proof if it is named."""
        evidence = Evidence("PROOF", proof, datetime(2026, 3, 4, tzinfo=UTC)) if proof else None
        with caused_by(self._cause()):
            async with FulfillmentUnitOfWork(self.uow)() as work:
                await bill(BillShipment(shipment_id, "SH", order_ids, evidence), work)

    async def again(self, subject: str) -> None:
        """Somebody retries an exception with this subject."""
        with caused_by(self._cause()):
            async with self.uow(tenants=[self.tenant]) as work:
                await asked_again(on)(subject, work)

    def _cause(self) -> Cause:
        name = str(uuid4())
        return Cause("event", "test", self.tenant, "tester", name, name, "", datetime.now(UTC))
