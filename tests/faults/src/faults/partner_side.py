"""The partners at their doors, with what they post written to the history."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partners.api_supplier import ApiSupplier
from partners.cast import Cast, Secrets
from partners.day import Day
from partners.edi_supplier import EdiSupplier
from partners.erp import Erp
from partners.journal import Journal
from partners.sales.carrier import ParcelCarrier
from partners.sales.tms import Tms
from partners.web import Post, Site
from partners.wms_a import WarehouseA

from faults import world
from faults.history import History
from faults.selling.road import Yard, carrier_at, tms_for


class NotedPost(Post):
    """A document counts as accepted when the door took it; a partner that hears nothing asks again with the same id."""

    def __init__(self, ingress: str, journal: Journal, words: Mapping[str, str], history: History, tenant: str) -> None:
        super().__init__(ingress, journal, words)
        self._history, self._tenant = history, tenant

    async def send(self, partner: str, path: str, kind: str, key: str, document: Mapping[str, Any]) -> None:
        operation = self._history.invoke(partner, kind, key, self._tenant)
        try:
            await super().send(partner, path, kind, key, document)
        except BaseException as error:
            self._history.end(operation, "unknown", reason=type(error).__name__)
            raise
        self._history.end(operation, "ok")


class LoadErp(Erp):
    vendors = world.vendors_of_erp()
    articles: Mapping[str, str] = {}


class NotedEdi(EdiSupplier):
    """A file counts as accepted once it lies in the folder under its final name."""

    history: History
    tenant = ""

    async def _write(self, set_id: str, rows: list[list[str]], *, key: str) -> None:
        operation = self.history.invoke(self.partner, f"x12.{set_id}", key, self.tenant)
        await super()._write(set_id, rows, key=key)
        self.history.end(operation, "ok")


def new_secrets() -> Secrets:
    over_http = (world.ERP, world.CARRIER, world.TMS, *world.SITES.values(), *world.API)
    keys = {name: secrets.token_urlsafe(24) for name in over_http}
    hooks = {name: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() for name in over_http}
    return Secrets(keys, hooks)


@dataclass(slots=True)
class FaultCast(Cast):
    """With the carrier that takes what the warehouses hand over, the TMS that finds it for some, and its trucks."""

    carrier: ParcelCarrier
    docks: Sequence[WarehouseA]
    tms: Tms
    yard: Yard

    @property
    def others_busy(self) -> bool:
        return super(FaultCast, self).others_busy or self.carrier.busy or self.tms.busy

    def check(self) -> None:
        super(FaultCast, self).check()
        self.carrier.check()
        self.tms.check()


@asynccontextmanager
async def at_their_doors(
    day: Day, ingress: str, folder: Path, words: Secrets, history: History
) -> AsyncIterator[FaultCast]:
    """Opens every door and watches every folder. `folder` is the root of the file drops."""
    journal, site, cards = Journal(), Site(), world.cards()
    post = NotedPost(ingress, journal, words.webhooks, history, day.tenant)
    erp = LoadErp(day, cards, post, journal, words.keys[world.ERP])
    sites = {place: WarehouseA(wms, place, day, cards, post) for place, wms in world.SITES.items()}
    docks = tuple(sites.values())
    carrier = carrier_at(docks, post)
    tms, yard = tms_for(docks, post, journal, words.keys[world.TMS])
    edi = {name: NotedEdi(name, day, journal, folder / name) for name in world.EDI}
    for supplier in edi.values():
        supplier.history, supplier.tenant = history, day.tenant
        supplier.start()
    api = {name: ApiSupplier(name, day, journal, post) for name in world.API}
    doors = {world.ERP: erp.door, **{w.partner: w.door(words.keys[w.partner], journal) for w in docks}}
    doors[world.TMS] = tms.door
    doors |= {name: supplier.door(words.keys[name]) for name, supplier in api.items()}
    urls = {name: f"http://127.0.0.1:{await site.open(door)}" for name, door in doors.items()}
    try:
        yield FaultCast(erp, dict(sites), {**edi, **api}, journal, urls, carrier, docks, tms, yard)
    finally:
        await asyncio.gather(*(supplier.stop() for supplier in edi.values()))
        await post.close()
        await site.close()
        journal.close()
