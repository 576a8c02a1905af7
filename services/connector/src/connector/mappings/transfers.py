"""What all words on transfers between our own places share: the commands that they become, and in what condition goods
came.

A transfer's receipt says what arrived. What of it is damaged or on hold is said behind it, as a move within the house:
all of it has arrived, and none of that is for sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock.inventory.v1 import stock_transfer_pb2 as pb

from connector.mappings import canonical
from connector.mappings.model import Command, Reading

GOOD, DAMAGED, HOLD = "GOOD", "DAMAGED", "HOLD"
_STEPS = {
    GOOD: (),
    HOLD: (moves.STOCK_MOVE_KIND_HOLD_PLACED,),
    DAMAGED: (moves.STOCK_MOVE_KIND_HOLD_PLACED, moves.STOCK_MOVE_KIND_HOLD_REJECTED),
}
CONDITIONS = frozenset(_STEPS)
_LONGEST_NUMBER = 64


class Arrived(NamedTuple):
    """So much of an item, and one of GOOD, DAMAGED and HOLD, with the partner's own word for it."""

    part: pb.TransferredStock
    condition: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`number` is the receipt's own; `final` says that the place has finished with the transfer."""

    number: str
    transfer: str
    location_id: str
    received_at: datetime
    final: bool
    lines: Sequence[Arrived]


def received(receipt: Receipt, reading: Reading) -> Command:
    request = pb.RecordTransferReceiptRequest(
        origin=reading.origin(occurred_at=receipt.received_at),
        number=receipt.number,
        transfer_number=receipt.transfer,
        business_unit=reading.partner.business_unit,
        location_id=receipt.location_id,
        received_at=canonical.stamp(receipt.received_at),
        lines=[each.part for each in receipt.lines],
        final=receipt.final,
    )
    apart = _apart(receipt, reading)
    keys = (f"transfer:{receipt.transfer}", *_items(request.lines))
    return Command(request, (), keys, len(request.lines), then=(apart,) if apart.lines else ())


def _apart(receipt: Receipt, reading: Reading) -> moves.RecordStockMovesRequest:
    """What is not good, out of what has just arrived."""
    return moves.RecordStockMovesRequest(
        origin=reading.origin(occurred_at=receipt.received_at),
        number=f"{receipt.number[: _LONGEST_NUMBER - 5]}/held",
        location_id=receipt.location_id,
        business_unit=reading.partner.business_unit,
        moved_at=canonical.stamp(receipt.received_at),
        lines=[
            moves.MovedStock(
                sku=each.part.sku,
                lot=each.part.lot,
                kind=kind,
                quantity=each.part.quantity,
                reason=each.word,
                serials=each.part.serials,
            )
            for each in receipt.lines
            for kind in _STEPS[each.condition]
        ],
    )


def sent(request: pb.SendTransferRequest) -> Command:
    return Command(request, (), (f"transfer:{request.number}", *_items(request.lines)), len(request.lines))


def _items(lines: Sequence[pb.TransferredStock]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"sku:{each.sku}" for each in lines))
