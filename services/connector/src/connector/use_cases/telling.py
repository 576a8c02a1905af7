"""What the handling of one batch of events shares: a transaction, lookups made once, rows written at once.

Sixty events about one supplier ask for its profile and its codes a single time, and their documents are one insert.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crossdock_kit.unit_of_work import Work

from connector.code_book import CodeBook
from connector.mappings.model import Partner
from connector.ports import Surroundings
from connector.store import documents, orders, partners
from connector.store.codes import CodesOn
from connector.store.documents import Document
from connector.store.orders import KnownOrder, SentOrder
from connector.store.partners import StoredPartner
from connector.use_cases.vocabulary import book_of


@dataclass(eq=False)
class Telling:
    work: Work
    around: Surroundings
    _partners: dict[tuple[str, str, str], list[StoredPartner]] = field(default_factory=dict)
    _books: dict[tuple[str, str, str], CodeBook] = field(default_factory=dict)
    _documents: list[tuple[Document, bytes]] = field(default_factory=list)
    _orders: list[KnownOrder] = field(default_factory=list)
    _sent: list[SentOrder] = field(default_factory=list)

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

    def codes(self, stored: StoredPartner, partner: Partner, kind: str) -> tuple[CodeBook, CodesOn]:
        """The partner's code book, which remembers what earlier events of the batch asked for."""
        key = (stored.tenant, partner.name, kind)
        if key not in self._books:
            self._books[key] = book_of(partner, kind)
        names = tuple(each for each in (partner.name, partner.system) if each)
        return self._books[key], CodesOn(self.work.driver, stored.tenant, names, self.work.now.date())

    def learn(self, order: KnownOrder) -> None:
        self._orders.append(order)

    def sent(self, order: SentOrder) -> None:
        self._sent.append(order)

    def keep(self, document: Document, sealed: bytes) -> None:
        self._documents.append((document, sealed))

    async def write(self) -> None:
        """At the end of the batch, in its transaction."""
        await orders.learn_all(self.work.driver, self._orders)
        await documents.insert_all(self.work.driver, self._documents)
        await orders.note_sent(self.work.driver, self._sent)
