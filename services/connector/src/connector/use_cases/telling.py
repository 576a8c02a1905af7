"""What the handling of one batch of events shares: a transaction, lookups made once, documents written at once.

Sixty events about one supplier ask for its profile, its codes and its control numbers a single time, and their
documents are one insert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crossdock.connector.v1 import partner_pb2
from crossdock.inventory.events.v1.events_pb2 import QualityHoldChanged
from crossdock_edi import Document as EdiDocument
from crossdock_kit.events import Received
from crossdock_kit.ids import derived
from crossdock_kit.subscriptions.model import EventFailed
from crossdock_kit.unit_of_work import Work

from connector.code_book import CodeBook, Question, with_codes
from connector.codecs import json_document
from connector.mappings import registry
from connector.mappings.model import Writing
from connector.ports import Surroundings
from connector.store import control_numbers, orders, partners
from connector.store.codes import CodesOn
from connector.store.control_numbers import Taken
from connector.store.orders import KnownOrder, SentOrder
from connector.store.partners import StoredPartner
from connector.use_cases import asking_back
from connector.use_cases.send import Dispatch, Outbound, Rendered, render_x12, send_all
from connector.use_cases.vocabulary import book_of, partner_of

ORDERS_TO_SUPPLIERS = frozenset({"x12.850", "x12.860", "json.supplier_order"})


@dataclass(frozen=True, slots=True)
class Telegram:
    """A fact that a partner is to be told by the document of a route; of one `ordering` none overtakes another. Of
    those that `replaces` only the newest is told. `part` says whose part of the fact it is, where that is not all."""

    event: Received[Any]
    stored: StoredPartner
    route: partner_pb2.DocumentRoute
    ordering: str
    replaces: bool = False
    part: str = ""

    @property
    def addressee(self) -> tuple[str, str]:
        return self.stored.tenant, self.stored.profile.partner


@dataclass(eq=False)
class Telling:
    work: Work
    around: Surroundings
    _partners: dict[tuple[str, str, str], list[StoredPartner]] = field(default_factory=dict)
    _telegrams: list[Telegram] = field(default_factory=list)
    _orders: list[KnownOrder] = field(default_factory=list)

    async def supplier(self, tenant: str, party_id: str) -> list[StoredPartner]:
        key = (tenant, "supplier", party_id)
        if key not in self._partners:
            self._partners[key] = await partners.of_supplier(self.work.driver, tenant, party_id)
        return self._partners[key]

    async def erp(self, tenant: str, business_unit: str) -> list[StoredPartner]:
        key = (tenant, "erp", business_unit)
        if key not in self._partners:
            self._partners[key] = await partners.of_business_unit(self.work.driver, tenant, business_unit)
        return self._partners[key]

    async def warehouse(self, tenant: str, location_id: str) -> list[StoredPartner]:
        key = (tenant, "warehouse", location_id)
        if key not in self._partners:
            self._partners[key] = await partners.of_location(self.work.driver, tenant, location_id)
        return self._partners[key]

    async def carriage(self, tenant: str, business_unit: str) -> list[StoredPartner]:
        key = (tenant, "carriage", business_unit)
        if key not in self._partners:
            self._partners[key] = await partners.carriage_of(self.work.driver, tenant, business_unit)
        return self._partners[key]

    async def channel(self, tenant: str, name: str) -> list[StoredPartner]:
        key = (tenant, "channel", name)
        if key not in self._partners:
            self._partners[key] = await partners.of_channel(self.work.driver, tenant, name)
        return self._partners[key]

    async def asked(self, tenant: str, business_unit: str, kind: str) -> list[StoredPartner]:
        key = (tenant, kind, business_unit)
        if key not in self._partners:
            everybody = await partners.all_of_business_unit(self.work.driver, tenant, business_unit)
            out = partner_pb2.DIRECTION_OUT
            self._partners[key] = [each for each in everybody if partners.route_of(each.profile, (kind,), out)]
        return self._partners[key]

    def learn(self, order: KnownOrder) -> None:
        self._orders.append(order)

    def tell(
        self,
        event: Received[Any],
        stored: StoredPartner,
        ordering: str,
        *,
        replaces: bool = False,
        kinds: Sequence[str] = (),
        part: str = "",
    ) -> None:
        """Notes what the partner's profile takes of a fact, of `kinds` where not all that tell of it will do; a partner
        that takes nothing of it is not told. What `replaces` makes earlier facts of its ordering superfluous, in the
        batch and among what is not sent yet."""
        fitting = kinds or registry.TELLS[event.message.DESCRIPTOR.name]
        route = partners.route_of(stored.profile, fitting, partner_pb2.DIRECTION_OUT)
        if route is not None:
            self._telegrams.append(Telegram(event, stored, route, ordering, replaces, part))

    async def write(self) -> None:
        """At the end of the batch, in its transaction. Raises EventFailed for a fact that cannot be rendered."""
        self._telegrams = _newest(self._telegrams)
        written = await self._mapped()
        numbered = [each.addressee for each, what in written if isinstance(what, EdiDocument)]
        taken = await control_numbers.take_all(self.work.driver, numbered)
        outbound = [self._rendered(each, what, taken) for each, what in written]
        await orders.learn_all(self.work.driver, self._orders)
        await send_all(outbound, self.work, self.around)
        await orders.note_sent(
            self.work.driver, [sent_order(each) for each in self._telegrams if each.route.kind in ORDERS_TO_SUPPLIERS]
        )

    async def _mapped(self) -> list[tuple[Telegram, Any]]:
        """What each telegram says in the partner's words; those of one partner ask for its codes together."""
        of_partner: dict[tuple[str, str], list[Telegram]] = {}
        for each in self._telegrams:
            of_partner.setdefault(each.addressee, []).append(each)
        written: dict[int, Any] = {}
        for (tenant, name), telegrams in of_partner.items():
            names = tuple(each for each in (name, telegrams[0].stored.profile.system) if each)
            codes = CodesOn(self.work.driver, tenant, names, self.work.now.date())
            shared = CodeBook()
            answers = await with_codes(codes.load, [self._question(each, shared) for each in telegrams])
            for each, answer in zip(telegrams, answers, strict=True):
                if isinstance(answer, Exception):
                    raise EventFailed(each.event.id) from answer
                written[id(each)] = answer
        return [(each, written[id(each)]) for each in self._telegrams]

    def _question(self, telegram: Telegram, shared: CodeBook) -> Question[Any]:
        event, kind = telegram.event, telegram.route.kind
        partner = partner_of(telegram.stored.profile, telegram.route)
        mapping = registry.OUTBOUND[kind]
        return Question(
            book_of(partner, kind, beside=shared),
            lambda codes: mapping.write(
                event.message, Writing(partner, codes, str(event.id), event.version, self.work.now)
            ),
        )

    def _rendered(self, telegram: Telegram, written: Any, taken: Taken) -> Outbound:
        event, route = telegram.event, telegram.route
        document_id = derived("document", event.id, telegram.stored.profile.partner, route.kind)
        if isinstance(written, EdiDocument):
            numbers = taken.next(*telegram.addressee)
            try:
                rendered = render_x12(written, telegram.stored, numbers, self.work.now)
            except Exception as error:
                raise EventFailed(event.id) from error
        else:
            name = f"{route.kind}_{document_id}.json"
            rendered = Rendered(json_document.encode(written), json_document.CONTENT_TYPE, name)
        named = registry.OUTBOUND[route.kind].named
        consignee_of = named.order(event.message) if named else ""
        return Outbound(
            document_id,
            rendered,
            _dispatch(telegram),
            telegram.stored,
            event.cause,
            consignee_of,
            asking_back.thread_of(event.message),
            asking_back.unsent_answer(event, partner_of(telegram.stored.profile, route)),
        )


def _newest(telegrams: Sequence[Telegram]) -> list[Telegram]:
    """Without those that a later one replaces."""
    last = {(each.addressee, each.ordering): each for each in telegrams if each.replaces}
    return [each for each in telegrams if not each.replaces or last[each.addressee, each.ordering] is each]


def _dispatch(telegram: Telegram) -> Dispatch:
    event, route = telegram.event, telegram.route
    return Dispatch(
        kind=route.kind,
        path=route.path,
        ordering_key=telegram.ordering,
        idempotency_key="/".join(filter(None, (_idempotency_key(event, route.kind), telegram.part))),
        keys=event.keys,
        transaction_ids=event.transaction_ids,
        source_event_id=str(event.id),
        source_aggregate="/".join(filter(None, (event.aggregate_type, event.aggregate_id, telegram.part))),
        express=event.express,
        replaces=telegram.replaces,
    )


def _idempotency_key(event: Received[Any], kind: str) -> str:
    """For what the ERP posts of stock it is the id of what was booked: even a second event could not post it twice."""
    match kind:
        case "json.goods_receipt":
            return str(event.message.receipt_id)
        case "json.stock_movement":
            message = event.message
            return str(message.report_id if isinstance(message, QualityHoldChanged) else message.adjustment_id)
        case _:
            return str(event.id)


def sent_order(telegram: Telegram) -> SentOrder:
    """The revision of an order that a document carries to its supplier."""
    event, partner = telegram.event, telegram.stored.profile.partner
    order = event.message.purchase_order
    document_id = derived("document", event.id, partner, telegram.route.kind)
    return SentOrder(event.tenant, document_id, partner, order.number, order.revision)
