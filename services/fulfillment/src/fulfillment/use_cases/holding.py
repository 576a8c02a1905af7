"""A customer that is not simply sold to: looked at when an order comes in, when catalog says so, and before a release.

Who trades how is effective-dated and may change with the day, of which nobody says a word; so what is to be released is
looked at once more.
"""

from __future__ import annotations

from fulfillment.domain.check_lifecycle import Kind
from fulfillment.domain.check_lifecycle import State as Checked
from fulfillment.domain.checking import stop
from fulfillment.domain.checks import Basis, Rule, Verdict
from fulfillment.domain.lifecycle import State
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.terms import Trading
from fulfillment.ports import Work


async def not_sold_to(order: SalesOrder, trading: Trading, work: Work) -> tuple[Rule, Verdict]:
    """Who looks after it, and what is said of it."""
    rule = (await work.check_rules(order)).get(Kind.CUSTOMER, Rule(Kind.CUSTOMER))
    return rule, Verdict(False, Basis.MASTER_DATA, work.now, reason=f"the customer is {trading.value}")


async def stop_selling(order: SalesOrder, trading: Trading, work: Work) -> None:
    stop(order, *await not_sold_to(order, trading, work))


async def before_release(order: SalesOrder, work: Work) -> None:
    """Holds what would be released now to whoever is not sold to any more. A customer that catalog has forgotten is
    who it was."""
    check = order.checks.get(Kind.CUSTOMER)
    ready = order.counts[State.ALLOCATED] + order.counts[State.SOURCED]
    if not ready or (check is not None and check.state is not Checked.PASSED):
        return
    customer_id = order.terms.customer_id
    trading = (await work.master_data.customers([customer_id])).get(customer_id, Trading.OPEN)
    if trading is not Trading.OPEN:
        await stop_selling(order, trading, work)
