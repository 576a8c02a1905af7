"""Reads: they change nothing and lock nothing."""

from __future__ import annotations

from collections.abc import Sequence

from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.order_line import PART_LINES, OrderLine
from fulfillment.domain.posting import Posting
from fulfillment.domain.refusals import OrderAmbiguous, OrderUnknown, ReturnAmbiguous, ReturnUnknown
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import LifecyclePage, OrderName, OrderPage, PostingPage, ReturnPage, Snapshots, Work


async def get_order(name: OrderName, snapshots: Snapshots) -> tuple[SalesOrder, list[OrderLine]]:
    """The order and its first lines. Raises OrderUnknown, OrderAmbiguous."""
    async with snapshots.reading() as work:
        order = await _one(name, work)
        return order, await work.sales_orders.lines(order.order_id, 1, PART_LINES)


async def list_order_lines(
    order_id: str, after: int, size: int, snapshots: Snapshots
) -> tuple[list[OrderLine], int | None]:
    """A page of lines, and the position after which the next begins; None at the end. Raises OrderUnknown."""
    async with snapshots.reading() as work:
        order = await _one(OrderName(order_id), work)
        last = min(after + size, order.line_count)
        return await work.sales_orders.lines(order_id, after + 1, last), last if last < order.line_count else None


async def list_orders(page: OrderPage, snapshots: Snapshots) -> tuple[list[SalesOrder], str]:
    """A page, and the id after which the next one begins; empty at the end."""
    async with snapshots.reading() as work:
        found = await work.sales_orders.page(page)
    return found, found[-1].order_id if len(found) == page.size else ""


async def list_line_lifecycles(
    page: LifecyclePage, snapshots: Snapshots
) -> tuple[list[tuple[SalesOrder, OrderLine]], bool]:
    """A page of lines with their orders, and whether there may be more."""
    async with snapshots.reading() as work:
        found = await work.sales_orders.lifecycles(page)
    return found, len(found) == page.size


async def list_postings(page: PostingPage, snapshots: Snapshots) -> tuple[list[tuple[Posting, SalesOrder]], bool]:
    """A page of postings with their orders, and whether there may be more."""
    async with snapshots.reading() as work:
        found = await work.postings.page(page)
    return found, len(found) == page.size


async def get_return(return_id: str, number: str, snapshots: Snapshots) -> CustomerReturn:
    """Raises ReturnUnknown, ReturnAmbiguous."""
    async with snapshots.reading() as work:
        found = await work.returns.find(return_id=return_id, number=number) if return_id or number else []
    if not found:
        raise ReturnUnknown(return_id or number)
    if len(found) > 1:
        raise ReturnAmbiguous(number)
    return found[0]


async def list_returns(page: ReturnPage, snapshots: Snapshots) -> tuple[list[CustomerReturn], bool]:
    """A page of returns, and whether there may be more."""
    async with snapshots.reading() as work:
        found = await work.returns.page(page)
    return found, len(found) == page.size


async def get_consignee(order_id: str, snapshots: Snapshots) -> bytes:
    """Who receives an order; empty where nothing was said or it was erased. Raises OrderUnknown."""
    async with snapshots.reading() as work:
        order = await _one(OrderName(order_id), work)
        return await work.personal_data.read(order.consignee_id) or b""


async def batch_get_consignees(order_ids: Sequence[str], snapshots: Snapshots) -> dict[str, bytes | None]:
    """Of the orders that are known, who receives each: empty where nobody was named, None where it was erased."""
    async with snapshots.reading() as work:
        named = await work.sales_orders.consignees(order_ids)
        facts = await work.personal_data.read_all(each for each in named.values() if each)
    return {order_id: facts.get(row) if row else b"" for order_id, row in named.items()}


async def _one(name: OrderName, work: Work) -> SalesOrder:
    found = await work.sales_orders.find(name)
    if not found:
        raise OrderUnknown(name.number or name.order_id)
    if len(found) > 1:
        raise OrderAmbiguous(name.number)
    return found[0]
