"""What statements and counts of every format share: the commands that hand one in, in parts where it is more than one
call takes.

A statement says of each part which it is and of how many, and inventory compares it when all are there. A report in
parts is reports of its own, each numbered after it: what it says of one item stands in one of them, because counts of
one place are added up within a report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crossdock.inventory.v1 import stock_control_service_pb2 as control

from connector.codecs.json_document import DocumentFault
from connector.mappings.model import Command

STATED_AT_ONCE, REPORTED_AT_ONCE, MOST_PARTS = 10_000, 1_000, 1_000
LONGEST_NUMBER = 64


def stated(head: control.RecordStatementRequest, lines: Sequence[control.StatedStock], path: str) -> Command:
    """`head` is the statement without its lines. Raises DocumentFault at `path` for more than a statement may have."""
    parts = [lines[first : first + STATED_AT_ONCE] for first in range(0, len(lines), STATED_AT_ONCE)] or [lines]
    if len(parts) > MOST_PARTS:
        raise DocumentFault(path, f"{len(lines)} lines: a statement has at most {MOST_PARTS * STATED_AT_ONCE}")
    requests = [_part_of(head, part, at, len(parts)) for at, part in enumerate(parts, start=1)]
    return Command(requests[0], (), (f"statement:{head.number}",), len(lines), then=tuple(requests[1:]))


def _part_of(
    head: control.RecordStatementRequest, lines: Sequence[control.StatedStock], part: int, parts: int
) -> control.RecordStatementRequest:
    request = control.RecordStatementRequest()
    request.CopyFrom(head)
    request.lines.extend(lines)
    if parts > 1:
        request.part, request.parts = part, parts
    return request


def reported(head: control.RecordStockReportRequest, lines: Sequence[control.ReportedStock], path: str) -> Command:
    """`head` is the report without its lines. Raises DocumentFault at `path` for more than its parts can hold."""
    parts = [lines] if len(lines) <= REPORTED_AT_ONCE else list(_by_item(lines, path))
    if len(parts) > MOST_PARTS:
        raise DocumentFault(path, f"{len(lines)} lines are more than {MOST_PARTS} reports hold")
    requests = [_report_of(head, part, at, path) for at, part in enumerate(parts, start=1)]
    skus = dict.fromkeys(f"sku:{line.sku}" for line in lines[:REPORTED_AT_ONCE])
    keys = (*(f"adjustment:{each.number}" for each in requests), *skus)
    return Command(requests[0], (), keys, len(lines), then=tuple(requests[1:]))


def _by_item(lines: Sequence[control.ReportedStock], path: str) -> Iterator[list[control.ReportedStock]]:
    """As many whole items as a report holds, in the order in which they first come."""
    items: dict[str, list[control.ReportedStock]] = {}
    for line in lines:
        items.setdefault(line.sku, []).append(line)
    part: list[control.ReportedStock] = []
    for sku, its in items.items():
        if len(its) > REPORTED_AT_ONCE:
            raise DocumentFault(path, f"{len(its)} lines of {sku}: one item has at most {REPORTED_AT_ONCE}")
        if len(part) + len(its) > REPORTED_AT_ONCE:
            yield part
            part = []
        part = [*part, *its]
    yield part


def _report_of(
    head: control.RecordStockReportRequest, lines: Sequence[control.ReportedStock], part: int, path: str
) -> control.RecordStockReportRequest:
    """The first keeps the number, so that a report of one part is the one that it always was."""
    request = control.RecordStockReportRequest()
    request.CopyFrom(head)
    request.lines.extend(lines)
    if part > 1:
        request.number = f"{head.number}/{part}"
    if len(request.number) > LONGEST_NUMBER:
        raise DocumentFault(path, f"its number leaves no room for those of its parts: {request.number}")
    return request
