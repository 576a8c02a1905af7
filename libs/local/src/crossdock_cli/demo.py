"""`crossdock demo`: plays the built-in day on a fresh stack of its own, or feeds a folder of partner files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from crossdock_local.control import NotUp
from crossdock_local.place import ForeignFolder, Place
from rich.table import Table

from crossdock_cli.connection import demo_place
from crossdock_cli.console import FAILED, err, fail, out

if TYPE_CHECKING:
    from partners.sales.verdict import SalesRow
    from partners.verdict import Row, Verdict

HEADINGS = ("PO", "SUPPLIER", "REV", "CONFIRMED", "SHIPPED", "RECEIVED", "ON HAND", "STATE", "SECONDS", "SCENE")
SALES_HEADINGS = (
    *("ORDER", "CHANNEL", "LINES", "PROMISED", "ALLOCATED", "SHIPPED", "MILESTONE", "INVOICED"),
    *("STATE", "SECONDS", "SCENE"),
)
STOCK_HEADINGS = ("ITEM", "PLACE", "SELLABLE", "STAGED", "QUARANTINED", "DAMAGED", "POSTED", "STATE", "SCENE")
WORDS = frozenset({"PO", "SUPPLIER", "ORDER", "CHANNEL", "MILESTONE", "ITEM", "PLACE", "STATE", "SCENE"})


def verdict_table(verdict: Verdict) -> Table:
    """A row per purchase order."""
    table = _headed(HEADINGS)
    for row in verdict.rows:
        quantities = [f"{amount:f}" for amount in (row.confirmed, row.shipped, row.received, row.on_hand)]
        head = (row.order.number, row.order.supplier, str(row.revision))
        table.add_row(*head, *quantities, _state(row), f"{row.seconds:.1f}", row.order.scene)
    return table


def sales_table(verdict: Verdict) -> Table:
    """A row per order; INVOICED is what the ERP's invoices come to, tax included."""
    table = _headed(SALES_HEADINGS)
    for row in verdict.sold.rows:
        quantities = [f"{amount:f}" for amount in (row.promised, row.allocated, row.shipped)]
        head = (row.order.number, row.order.channel, str(len(row.order.lines)))
        money = f"{row.invoiced:.2f}" if row.invoiced else "-"
        table.add_row(*head, *quantities, row.milestone, money, _state(row), f"{row.seconds:.1f}", row.order.scene)
    return table


def stock_table(verdict: Verdict) -> Table:
    """A row per scene about stock; POSTED is how many lines stand in the ERP's stock book."""
    table = _headed(STOCK_HEADINGS)
    for row in verdict.stock.rows:
        lies = [_plain(row.lies.get(bucket)) for bucket in ("sellable", "staged", "quarantined", "damaged")]
        state = "exception" if row.excepted else "settled"
        table.add_row(row.scene.sku, row.scene.location, *lies, str(row.posted), state, row.scene.name)
    return table


def _plain(amount: Decimal | None) -> str:
    return f"{amount:f}" if amount else "0"


def _headed(headings: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=True, justify="left" if heading in WORDS else "right")
    return table


def _state(row: Row | SalesRow) -> str:
    return f"{row.state}, exception" if row.excepted else row.state


def _sayer() -> Callable[[str], None]:
    began = time.monotonic()

    def say(line: str) -> None:
        err.print(f"[{time.monotonic() - began:6.1f} s] {line}", soft_wrap=True)

    return say


def _play(place: Place, *, keep: bool) -> Verdict:
    # The partner simulators belong to the checkout's tests; no other command needs them.
    from partners.demo import fresh_stage, play_day  # noqa: PLC0415

    say = _sayer()
    with fresh_stage(place, say, keep=keep) as stage:
        return asyncio.run(play_day(stage, say))


def _feed(place: Place, folder: Path, *, keep: bool) -> None:
    from partners.demo import fresh_stage  # noqa: PLC0415
    from partners.feeding import feed  # noqa: PLC0415

    if not folder.is_dir():
        fail(f"{folder} is no folder", FAILED)
    say = _sayer()
    with fresh_stage(place, say, keep=keep) as stage:
        feeding = asyncio.run(feed(stage, folder, say))
    table = Table(box=None, pad_edge=False)
    for heading in ("FILE", "SET", "MESSAGES", "LINES", "END", "WHY"):
        table.add_column(heading, overflow="fold", justify="right" if heading in {"MESSAGES", "LINES"} else "left")
    for each in feeding.ends:
        table.add_row(each.name, each.sets, str(each.messages), str(each.lines), each.end, each.why)
    out.print(table)
    out.print(feeding.closing_line, highlight=False, soft_wrap=True)


def demo(
    documents: Annotated[Path | None, typer.Option(help="feed this folder's files instead", file_okay=False)] = None,
    keep: Annotated[bool, typer.Option("--keep", help="leave the demo's stack running, to look around")] = False,
) -> None:
    """Play the built-in day on a fresh stack. Exit code 0 if every transaction reached its required end."""
    try:
        if documents is not None:
            _feed(demo_place(), documents, keep=keep)
            return
        verdict = _play(demo_place(), keep=keep)
    except (NotUp, ForeignFolder) as reason:
        fail(str(reason), FAILED)
    out.print(verdict_table(verdict))
    out.print()
    out.print(sales_table(verdict))
    out.print()
    out.print(stock_table(verdict))
    for sentence in (*(f"lost: {each}" for each in verdict.lost), *verdict.differences):
        out.print(f"difference: {sentence}", highlight=False, soft_wrap=True)
    if keep:
        out.print("the demo's stack is up; try: .venv/bin/crossdock trace 4500000139", highlight=False)
    out.print(verdict.closing_line, highlight=False, soft_wrap=True)
    if not verdict.passed:
        raise typer.Exit(FAILED)
