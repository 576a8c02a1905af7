"""Plays a day: master data and profiles first, then every order at once, then only watches until all is settled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.connector.v1 import partner_pb2
from crossdock.procurement.v1 import purchase_order_pb2 as po

from partners.acknowledged import unacknowledged
from partners.books import ItemCard
from partners.cast import DayCast
from partners.day import Day, Order, Step
from partners.journal import ISSUES, RECEIPTS, Entry
from partners.sales.play import SalesPlay
from partners.stock.play import StockPlay
from partners.suite import Suite
from partners.warehouse import Counted

LONGEST_SECONDS = 330.0
"""In which nothing moves: longer than the longest pause before a partner that was away is tried again."""
PAUSE_SECONDS = 0.25
REPORT_SECONDS = 2.0
RELEASES_AT_ONCE = 8
ENDED = frozenset(
    {
        po.PURCHASE_ORDER_STATE_COMPLETED,
        po.PURCHASE_ORDER_STATE_CANCELLED,
        po.PURCHASE_ORDER_STATE_REJECTED,
    }
)


class NotSettled(Exception):
    """The day did not come to its end in time; the text says what was still open."""


@dataclass(slots=True)
class Conductor:
    """`say` prints one progress line. `late` is master data that its keeper withholds until a document waits for it,
    `repacked` what people say of packagings once the day has begun."""

    day: Day
    cast: DayCast
    suite: Suite
    cards: Mapping[str, ItemCard]
    late: Mapping[str, Any]
    repacked: Mapping[str, Any]
    say: Callable[[str], None]
    sales: SalesPlay
    stock: StockPlay
    _decisions: list[tuple[str, str]] = field(default_factory=list)
    _done: set[int] = field(default_factory=set)
    _decided: set[int] = field(default_factory=set)
    _said: str = ""
    _say_again: float = 0.0

    async def prepare(self, master_data: Mapping[str, Any], profiles: list[partner_pb2.PartnerProfile]) -> None:
        """Loads who and what everybody is, and waits until every service knows it."""
        await self.suite.load(master_data)
        self.say(f"master data: {len(master_data['items'])} items, {len(master_data['locations'])} locations")
        for profile in profiles:
            if url := (self.cast.urls | self.sales.cast.urls).get(profile.partner):
                profile.transport.http.url = url
            await self.suite.put_partner(profile)
        self.say(f"partners: {', '.join(profile.partner for profile in profiles)}")
        await self._until(self.suite.quiet, "services still learn the master data", 60)
        await self.sales.prepare()
        await self.stock.prepare()

    async def play(self) -> None:
        """Raises NotSettled, or what a partner could not do."""
        self.cast.erp.decide = lambda order, line: self._decisions.append((order, line))
        at_once = asyncio.Semaphore(RELEASES_AT_ONCE)

        async def release(order: Order) -> None:
            async with at_once:
                await self.cast.erp_of(order).release(order)

        await asyncio.gather(*(release(order) for order in self.day.orders))
        self.say(f"{len(self.day.orders)} purchase orders released by the ERP")
        await self._until(self._settled, "not settled", LONGEST_SECONDS)

    async def _settled(self) -> bool:
        self.cast.check()
        await self.sales.step()
        await self.stock.step()
        await self._decide()
        await self._act()
        self._report()
        if (
            self.cast.busy
            or self.sales.busy
            or self.cast.unfinished
            or self.stock.open
            or len(self._done) < len(self.day.events) + len(self.day.strays)
        ):
            return False
        if not await self.suite.quiet() or await self._open_orders():
            return False
        return not await unacknowledged(self.cast, self.suite)

    async def _open_orders(self) -> list[str]:
        """Orders that have neither ended nor an open exception that somebody owns."""
        exceptions = await self.suite.open_exceptions()
        owned = {id_ for row in exceptions if row.owner for id_ in row.transaction_ids}
        orders = await self.suite.purchase_orders()
        placed = {(order.number, order.business_unit) for order in orders}
        missing = {order.number for order in self.day.orders if (order.number, order.business_unit) not in placed}
        going = [o.number for o in orders if o.state not in ENDED and o.purchase_order_id not in owned]
        return sorted(missing) + going + await self.sales.open(exceptions)

    async def _until(self, condition: Callable[[], Any], why: str, seconds: float) -> None:
        """Waits for a condition that holds twice in a row, because work may be between two services: as long as
        something moves, however slowly, and `seconds` after that."""
        deadline, held, stood = time.monotonic() + seconds, 0, ""
        while held < 2:
            held = held + 1 if await condition() else 0
            if stood != (stood := self._said):
                deadline = time.monotonic() + seconds
            if time.monotonic() > deadline:
                raise NotSettled(await self._account(why))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _account(self, why: str) -> str:
        rows = await self.suite.backlog()
        backlog = [
            f"{n}: {r.unpublished} unpublished, {r.unprocessed} unprocessed, {r.held} held, {r.undelivered} undelivered"
            for n, r in rows.items()
        ]
        waiting = await self.suite.unfinished()
        parts = [
            why,
            *backlog,
            *waiting,
            *self.cast.unfinished,
            *self.stock.open,
            *await unacknowledged(self.cast, self.suite),
            f"open orders: {', '.join(await self._open_orders()) or 'none'}",
        ]
        return "\n  ".join(parts)

    async def _decide(self) -> None:
        """The buyer's part: decides each proposed change as the day says."""
        pending, self._decisions = self._decisions, []
        for number, line in pending:
            order = self.day.order(number)
            steps = order.steps_of("buyer_does") if order else ()
            step = next((s for s in steps if s.on == (f"proposed:{line}",)), None)
            if order is None or step is None or id(step) in self._decided:
                continue
            self._decided.add(id(step))
            current = (await self.suite.purchase_order(number, order.business_unit)).purchase_order
            await self.suite.decide(current, line, accept=step.do == "accept")
            self.say(f"the buyer {step.do}s line {line} of {number}")
            self.cast.suppliers[order.supplier].script.saw(number, "decided")

    async def _act(self) -> None:
        """The steps of the whole day and the strays, once what they wait for is there."""
        for index, step in enumerate((*self.day.events, *self._stray_steps())):
            if index not in self._done and all([await self._reached(trigger) for trigger in step.on]):
                await self._do(index, step)

    def _stray_steps(self) -> list[Step]:
        return [Step((row["when"],), "stray", row) for row in self.day.strays]

    async def _reached(self, trigger: str) -> bool:
        """`posted:10` goods receipts at the ERP, `reported:30` receipts of the warehouses, `waiting:1` documents,
        `notice:SN-1` a ship notice that its warehouse was told of, `issued:8` goods issues, `back:R-1` a return that
        its warehouse has reported."""
        word, _, count = trigger.partition(":")
        if word == "posted":
            return len(self.cast.erp.receipts) >= int(count)
        if word == "reported":
            return len([e for e in self._said_by_warehouses() if e.kind in RECEIPTS]) >= int(count)
        if word == "issued":
            return len([e for e in self._said_by_warehouses() if e.kind in ISSUES]) >= int(count)
        if word == "notice":
            return any(warehouse.expects(count) for warehouse in self.cast.warehouses.values())
        if word == "back":
            return {f"RR-{count}", f"RI-{count}"} <= {entry.key for entry in self._said_by_warehouses()}
        if word == "waiting":
            request = connector.ListDocumentsRequest(state=connector.DOCUMENT_STATE_WAITING, page_size=100)
            answer = await self.suite.call(self.suite.connector.ListDocuments, request)
            return len(answer.documents) >= int(count)
        raise ValueError(f"no such trigger: {trigger}")

    def _said_by_warehouses(self) -> list[Entry]:
        return [e for w in self.cast.warehouses.values() for e in self.cast.journal.of(w.partner, "sent")]

    async def _do(self, index: int, step: Step) -> None:
        if step.do == "outage" and not self.sales.erp_has_typed:
            return
        if step.do == "outage" and not self.cast.erp.faults.silent:
            self.cast.erp.faults.silent = True
            self.say(f"{step.facts['partner']} answers nobody: thirty minutes, told in seconds")
        elif step.do == "outage":
            if await self._over(step.facts["until"], step.facts["partner"]):
                self.cast.erp.faults.silent = False
                self._done.add(index)
                self.say(f"{step.facts['partner']} is back")
        elif step.do == "learn":
            await self.cast.mdm.teach(self.late, "MD-LATE")
            self._done.add(index)
            self.say("the keeper of master data says what the unknown item is")
        elif step.do == "repack":
            await self.suite.load(self.repacked)
            self._done.add(index)
            self.say("a case of some items holds less from today on")
            self._repacked(step.facts["order"])
        elif step.do == "stray":
            await self._stray(step.facts)
            self._done.add(index)

    def _repacked(self, number: str) -> None:
        if order := self.day.order(number):
            self.cast.warehouses[order.location].script.saw(number, "repacked")

    async def _over(self, until: Sequence[str], erp: str) -> bool:
        """What ends its outage may depend on it: receipts of who has not heard a confirmation by then never come. What
        a customer sends back does not."""
        missing = [each for each in until if not await self._reached(each)]
        if any(each.startswith("back:") for each in missing):
            return False
        return not missing or (not self.cast.others_busy and await self.suite.waits_only_for(erp))

    async def _stray(self, facts: Mapping[str, Any]) -> None:
        warehouse = self.cast.warehouses[facts["location"]]
        lines = [
            Counted("", "", "", row["sku"], {"good": self.cards[row["sku"]].base(Decimal(str(row["good"])), "EA")})
            for row in facts["lines"]
        ]
        await warehouse.send(lines, final=True, number=facts["receipt"])
        self.say(f"{warehouse.partner} receives goods of nobody's order")

    def _report(self) -> None:
        journal, erp = self.cast.journal, self.cast.erp
        shipped = sum(1 for e in journal if e.direction == "sent" and e.kind in ("x12.856", "json.ship_notice"))
        received = sum(1 for e in journal if e.direction == "sent" and e.kind in RECEIPTS)
        taken = sum(1 for e in journal if e.direction == "received" and e.kind in ("x12.850", "json.supplier_order"))
        issued = sum(1 for e in journal if e.direction == "sent" and e.kind in ISSUES)
        counts = f"orders at suppliers {taken}, ship notices {shipped}, receipts {received}, goods issues {issued}"
        posted = len(erp.receipts) + len(erp.sales.booked) + len(self.cast.batch_erp.receipts)
        line = f"{counts}, posted at the ERP {posted}"
        if line != self._said and time.monotonic() >= self._say_again:
            self._said, self._say_again = line, time.monotonic() + REPORT_SECONDS
            self.say(line)


def item_cards(rows: Mapping[str, Any]) -> dict[str, ItemCard]:
    """Item cards from master data."""
    cards = {}
    for row in rows.get("items", ()):
        cases = {p["unit"]: Decimal(str(p["base_quantity"])) for p in row.get("packaging", ())}
        cards[row["sku"]] = ItemCard(row["sku"], row["base_unit"], cases.get("XCS"))
    return cards
