"""The scenes of a day that are about stock alone: an item at a place, what is done about it, and what must be there.

Each scene has an item of its own, so that its end is told by that item: what lies in which state, what the ERP has
posted of it, and which exceptions are open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

BUILT_IN = Path(__file__).parents[3] / "day" / "stock.yaml"


@dataclass(frozen=True, slots=True)
class StockStep:
    """Done at a place once Crossdock shows these quantities of the item there, by bucket, and has this exception."""

    shown: Mapping[str, Decimal]
    raised: str
    do: str
    facts: Mapping[str, Any]
    location: str


@dataclass(frozen=True, slots=True)
class StockScene:
    """`opening` lies there when the day begins. A bucket that `end` does not name is empty; `elsewhere` is what then
    lies at other places, and `transferred` what the ERP has posted of its way there."""

    name: str
    sku: str
    location: str
    opening: Decimal
    steps: tuple[StockStep, ...]
    end: Mapping[str, Decimal]
    posted: tuple[Mapping[str, str], ...]
    exceptions: tuple[Mapping[str, str], ...]
    elsewhere: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    transferred: tuple[Mapping[str, str], ...] = ()


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
        steps=tuple(_step(each, row["at"]) for each in row["does"]),
        end=_amounts(end["lies"]),
        posted=_texts(end.get("posted", ())),
        exceptions=tuple(end.get("exceptions", ())),
        elsewhere={place: _amounts(lies) for place, lies in end.get("elsewhere", {}).items()},
        transferred=_texts(end.get("transferred", ())),
    )


def _texts(rows: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, str], ...]:
    return tuple({name: str(value) for name, value in each.items()} for each in rows)


def _step(row: Mapping[str, Any], location: str) -> StockStep:
    when = dict(row["when"])
    raised = str(when.pop("open", ""))
    facts = {name: value for name, value in row.items() if name not in ("when", "do", "at")}
    return StockStep(_amounts(when), raised, row["do"], facts, row.get("at", location))


def _amounts(row: Mapping[str, Any]) -> dict[str, Decimal]:
    return {bucket: Decimal(str(amount)) for bucket, amount in row.items()}
