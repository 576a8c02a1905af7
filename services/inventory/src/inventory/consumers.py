"""What inventory does when others announce something: wire in, use case. Many events at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossdock.catalog.events.v1 import events_pb2 as catalog
from crossdock.connector.events.v1 import events_pb2 as connector
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock_kit.context import Cause
from crossdock_kit.events import AnyReceived, Received
from crossdock_kit.subscriptions import Subscription
from crossdock_kit.subscriptions.model import Handler
from crossdock_kit.unit_of_work import Work
from google.protobuf.message import Message

from inventory import ports
from inventory.domain.coming_back import ReturnFact
from inventory.domain.item import Location
from inventory.domain.outbound import OutboundFact
from inventory.domain.serials import NamedSerials
from inventory.use_cases.inbound import (
    BookInbound,
    book_inbound,
    book_receipts,
    mark_posted,
    move_arrivals,
    take_items,
    take_locations,
)
from inventory.use_cases.outbound import book_outbound
from inventory.use_cases.stock_moves import release_certified
from inventory.wire import inbound as wire
from inventory.wire import outbound as outbound_wire
from inventory.wire import stock_moves as stock_moves_wire

NAME = "inventory"


Opens = Callable[[Work, Mapping[str, Cause]], ports.Work]


@dataclass(frozen=True, slots=True)
class Consumers:
    """`opens` gives the consumer's transaction under inventory's names; `master_data_changed` is called once new master
    data is durable."""

    opens: Opens
    master_data_changed: Callable[[], None] = lambda: None

    def subscriptions(self) -> list[Subscription]:
        """All that inventory listens to."""
        return [
            Subscription(name=NAME, source="procurement", handlers=self._of_procurement(), owner="procurement"),
            Subscription(
                name=NAME,
                source="catalog",
                handlers={catalog.ItemChanged: self.on_items, catalog.LocationChanged: self.on_locations},
                owner="master-data",
            ),
            Subscription(
                name=NAME,
                source="fulfillment",
                handlers={
                    fulfillment.PickCompleted: self._issuing(outbound_wire.picks, outbound_wire.pieces),
                    fulfillment.RecallAnswered: self._issuing(outbound_wire.recalls, outbound_wire.pieces),
                    fulfillment.GoodsIssued: self._issuing(outbound_wire.goods_issues, outbound_wire.pieces),
                    fulfillment.ReturnReceived: self._issuing(outbound_wire.returns, outbound_wire.returned_pieces),
                    fulfillment.ReturnInspected: self._issuing(
                        outbound_wire.inspections, outbound_wire.returned_pieces
                    ),
                    fulfillment.PostingBooked: self.on_shipments_posted,
                    fulfillment.PostingRefused: self.on_shipments_posted,
                },
                owner="warehouse",
            ),
            Subscription(
                name=NAME,
                source="connector",
                handlers={connector.DocumentSent: self.on_document_sent},
                owner="integration",
            ),
        ]

    def _of_procurement(self) -> dict[type[Message], Handler]:
        return {
            procurement.PurchaseOrderReleased: self._booking(wire.ordered),
            procurement.PurchaseOrderRevised: self._booking(wire.ordered),
            procurement.PurchaseOrderCancelled: self._booking(wire.ordered),
            procurement.PurchaseOrderAcknowledged: self._booking(wire.ordered),
            procurement.PurchaseOrderChangeDecided: self._booking(wire.ordered),
            procurement.PurchaseOrderCarriageChanged: self._booking(wire.ordered),
            procurement.ShipNoticeReceived: self._booking(wire.announced),
            procurement.ShipNoticeWithdrawn: self._booking(wire.withdrawn),
            procurement.ShipNoticeClosed: self._booking(wire.closed),
            procurement.InboundExpected: self.on_expected,
            procurement.GoodsReceived: self.on_goods_received,
            procurement.ComplianceHoldReleased: self.on_certified,
        }

    def _opened(self, work: Work, events: Iterable[AnyReceived]) -> ports.Work:
        """What is announced follows from the event that told it."""
        return self.opens(work, {str(event.id): event.cause for event in events})

    def _booking(self, read: Callable[[Sequence[Any]], BookInbound]) -> Handler:
        async def book(events: Sequence[AnyReceived], work: Work) -> None:
            await book_inbound(read(events), self._opened(work, events))

        return book

    def _issuing(
        self,
        read: Callable[[Sequence[Any]], Sequence[OutboundFact | ReturnFact]],
        pieces: Callable[[Sequence[Any]], Sequence[NamedSerials]],
    ) -> Handler:
        async def book(events: Sequence[AnyReceived], work: Work) -> None:
            await book_outbound(read(events), self._opened(work, events), pieces(events))

        return book

    async def on_expected(self, events: Sequence[Received[procurement.InboundExpected]], work: Work) -> None:
        if arrivals := wire.arrivals(events):
            await move_arrivals(arrivals, self._opened(work, events))

    async def on_goods_received(self, events: Sequence[Received[procurement.GoodsReceived]], work: Work) -> None:
        opened = self._opened(work, events)
        locations: dict[tuple[str, str], Location] = {}
        for tenant in {event.tenant for event in events}:
            ids = {event.message.location_id for event in events if event.tenant == tenant}
            known = await opened.master_data.known_locations(tenant, ids)
            locations |= {(tenant, name): location for name, location in known.items()}
        await book_receipts(wire.receipts(events, locations), opened)

    async def on_certified(self, events: Sequence[Received[procurement.ComplianceHoldReleased]], work: Work) -> None:
        opened = self._opened(work, events)
        for command in map(stock_moves_wire.certified, events):
            if command is not None:
                await release_certified(command, opened)

    async def on_document_sent(self, events: Sequence[Received[connector.DocumentSent]], work: Work) -> None:
        await mark_posted(wire.postings(events), self._opened(work, events))

    async def on_shipments_posted(
        self, events: Sequence[Received[fulfillment.PostingBooked] | Received[fulfillment.PostingRefused]], work: Work
    ) -> None:
        await mark_posted(outbound_wire.shipment_postings(events), self._opened(work, events))

    async def on_items(self, events: Sequence[Received[catalog.ItemChanged]], work: Work) -> None:
        await take_items(wire.items(events), self._opened(work, events))
        work.after_commit(self.master_data_changed)

    async def on_locations(self, events: Sequence[Received[catalog.LocationChanged]], work: Work) -> None:
        await take_locations(wire.locations(events), self._opened(work, events))
        work.after_commit(self.master_data_changed)
