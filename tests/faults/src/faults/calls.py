"""The load of service teams: reservations and what becomes of them, adjustments, orders, answers, notices, by gRPC.

Replicas are called too. How each call is made says `caller`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from google.protobuf.duration_pb2 import Duration
from partners.suite import Suite

from faults import world
from faults.caller import Caller, day, pieces

SHARES = {"reserve": 46, "release": 14, "commit": 8, "stock": 10, "order": 12, "answer": 7, "ship": 7}
HOLDS = (2, 4, 8, 3600)
FEW = (1, 1, 1, 1, 3)
"""How many baskets a shop asks for at once."""
RUSHING = 5


@dataclass
class Clients(Caller):
    """Callers of one tenant. `suites` are ways to the same suite: by each replica of a service that has one. `rush` is
    the part of the reservations in which several want the same scarce item at once; `baskets` are the sizes of the
    other calls."""

    suites: Sequence[Suite]
    orders: bool = True
    rush: float = 0.0
    baskets: Sequence[int] = FEW
    _zipf: world.Zipf = field(default_factory=world.Zipf)
    _held: list[str] = field(default_factory=list)
    placed: list[tuple[str, str, str]] = field(default_factory=list)
    answered: list[tuple[str, str, str]] = field(default_factory=list)

    async def open_stock(self, scarce: int) -> None:
        """Five items with so little stock, the others with plenty."""
        for start in range(0, len(world.SKUS), 50):
            rows = [
                self._adjustment(sku, site, scarce if sku in world.SCARCE else 100_000)
                for sku in world.SKUS[start : start + 50]
                for site in world.SITES
            ]
            name = f"OPEN-{self.tenant}-{start}"
            request = inventory.AdjustStockRequest(
                request_id=self.id(), origin=self.origin("WMS", name), adjustments=rows
            )
            operation = self.history.invoke("stocktaker", "AdjustStock", name, self.tenant, request)
            self.history.end(
                operation, "ok", answer=await self.suites[0].call(self.suites[0].inventory.AdjustStock, request)
            )

    async def run(self, at_once: int, pause_seconds: float, until: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(self._client(f"{self.tenant}-{number}", pause_seconds, until))

    async def _client(self, name: str, pause_seconds: float, until: asyncio.Event) -> None:
        acts: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "reserve": self._reserve,
            "release": self._release,
            "commit": self._commit,
            "stock": self._restock,
            "order": self.order,
            "answer": self.answer,
            "ship": self._ship,
        }
        kinds = [each for each in SHARES if self.orders or each not in ("order", "answer", "ship")]
        while not until.is_set():
            kind = self._chance.choices(kinds, weights=[SHARES[each] for each in kinds])[0]
            await acts[kind](name)
            await asyncio.sleep(self._chance.uniform(0.2, 1.8) * pause_seconds)

    # --- stock

    async def _reserve(self, name: str) -> None:
        if self._chance.random() < self.rush:
            sku, site = self._chance.choice(world.SCARCE), self._chance.choice(list(world.SITES))
            await asyncio.gather(*(self._reserve_these(name, [self._rushed(sku, site)]) for _ in range(RUSHING)))
        else:
            await self._reserve_these(name, [self._basket() for _ in range(self._chance.choice(self.baskets))])

    async def _reserve_these(self, name: str, baskets: list[inventory.ReservationRequest]) -> None:
        request = inventory.ReserveStockRequest(reservations=baskets)
        operation = self.history.invoke(
            name, "ReserveStock", ",".join(each.reference for each in baskets), self.tenant, request
        )
        suite = self._chance.choice(self.suites)
        await self.call(operation, suite.inventory.ReserveStock)
        if operation.outcome == "ok":
            self._held += [
                each.reservation.reservation_id for each in operation.answer.results if each.HasField("reservation")
            ]

    def _basket(self) -> inventory.ReservationRequest:
        skus = dict.fromkeys(self._zipf.draw(self._chance) for _ in range(self._chance.choice((1, 1, 1, 2, 3))))
        lines = [inventory.ReservationLine(sku=sku, quantity=pieces(self._chance.randint(1, 5))) for sku in skus]
        basket = inventory.ReservationRequest(
            request_id=self.id(),
            business_unit=world.UNIT,
            channel="shop",
            lines=lines,
            reference=self.name("RES"),
            hold=Duration(seconds=self._chance.choice(HOLDS)),
        )
        if self._chance.random() < 0.7:
            basket.locations.append(self._chance.choice(list(world.SITES)))
        return basket

    def _rushed(self, sku: str, site: str) -> inventory.ReservationRequest:
        """What several want of one scarce item in the same moment."""
        return inventory.ReservationRequest(
            request_id=self.id(),
            business_unit=world.UNIT,
            channel="shop",
            lines=[inventory.ReservationLine(sku=sku, quantity=pieces(self._chance.randint(2, 5)))],
            reference=self.name("RES"),
            hold=Duration(seconds=HOLDS[-1]),
            locations=[site],
        )

    async def _release(self, name: str) -> None:
        if self._held:
            taken = self._held.pop(self._chance.randrange(len(self._held)))
            request = inventory.ReleaseReservationsRequest(
                request_id=self.id(), reservation_ids=[taken], reason="proof"
            )
            operation = self.history.invoke(name, "ReleaseReservations", taken, self.tenant, request)
            await self.call(operation, self._chance.choice(self.suites).inventory.ReleaseReservations)

    async def _commit(self, name: str) -> None:
        if self._held:
            taken = self._held[self._chance.randrange(len(self._held))]
            request = inventory.CommitReservationsRequest(request_id=self.id(), reservation_ids=[taken])
            operation = self.history.invoke(name, "CommitReservations", taken, self.tenant, request)
            await self.call(operation, self._chance.choice(self.suites).inventory.CommitReservations)

    async def _restock(self, name: str) -> None:
        """A little more of a scarce item, or a correction of a plentiful one."""
        scarce = self._chance.random() < 0.5
        sku = self._chance.choice(world.SCARCE) if scarce else self._chance.choice(world.SKUS[5:])
        number = self.name("ADJ")
        amount = self._chance.randint(1, 6) if scarce else self._chance.choice((-3, -1, 2, 4))
        rows = [self._adjustment(sku, self._chance.choice(list(world.SITES)), amount)]
        request = inventory.AdjustStockRequest(
            request_id=self.id(), origin=self.origin("WMS", number), adjustments=rows
        )
        operation = self.history.invoke(name, "AdjustStock", number, self.tenant, request)
        await self.call(operation, self._chance.choice(self.suites).inventory.AdjustStock)

    def _adjustment(self, sku: str, site: str, amount: int) -> inventory.Adjustment:
        return inventory.Adjustment(
            sku=sku,
            location_id=site,
            business_unit=world.UNIT,
            bucket=inventory.ACCOUNT_SELLABLE,
            quantity=pieces(amount),
            reason="AA",
        )

    # --- orders

    async def order(self, name: str) -> None:
        number, supplier = self.name("PO"), self._chance.choice(world.API)
        sku, site = self._zipf.draw(self._chance), self._chance.choice(list(world.SITES))
        line = procurement.OrderedLine(
            line_number="10",
            sku=sku,
            ordered=pieces(self._chance.randint(1, 30)),
            requested=[],
        )
        request = procurement.SubmitPurchaseOrderRequest(
            request_id=self.id(),
            origin=self.origin("ERP", number),
            purpose=procurement.ORDER_PURPOSE_UPSERT,
            business_unit=world.UNIT,
            number=number,
            system_revision="1",
            supplier_id=world.party(supplier),
            currency="EUR",
            ordered_on=day(0),
            ship_to_id=site,
            lines=[line],
        )
        operation = self.history.invoke(name, "SubmitPurchaseOrder", number, self.tenant, request)
        await self.call(operation, self._chance.choice(self.suites).procurement.SubmitPurchaseOrder)
        if operation.outcome == "ok":
            self.placed.append((number, supplier, line.ordered.value))

    async def answer(self, name: str) -> None:
        if not self.placed:
            return
        number, supplier, quantity = self.placed.pop(0)
        said = procurement.LineAcknowledgment(
            outcome=procurement.ACKNOWLEDGMENT_OUTCOME_ACCEPTED,
            code="IA",
            quantity=pieces(int(quantity)),
            date=day(7),
        )
        request = procurement.AcknowledgePurchaseOrderRequest(
            request_id=self.id(),
            origin=self.origin("SUPPLIER", f"ACK-{number}"),
            ref=inbound_pb2.PurchaseOrderRef(number=number, business_unit=world.UNIT),
            supplier_id=world.party(supplier),
            revision=1,
            revision_basis=procurement.REVISION_BASIS_CARRIED,
            lines=[procurement.AcknowledgedLine(line_number="10", acknowledgments=[said])],
        )
        operation = self.history.invoke(name, "AcknowledgePurchaseOrder", number, self.tenant, request)
        await self.call(operation, self._chance.choice(self.suites).procurement.AcknowledgePurchaseOrder)
        self.answered.append((number, supplier, quantity))

    async def _ship(self, name: str) -> None:
        if not self.answered:
            return
        number, supplier, quantity = self.answered.pop(0)
        notice = f"N{number}"
        row = inbound_pb2.ShipNoticeLine(
            line_id="1", purchase_order_number=number, line_number="10", shipped=pieces(int(quantity))
        )
        request = procurement.RecordShipNoticeRequest(
            request_id=self.id(),
            origin=self.origin("SUPPLIER", notice),
            purpose=procurement.NOTICE_PURPOSE_ORIGINAL,
            number=notice,
            supplier_id=world.party(supplier),
            expected_on=day(7),
            lines=[row],
        )
        operation = self.history.invoke(name, "RecordShipNotice", notice, self.tenant, request)
        await self.call(operation, self._chance.choice(self.suites).procurement.RecordShipNotice)
