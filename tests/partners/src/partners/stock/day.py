"""The scenes of a day that are about stock alone: an item at a place, what is done about it, and what must be there.

Each scene has an item of its own, so that its end is told by that item: what lies in which state, what the ERP has
posted of it, and which exceptions are open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

BUILT_IN = Path(__file__).parents[3] / "day" / "stock.yaml"


@dataclass(frozen=True, slots=True)
class StockStep:
    """Done once Crossdock shows these quantities of the item at the place, by bucket, and this exception is open."""

    shown: Mapping[str, Decimal]
    raised: str
    do: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StockScene:
    """`opening` lies there when the day begins. A bucket that `end` does not name is empty."""

    name: str
    sku: str
    location: str
    opening: Decimal
    steps: tuple[StockStep, ...]
    end: Mapping[str, Decimal]
    posted: tuple[Mapping[str, str], ...]
    exceptions: tuple[Mapping[str, str], ...]


def load(text: Mapping[str, Any]) -> tuple[StockScene, ...]:
    """From the content of the day's file; raises KeyError naming what a row lacks."""
    return tuple(_scene(row) for row in text["scenes"])


def content(path: Path = BUILT_IN) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _scene(row: Mapping[str, Any]) -> StockScene:
    end = row["end"]
    return StockScene(
        name=row["scene"],
        sku=row["sku"],
        location=row["at"],
        opening=Decimal(str(row.get("opening", 0))),
        steps=tuple(_step(each) for each in row["does"]),
        end=_amounts(end["lies"]),
        posted=tuple({name: str(value) for name, value in each.items()} for each in end.get("posted", ())),
        exceptions=tuple(end.get("exceptions", ())),
    )


def _step(row: Mapping[str, Any]) -> StockStep:
    when = dict(row["when"])
    raised = str(when.pop("open", ""))
    facts = {name: value for name, value in row.items() if name not in ("when", "do")}
    return StockStep(_amounts(when), raised, row["do"], facts)


def _amounts(row: Mapping[str, Any]) -> dict[str, Decimal]:
    return {bucket: Decimal(str(amount)) for bucket, amount in row.items()}
