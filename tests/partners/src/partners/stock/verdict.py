"""Compares the end of each scene about stock with what the day requires: what lies there, what the ERP has posted, and
what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from crossdock.ops.v1 import ops_service_pb2 as ops

from partners.stock.day import StockScene
from partners.stock.desk import StockDesk
from partners.stock_book import StockBook

Posted = tuple[str, str, Decimal, str, str]
"""Reference, direction, quantity, which stock, and why."""


@dataclass(slots=True)
class StockRow:
    """A line of the closing table."""

    scene: StockScene
    lies: Mapping[str, Decimal]
    posted: int
    excepted: bool


@dataclass(slots=True)
class StockVerdict:
    rows: list[StockRow] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


async def judge(
    scenes: Sequence[StockScene], book: StockBook, desk: StockDesk, exceptions: Sequence[ops.Exception]
) -> StockVerdict:
    verdict = StockVerdict()
    for scene in scenes:
        lies, posted = await desk.lies(scene), posted_of(scene, book)
        mine = [row for row in exceptions if f"sku:{scene.sku}" in row.keys]
        verdict.rows.append(StockRow(scene, lies, len(posted), bool(mine)))
        verdict.differences += differences(scene, lies, posted, mine)
        for place, required in scene.elsewhere.items():
            verdict.differences += wrong_amounts(scene, place, await desk.lies(scene, place), required)
        verdict.differences += wrongly_transferred(scene, book)
    return verdict


def posted_of(scene: StockScene, book: StockBook) -> list[Posted]:
    """What the ERP's stock book says of the item. A movement that repairs what a statement says has an id behind the
    statement's number."""
    return [
        (
            each["reference"].partition("/")[0],
            line["direction"],
            Decimal(line["quantity"]),
            line["stockType"],
            line["reason"],
        )
        for each in book.booked.values()
        for line in each["lines"]
        if line["material"] == scene.sku
    ]


def differences(
    scene: StockScene, lies: Mapping[str, Decimal], posted: Sequence[Posted], mine: Sequence[ops.Exception]
) -> Iterator[str]:
    where = f"{scene.sku} at {scene.location}"
    yield from wrong_amounts(scene, scene.location, lies, scene.end)
    wanted = sorted(_posting(each) for each in scene.posted)
    if sorted(posted) != wanted:
        yield f"{where}: the ERP posted {_said(posted)}, required {_said(wanted)}"
    required_open = {(each["code"], each["owner"]) for each in scene.exceptions}
    found = {(row.code, row.owner) for row in mine}
    yield from (f"{where}: no open exception {' '.join(each)}" for each in sorted(required_open - found))
    yield from (f"{where}: open exception {' '.join(each)} is not in the day" for each in sorted(found - required_open))


def wrong_amounts(
    scene: StockScene, location: str, lies: Mapping[str, Decimal], end: Mapping[str, Decimal]
) -> Iterator[str]:
    for bucket in sorted(lies.keys() | end.keys()):
        held, required = lies.get(bucket, Decimal(0)), end.get(bucket, Decimal(0))
        if held != required:
            yield f"{scene.sku} at {location}: {held:f} {bucket}, required {required:f}"


def wrongly_transferred(scene: StockScene, book: StockBook) -> Iterator[str]:
    """The ERP has posted what left and what came, each once, in this order."""
    found = [
        (each["step"], each["reference"], Decimal(line["quantity"]), each["state"])
        for each in book.transferred
        for line in each["lines"]
        if line["material"] == scene.sku
    ]
    wanted = [(each["step"], each["reference"], Decimal(each["quantity"]), each["state"]) for each in scene.transferred]
    if found != wanted:
        said = [
            "; ".join(f"{step} {name} {many:f} {state}" for step, name, many, state in rows) for rows in (found, wanted)
        ]
        yield f"{scene.sku}: the ERP posted of transfers {said[0] or 'nothing'}, required {said[1] or 'nothing'}"


def _posting(row: Mapping[str, str]) -> Posted:
    return row["reference"], row["direction"], Decimal(row["quantity"]), row["stock"], row["reason"]


def _said(posted: Sequence[Posted]) -> str:
    return "; ".join(f"{name} {way} {amount:f} {stock} {why}" for name, way, amount, stock, why in posted) or "nothing"
