"""One answer of a supplier as a document, and whether it may speak for the revision in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING

from procurement.domain.acknowledgment import AnsweredLine
from procurement.domain.order_line import OrderLine
from procurement.domain.outcomes import LineAcknowledgment, Outcome
from procurement.domain.quantities import Item
from procurement.domain.refusals import (
    AnsweredItemDiffers,
    ItemUnknown,
    ObsoleteRevision,
    RevisionUndecidable,
    RevisionUnknown,
    SupplierMismatch,
)
from procurement.domain.roles import SUPPLIER

if TYPE_CHECKING:
    from procurement.domain.purchase_order import PurchaseOrder


class RevisionBasis(Enum):
    """How it is known which revision is answered; see the contract."""

    CARRIED = "carried"
    FUNCTIONAL_ACK = "functional_ack"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """`whole_order` is what the header says of every line that the document does not name; `acknowledged_on` is the day
    that the supplier wrote on it, `role` who answers."""

    system: str
    occurred_at: datetime
    supplier_id: str
    basis: RevisionBasis
    revision: int = 0
    lines: tuple[AnsweredLine, ...] = ()
    whole_order: Outcome | None = None
    supplier_number: str = ""
    acknowledged_on: date | None = None
    role: str = SUPPLIER


def admit(order: PurchaseOrder, answer: Answer, items: Mapping[str, Item]) -> None:
    """Raises where the answer may not count: another supplier's, an obsolete revision's, or nobody can tell whose."""
    if answer.supplier_id != order.supplier_id:
        raise SupplierMismatch(order.number, answer.supplier_id)
    if answer.basis is RevisionBasis.UNKNOWN:
        if not _repeats_revision_in_force(order, answer, items):
            raise RevisionUndecidable(order.number, order.revision)
    elif answer.revision < order.revision:
        raise ObsoleteRevision(order.number, answer.revision, order.revision)
    elif answer.revision > order.revision:
        raise RevisionUnknown(order.number, answer.revision, order.revision)


def _repeats_revision_in_force(order: PurchaseOrder, answer: Answer, items: Mapping[str, Item]) -> bool:
    """While there was one revision only it must be that one, unless the quantities it repeats say otherwise. Later, the
    answer must repeat every line that is still open."""
    found = [(find_line(order, each), each.ordered) for each in answer.lines]
    for line, ordered in found:
        if ordered is not None and item_of(line, items).to_base(ordered) != line.ordered:
            return False
    if order.revision == 1:
        return True
    repeated = {line.line_id for line, ordered in found if ordered is not None}
    return all(line.line_id in repeated for line in order.lines if not line.finished)


def find_line(order: PurchaseOrder, answered: AnsweredLine) -> OrderLine:
    """Raises LineUnknown, LineAmbiguous, and AnsweredItemDiffers where number and item name two lines."""
    line = order.line(answered.line_number, answered.sku, answered.supplier_item)
    if answered.sku and answered.sku != line.sku and not _substitution_spoken_of(line, answered):
        raise AnsweredItemDiffers(order.number, line.line_number, line.sku, answered.sku)
    return line


def _substitution_spoken_of(line: OrderLine, answered: AnsweredLine) -> bool:
    """Now or before: then the answer may repeat the item that was ordered or name the one that replaces it."""
    said = (*answered.acknowledgments, *line.answers)
    return any(each.substitutes or each.outcome is Outcome.ITEM_SUBSTITUTED for each in said)


def item_of(line: OrderLine, items: Mapping[str, Item]) -> Item:
    if line.sku not in items:
        raise ItemUnknown(line.sku)
    return items[line.sku]


def spread(order: PurchaseOrder, answer: Answer) -> dict[str, tuple[LineAcknowledgment, ...]]:
    """What is said of each line, by line id: first what the document says of it, else what its header says of all."""
    said: dict[str, tuple[LineAcknowledgment, ...]] = {}
    for each in answer.lines:
        line = find_line(order, each)
        told = tuple(part.in_terms_of(line.price) for part in each.acknowledgments)
        said[line.line_id] = said.get(line.line_id, ()) + told
    if answer.whole_order is not None:
        for line in order.lines:
            if line.line_id not in said and not line.cancelled:
                said[line.line_id] = (LineAcknowledgment(answer.whole_order),)
    return said
