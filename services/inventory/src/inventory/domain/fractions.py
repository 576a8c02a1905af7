"""Reports that speak of parts of pieces: booked as they say, and somebody's to explain.

Nobody has half a piece. It was another unit, or wrongly typed; which of the two, the warehouse knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from inventory.domain.concerns import Concern
from inventory.domain.quantity import plain, splits_a_piece
from inventory.domain.stock_move import StockMoveReport
from inventory.domain.stock_report import StockAdjustment

FRACTION_OF_A_PIECE = "FRACTION_OF_A_PIECE"
_MOST_SAID = 400


class Amount(NamedTuple):
    """So much of an item, in its base unit."""

    sku: str
    quantity: Decimal
    unit: str


def fraction_of_a_piece(report: StockAdjustment | StockMoveReport, lines: Iterable[Amount]) -> Concern | None:
    """None where all is whole."""
    split = [each for each in lines if splits_a_piece(each.quantity, each.unit)]
    if not split:
        return None
    said = ", ".join(f"{plain(each.quantity)} {each.unit} of {each.sku}" for each in split)
    return Concern(
        code=FRACTION_OF_A_PIECE,
        owner="warehouse",
        subject=report.subject,
        summary=f"{report.system} {report.number} at {report.location_id} counts parts of pieces: {said}"[:_MOST_SAID],
        tenant=report.tenant,
        transaction_ids=(report.transaction,),
        keys=tuple(dict.fromkeys(f"sku:{each.sku}" for each in split)),
    )
