"""All partners of a day together: their doors, their folders, their secrets, and whether they still have work."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from partners import x12
from partners.api_supplier import ApiSupplier
from partners.books import ItemCard
from partners.day import Day, Order
from partners.edi_supplier import EdiSupplier
from partners.erp import PARTNER as ERP
from partners.erp import BatchErp, Erp
from partners.journal import Journal
from partners.mdm import PARTNER as MDM
from partners.mdm import Mdm
from partners.script import Script
from partners.supplier import Supplier
from partners.warehouse import Warehouse, WebWarehouse
from partners.web import Post, Site
from partners.wms_a import WarehouseA
from partners.wms_b import WarehouseB
from partners.wms_x12 import WarehouseX12

EDI_SUPPLIERS = {
    "sup-nordic": x12.Dialect(),
    "sup-delta": x12.Dialect(),
    "sup-orion": x12.Dialect(element="|", line_end="\n"),
    "sup-kiwi": x12.Dialect(),
    "sup-bay": x12.Dialect(),
}
API_SUPPLIERS: Mapping[str, Mapping[str, str]] = {
    "sup-api-atlas": {},
    "sup-api-luna": {"EA": "pcs", "XCS": "box"},
    "sup-api-muto": {},
}
OWN_WAREHOUSES = {"wms-east": "WH-EAST", "wms-west": "WH-WEST", "wms-south": "WH-SOUTH", "wms-bay": "WH-BAY"}
THIRD_PARTY = {"wms-logi": "WH-LOGI"}
WAREHOUSES = OWN_WAREHOUSES | THIRD_PARTY
CHANNELS_AND_CARRIERS = ("shop-eu", "car-swift", "car-mute", "car-roam", "tms-route")
OVER_HTTP = (ERP, BatchErp.partner, *OWN_WAREHOUSES, *API_SUPPLIERS, *CHANNELS_AND_CARRIERS, MDM)


@dataclass(slots=True)
class Secrets:
    """One key that the suite shows to a partner and one by which the partner signs, for each partner over HTTP."""

    keys: dict[str, str] = field(default_factory=lambda: {name: secrets.token_urlsafe(24) for name in OVER_HTTP})
    webhooks: dict[str, str] = field(
        default_factory=lambda: {
            name: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() for name in OVER_HTTP
        }
    )

    def write(self, folder: Path) -> None:
        """Where the profiles' references find them: `<partner>-key` and `<partner>-webhook`."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for kind, words in (("key", self.keys), ("webhook", self.webhooks)):
            for partner, word in words.items():
                path = folder / f"{partner}-{kind}"
                path.touch(mode=0o600)
                path.write_text(word)


@dataclass(slots=True)
class Cast:
    """Who plays: one ERP, its warehouses by location, its suppliers by partner id."""

    erp: Erp
    warehouses: dict[str, Warehouse]
    suppliers: dict[str, Supplier]
    journal: Journal
    urls: dict[str, str]

    @property
    def scripts(self) -> list[Script]:
        return [
            self.erp.script,
            *(w.script for w in self.warehouses.values()),
            *(s.script for s in self.suppliers.values()),
        ]

    @property
    def busy(self) -> bool:
        return self.erp.script.busy or self.erp.sales.busy or self.others_busy

    @property
    def others_busy(self) -> bool:
        """Somebody beside the ERP, which says nothing to the end while it is out of order."""
        return any(partner.script.busy for partner in self.suppliers.values()) or any(
            warehouse.busy for warehouse in self.warehouses.values()
        )

    @property
    def unfinished(self) -> list[str]:
        return [each for script in self.scripts for each in script.unfinished]

    def check(self) -> None:
        """Raises what a partner failed to do."""
        for script in self.scripts:
            script.check()
        for supplier in self.suppliers.values():
            supplier.check()
        for warehouse in self.warehouses.values():
            warehouse.check()

    @property
    def third_parties(self) -> dict[str, WarehouseX12]:
        """Warehouses of others, by location."""
        return {place: each for place, each in self.warehouses.items() if isinstance(each, WarehouseX12)}


@dataclass(slots=True)
class DayCast(Cast):
    """With the ERP of another business unit, which takes in batches what is for it."""

    batch_erp: Erp
    mdm: Mdm

    def erp_of(self, order: Order) -> Erp:
        return self.batch_erp if order.erp == self.batch_erp.partner else self.erp

    @property
    def scripts(self) -> list[Script]:
        return [*super(DayCast, self).scripts, self.batch_erp.script]

    @property
    def others_busy(self) -> bool:
        return super(DayCast, self).others_busy or self.batch_erp.script.busy


@asynccontextmanager
async def assembled(
    day: Day, cards: Mapping[str, ItemCard], articles: Mapping[str, str], ingress: str, folder: Path, words: Secrets
) -> AsyncIterator[DayCast]:
    """Opens every door and watches every folder. `folder` is the root of the file drops."""
    journal, site = Journal(), Site()
    post = Post(ingress, journal, words.webhooks)
    erp = Erp(day, cards, post, journal, words.keys[ERP])
    batch_erp = BatchErp(day, cards, post, journal, words.keys[BatchErp.partner])
    own = {
        location: _warehouse(partner, location, day, cards, articles, post)
        for partner, location in OWN_WAREHOUSES.items()
    }
    others = {
        location: WarehouseX12(partner, location, day, cards, journal, folder / partner)
        for partner, location in THIRD_PARTY.items()
    }
    edi = {name: EdiSupplier(name, day, journal, folder / name, dialect) for name, dialect in EDI_SUPPLIERS.items()}
    api = {name: ApiSupplier(name, day, journal, post, units) for name, units in API_SUPPLIERS.items()}
    doors = {
        ERP: erp.door,
        batch_erp.partner: batch_erp.door,
        **{w.partner: w.door(words.keys[w.partner], journal) for w in own.values()},
    }
    doors |= {name: supplier.door(words.keys[name]) for name, supplier in api.items()}
    urls = {name: f"http://127.0.0.1:{await site.open(door)}" for name, door in doors.items()}
    on_edi: list[EdiSupplier | WarehouseX12] = [*edi.values(), *others.values()]
    for partner in on_edi:
        partner.start()
    try:
        yield DayCast(erp, {**own, **others}, {**edi, **api}, journal, urls, batch_erp, Mdm(post))
    finally:
        await asyncio.gather(*(partner.stop() for partner in on_edi))
        await post.close()
        await site.close()
        journal.close()


def _warehouse(
    partner: str, location: str, day: Day, cards: Mapping[str, ItemCard], articles: Mapping[str, str], post: Post
) -> WebWarehouse:
    if partner == "wms-south":
        site = WarehouseB(partner, location, day, cards, post)
        site.articles = articles
        return site
    return WarehouseA(partner, location, day, cards, post)
