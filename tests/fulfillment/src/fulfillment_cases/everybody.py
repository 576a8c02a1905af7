"""Everybody who speaks of one sale, as they call or are heard; facts of other services as their consumers hear them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from crossdock_kit.context import Cause, caused_by
from crossdock_kit.errors import CrossdockError
from crossdock_kit.testing_repeats import Speaker
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork, FulfillmentWork

from fulfillment_cases.calls import Caller
from fulfillment_cases.ledger import Ledger
from fulfillment_cases.returns import Returns
from fulfillment_cases.sale import Sale
from fulfillment_cases.stored import Stored, stored
from fulfillment_cases.warehouse import Site

Heard = TypeVar("Heard")


class Everybody(Speaker):
    def __init__(self, caller: Caller, site: Site, ledger: Ledger, returns: Returns, uow: UnitOfWork) -> None:
        super().__init__(self._everything)
        self.caller, self.site, self.ledger, self.returns = caller, site, ledger, returns
        self.sale = Sale("")
        self._uow = uow

    async def look(self) -> Stored:
        sale = self.sale
        returns, shipments = list(sale.sent_back), list(sale.trucks)
        return await stored(self.caller.engine, sale.order_id, returns=returns, shipments=shipments)

    async def _everything(self) -> object:
        return (await self.look()).raw if self.sale.order_id else None

    async def hear(self, fact: Callable[[FulfillmentWork], Awaitable[Heard]]) -> Heard | None:
        """None where it is refused, which takes back all of it."""
        name = str(uuid4())
        because = Cause("event", "test", self.caller.tenant, "tester", name, name, "", datetime.now(UTC))
        self.refused = ""
        with caused_by(because):
            try:
                async with FulfillmentUnitOfWork(self._uow)() as work:
                    return await fact(work)
            except CrossdockError as error:
                self.refused = type(error).__name__
                return None
