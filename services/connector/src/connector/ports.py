"""What the use cases need from elsewhere, as far as it is not the service's own database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock_kit.driver import Driver
from crossdock_kit.unit_of_work import Work


class OpensWork(Protocol):
    def __call__(self, *, tenants: tuple[str, ...]) -> AbstractAsyncContextManager[Work]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """Whose raw bytes they are and since when, which chooses their key; and their SHA-256, which proves them."""

    tenant: str
    partner: str
    at: datetime
    sha256: str


class OpenVault(Protocol):
    """A vault in one transaction: of many documents each key is asked for once."""

    async def seal(self, kept: Kept, content: bytes) -> bytes: ...

    async def open(self, kept: Kept, sealed: bytes) -> bytes: ...


class Vault(Protocol):
    """Seals raw documents under a key per partner and month, so that retention drops keys and keeps hashes."""

    def within(self, driver: Driver) -> OpenVault: ...


class Consignees(Protocol):
    """Who receives orders: personal data of fulfillment's."""

    async def of(self, tenant: str, order_ids: Sequence[str]) -> Mapping[str, Consignee | None]:
        """By order; None where who was named is erased, nothing where nobody was. At most 500 orders. Raises
        Unavailable, and whatever else keeps fulfillment from answering, as a CrossdockError."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every use case on documents is given. `nudge` tells the translator that there is something to read."""

    uow: OpensWork
    vault: Vault
    nudge: Callable[[], None]
    patience: timedelta = timedelta(hours=4)
