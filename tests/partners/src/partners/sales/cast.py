"""Who plays the selling side: a shop, a customer on EDI, carriers at the docks, a TMS and a broker that find some;
sales desk and ERP type theirs in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from partners.cast import Cast, Secrets
from partners.sales.asked import PARTNER as ASKED
from partners.sales.asked import AskedCarrier
from partners.sales.books import LineKey, SalesBook
from partners.sales.carrier import Carrier, FreightCarrier, ParcelCarrier
from partners.sales.day import USUAL_REPORTS, SalesDay, SalesOrder
from partners.sales.edi_customer import PARTNER as EDI
from partners.sales.edi_customer import EdiCustomer
from partners.sales.shop import PARTNER as SHOP
from partners.sales.shop import Shop, shopify_headers
from partners.sales.tms import BY_TMS, Tms
from partners.sales.tms import PARTNER as TMS
from partners.sales.tms_x12 import BY_BROKER, Broker
from partners.sales.tms_x12 import PARTNER as BROKER
from partners.web import Post, Served, Site
from partners.wms_a import WarehouseA
from partners.wms_x12 import WarehouseX12

ZERO = Decimal(0)
PARCEL_CARRIERS = {"car-swift": "SWFT", "car-mute": "MUTE"}
FREIGHT_CARRIERS = {"car-haul": "HAUL", "car-yard": "YARD"}
LAST_MILE = "SWFT"
ROAM, OVERLAND = "ROAM", "HAUL"
FOUND_LATER = (BY_TMS, BY_BROKER)


@dataclass(slots=True)
class SalesCast:
    """Carriers by their codes, floors by location. `typed` is what the sales desk and the ERP's users wrote down."""

    shop: Shop
    customer: EdiCustomer
    carriers: dict[str, Carrier]
    sites: dict[str, WarehouseA]
    third_parties: dict[str, WarehouseX12]
    tms: Tms
    broker: Broker
    typed: SalesBook
    urls: dict[str, str]

    @property
    def busy(self) -> bool:
        return self.tms.busy or any(carrier.busy for carrier in self.carriers.values())

    def check(self) -> None:
        """Raises what a partner failed to do."""
        self.customer.check()
        self.broker.check()
        for carrier in self.carriers.values():
            carrier.check()

    @property
    def issued(self) -> dict[str, Mapping[LineKey, Decimal]]:
        """By location, what went out of it of which order and line."""
        own = {place: each.floor.issued for place, each in self.sites.items()}
        return {**own, **{place: each.floor.issued for place, each in self.third_parties.items()}}

    @property
    def restocked(self) -> dict[str, Mapping[LineKey, Decimal]]:
        """By location, what came back and lies on its shelf again."""
        return {place: each.returns.restocked for place, each in self.sites.items()}

    def book_of(self, channel: str) -> SalesBook:
        return {SHOP: self.shop.book, EDI: self.customer.book}.get(channel, self.typed)


@asynccontextmanager
async def assembled(day: SalesDay, cast: Cast, ingress: str, folder: Path, words: Secrets) -> AsyncIterator[SalesCast]:
    """Opens their doors, watches their folders, and parks their trucks at the warehouses of the cast."""
    site, post = Site(), Post(ingress, cast.journal, words.webhooks, {SHOP: shopify_headers})
    shop = Shop(post, cast.journal, words.keys[SHOP])
    customer = EdiCustomer(cast.journal, folder / EDI)
    carriers: dict[str, Carrier] = {
        code: ParcelCarrier(name, code, day.order, post) for name, code in PARCEL_CARRIERS.items()
    }
    carriers |= {
        code: FreightCarrier(name, code, day.order, cast.journal, folder / name)
        for name, code in FREIGHT_CARRIERS.items()
    }
    roam = carriers[ROAM] = AskedCarrier(ROAM, day.order, cast.journal, words.keys[ASKED])
    sites = {place: each for place, each in cast.warehouses.items() if isinstance(each, WarehouseA)}

    def collected(shipment: str, carrier: str, tracking: str) -> None:
        for each in sites.values():
            each.floor.trucks[shipment] = carrier, tracking

    tms = Tms(post, cast.journal, words.keys[TMS], lambda number: _by(day.order(number), BY_TMS), ROAM, collected)
    broker = Broker(
        cast.journal, folder / BROKER, lambda number: _by(day.order(number), BY_BROKER), OVERLAND, collected
    )
    for each in sites.values():
        _served(each, day, carriers)
    for other in cast.third_parties.values():
        other.floor.carrier = lambda number: _of(day.order(number), LAST_MILE)
        other.floor.truck = lambda parcel: carriers[parcel.carrier].take(parcel)
    doors: dict[str, Served] = {SHOP: shop.door, TMS: tms.door, ASKED: roam}
    urls = {name: f"http://127.0.0.1:{await site.open(door)}" for name, door in doors.items()}
    customer.start()
    broker.start()
    try:
        yield SalesCast(shop, customer, carriers, sites, cast.third_parties, tms, broker, SalesBook(), urls)
    finally:
        await customer.stop()
        await broker.stop()
        await post.close()
        await site.close()


def _served(site: WarehouseA, day: SalesDay, carriers: Mapping[str, Carrier]) -> None:
    """Its floor knows what goes with whom, and how the day has it report."""
    floor = site.floor
    floor.labels, floor.mark = True, f"{site.site}-"
    floor.carrier = lambda number: "" if _by(order := day.order(number), *FOUND_LATER) else _of(order, LAST_MILE)
    floor.reports = lambda number: order.warehouse_says if (order := day.order(number)) else USUAL_REPORTS
    floor.truck = lambda parcel: carriers[parcel.carrier].take(parcel)


def _by(order: SalesOrder | None, *who: str) -> bool:
    """Whether one of these finds the carrier of its loads."""
    return order is not None and order.carrier in who


def _of(order: SalesOrder | None, usual: str) -> str:
    return order.carrier if order else usual
