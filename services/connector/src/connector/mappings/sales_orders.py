"""What sales orders of every channel share: the command that places one, in parts where it is more than one call takes.

A big order is opened, its lines are appended, and it is submitted with how many there were: until then nothing of it is
promised, so that half of it is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales

from connector.codecs.json_document import DocumentFault
from connector.mappings.model import Command

LINES_AT_ONCE, MOST_LINES = 500, 100_000


def placed(
    origin: values_pb2.Origin, terms: sales.OrderTerms, lines: Sequence[sales.OrderedLine], path: str
) -> Command:
    """Raises DocumentFault at `path` for an order without lines and for one of more than an order may have."""
    if not 0 < len(lines) <= MOST_LINES:
        raise DocumentFault(path, f"{len(lines)} lines: an order has at least one and at most {MOST_LINES}")
    key = f"order:{terms.number}"
    if len(lines) <= LINES_AT_ONCE:
        request = sales.PlaceOrderRequest(origin=origin, order=terms, lines=lines)
        return Command(request, (), (key,), len(lines), sequence=(key,))
    opened = sales.OpenOrderRequest(origin=origin, order=terms)
    ref = sales.OrderRef(channel=terms.channel, number=terms.number)
    appended = [
        sales.AppendLinesRequest(ref=ref, lines=lines[first : first + LINES_AT_ONCE])
        for first in range(0, len(lines), LINES_AT_ONCE)
    ]
    submitted = sales.SubmitOrderRequest(ref=ref, line_count=len(lines))
    return Command(opened, (), (key,), len(lines), sequence=(key,), then=(*appended, submitted))
