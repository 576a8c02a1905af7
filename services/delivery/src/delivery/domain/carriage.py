"""What a shipment is made of: what is carried and by whom, what the warehouse handed over, what others were told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from delivery.domain.milestones import Milestone, Trouble
from delivery.domain.progress import Evidence


@dataclass(frozen=True, slots=True)
class Package:
    """`sscc` and `tracking_number` where they are known."""

    number: str
    sscc: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was asked to be carried, for which orders, from where, by when."""

    business_unit: str
    number: str
    orders: tuple[tuple[str, str], ...] = ()
    """Id and number of each order."""
    packages: tuple[Package, ...] = ()
    ship_from: str = ""
    ship_notice: str = ""
    customer_id: str = ""
    consignee_id: str = ""
    promised_by: datetime | None = None
    express: bool = False

    def completed(self, said: Terms) -> Terms:
        """With what others say of the same shipment and these terms lack; what was said first stays."""
        numbers = {number for _, number in self.orders}
        packed = {each.number for each in self.packages}
        return replace(
            self,
            orders=(*self.orders, *(each for each in said.orders if each[1] not in numbers)),
            packages=(*self.packages, *(each for each in said.packages if each.number not in packed)),
            ship_from=self.ship_from or said.ship_from,
            ship_notice=self.ship_notice or said.ship_notice,
            customer_id=self.customer_id or said.customer_id,
            consignee_id=self.consignee_id or said.consignee_id,
            promised_by=self.promised_by or said.promised_by,
        )


UNNAMED = "UNNAMED"
"""A carrier of whom a warehouse or a supplier said a tracking number and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """Who carries it, under which number, at which level of service."""

    carrier: str
    service_level: str = ""
    tracking_number: str = ""


class Billing(Enum):
    """What the customer's terms wait for before a shipment is invoiced."""

    DISPATCH = "dispatch"
    PROOF = "proof"


class Answer(Enum):
    """What whoever carries a shipment says to a request to carry it no further."""

    AWAITED = "awaited"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CallOff:
    """That a shipment is to be carried no further. `command` is what undoes its carriage, as the lifecycle names it."""

    command: str
    reason: str
    at: datetime
    answer: Answer = Answer.AWAITED


@dataclass(slots=True)
class Told:
    """What others know: what a correction has to take back if it does not hold."""

    reached: dict[Milestone, Evidence] = field(default_factory=dict)
    delayed_since: datetime | None = None
    eta: datetime | None = None
    exceptions: dict[str, Trouble] = field(default_factory=dict)
    """Those that are open, by the scan that raised them."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A handing over at the warehouse's dock, by its number there; a shipment may leave in parts."""

    number: str
    issued_at: datetime
    dispatched: bool = False
