"""Postings as rows and back. Whoever reads or writes them holds the head of their order."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from crossdock_kit.database.planning import fetch_for_values
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row

from fulfillment.domain.billing_lifecycle import State as Billing
from fulfillment.domain.posting import Kind, Money, Posting, PostingLine, Totals
from fulfillment.domain.posting_lifecycle import State
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Price
from fulfillment.ports import Before, PostingPage
from fulfillment.store.charge_rows import charge_rows, read_charges
from fulfillment.store.evidence_rows import evidence_row, read_evidence
from fulfillment.store.rows import read_order

_PLAIN = (
    "posting_id",
    "order_id",
    "reference",
    "shipment_id",
    "attempt",
    "number",
    "system",
    "posted_at",
    "reason",
    "credited",
    "noted",
    "paid",
    "cause",
    "return_id",
    "supplier_id",
    "event_version",
    "created_at",
)
_GET = "SELECT * FROM posting WHERE tenant = $1 AND posting_id = ANY($2::text[])"
_WAITING = "SELECT * FROM posting WHERE tenant = $1 AND order_id = $2 AND state = 'waiting' ORDER BY posting_id"
_POSTED = (
    "SELECT posting_id, kind, number FROM posting"
    " WHERE tenant = $1 AND posting_id = ANY($2::text[]) AND state = 'posted'"
)
_CHANGES = "SELECT posting_id FROM posting WHERE tenant = $1 AND order_id = $2 AND kind = 'change' AND reference = $3"
_PURCHASES = (
    "SELECT posting_id FROM posting WHERE tenant = $1 AND order_id = $2 AND kind = 'purchase' AND reference = $3"
)
_RETURNED = "SELECT * FROM posting WHERE tenant = $1 AND order_id = $2 AND kind = 'credit' AND return_id <> ''"
_SHIPPED = (
    "SELECT * FROM posting WHERE tenant = $1 AND shipment_id = $2 AND shipment_id <> '' AND kind = 'shipment'"
    " ORDER BY posting_id"
)
_PAGE = """
SELECT p.* FROM posting p WHERE p.tenant = $1
  AND ($2 = '' OR p.order_id = $2) AND ($3 = '' OR p.kind = $3) AND ($4 = '' OR p.state = $4)
  AND ($5 = '' OR p.billing = $5) AND (NOT $6 OR p.state <> 'posted')
  AND ($7::timestamptz IS NULL OR (p.created_at, p.posting_id) > ($7, $8))
ORDER BY p.created_at, p.posting_id LIMIT $9
"""
_ORDERS = "SELECT * FROM sales_order WHERE tenant = $1 AND order_id = ANY($2::text[])"


class PostingRows:
    """What this work made or read is the same object until its end, so that a change is seen before it is written."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self._held: dict[str, Posting] = {}

    def add(self, made: Posting) -> None:
        self._held[made.posting_id] = made

    async def get(self, posting_id: str) -> Posting | None:
        if posting_id not in self._held:
            self._hold(await self._driver.fetch(_GET, self._tenant, [posting_id]))
        return self._held.get(posting_id)

    async def waiting(self, order_id: str) -> list[Posting]:
        self._hold(await self._driver.fetch(_WAITING, self._tenant, order_id))
        return [each for each in self._held.values() if each.order_id == order_id and each.state is State.WAITING]

    async def posted(self, posting_ids: Iterable[str]) -> dict[str, Before]:
        wanted = set(posting_ids)
        found = {
            key: Before(key, each.kind, each.number)
            for key, each in self._held.items()
            if key in wanted and each.state is State.POSTED
        }
        if missing := sorted(wanted - set(self._held)):
            for row in await self._driver.fetch(_POSTED, self._tenant, missing):
                found[row["posting_id"]] = Before(row["posting_id"], Kind(row["kind"]), row["number"])
        return found

    async def changes(self, order_id: str, part: int) -> list[str]:
        return await self._numbered(_CHANGES, Kind.CHANGE, order_id, part)

    async def purchases(self, order_id: str, part: int) -> list[str]:
        return await self._numbered(_PURCHASES, Kind.PURCHASE, order_id, part)

    async def _numbered(self, stored: str, kind: Kind, order_id: str, part: int) -> list[str]:
        """Of a part in the sequence in which they arose, with those that this work has made."""
        known = {row["posting_id"] for row in await self._driver.fetch(stored, self._tenant, order_id, str(part))}
        wanted = (kind, order_id, str(part))
        made = {each.posting_id for each in self._held.values() if (each.kind, each.order_id, each.reference) == wanted}
        return sorted(known | made, key=lambda name: int(name.rpartition("-")[2]))

    async def returned(self, order_id: str) -> list[Posting]:
        self._hold(await self._driver.fetch(_RETURNED, self._tenant, order_id))
        return [each for each in self._held.values() if each.order_id == order_id and each.return_id]

    async def of_shipment(self, shipment_id: str) -> list[Posting]:
        self._hold(await self._driver.fetch(_SHIPPED, self._tenant, shipment_id))
        shipped = [each for each in self._held.values() if each.kind is Kind.SHIPMENT]
        return [each for each in shipped if each.shipment_id == shipment_id]

    async def page(self, page: PostingPage) -> list[tuple[Posting, SalesOrder]]:
        after = page.after or (None, "")
        rows = await fetch_for_values(
            self._driver,
            _PAGE,
            self._tenant,
            page.order_id,
            *(each.value if each else "" for each in (page.kind, page.state, page.billing)),
            page.pending,
            *after,
            page.size,
        )
        orders = await self._driver.fetch(_ORDERS, self._tenant, sorted({row["order_id"] for row in rows}))
        by_id = {row["order_id"]: read_order(row) for row in orders}
        return [(read_posting(row), by_id[row["order_id"]]) for row in rows]

    def _hold(self, rows: Iterable[Any]) -> None:
        for row in rows:
            self._held.setdefault(row["posting_id"], read_posting(row))


def posting_row(made: Posting) -> Row:
    return {name: getattr(made, name) for name in _PLAIN} | {
        "kind": made.kind.value,
        "lines": [_line(each) for each in made.lines],
        "charges": charge_rows(made.charges),
        "returned": [_line(each) for each in made.returned] or None,
        "follows": made.follows,
        "state": made.state.value,
        "totals": made.totals and {name: _money(getattr(made.totals, name)) for name in ("net", "tax", "gross")},
        "wanted": made.wanted and _money(made.wanted),
        "billing": made.billing.value if made.billing else "",
        "evidence": made.evidence and evidence_row(made.evidence),
        "watched": made.watched,
    }


def read_posting(row: Any) -> Posting:
    totals = row["totals"]
    return Posting(
        **{name: row[name] for name in _PLAIN},
        kind=Kind(row["kind"]),
        lines=tuple(_read_line(each) for each in row["lines"] or ()),
        charges=read_charges(row["charges"]),
        returned=tuple(_read_line(each) for each in row["returned"] or ()),
        follows=tuple(row["follows"]),
        state=State(row["state"]),
        totals=Totals(*(_read_money(totals[name]) for name in ("net", "tax", "gross"))) if totals else None,
        wanted=_read_money(row["wanted"]) if row["wanted"] else None,
        billing=Billing(row["billing"]) if row["billing"] else None,
        evidence=read_evidence(row["evidence"]),
        watched=(row["watched"][0], row["watched"][1]) if row["watched"] else ("", ""),
    )


def _money(money: Money) -> Row:
    return {"amount": str(money.amount), "currency": money.currency}


def _read_money(value: Row) -> Money:
    return Money(Decimal(str(value["amount"])), str(value["currency"]))


def _line(line: PostingLine) -> Row:
    price = line.price
    return {
        "line": line.line_number,
        "sku": line.sku,
        "quantity": str(line.quantity.value),
        "unit": line.quantity.unit,
        "price": price and [str(price.amount), price.currency, price.unit, price.per],
    }


def _read_line(value: Row) -> PostingLine:
    price: Any = value["price"]
    return PostingLine(
        str(value["line"]),
        str(value["sku"]),
        Quantity(Decimal(str(value["quantity"])), str(value["unit"])),
        Price(Decimal(price[0]), *price[1:]) if price else None,
    )
