"""A declared load: how many suppliers, warehouses, items and transactions there are in how many regions, and what sets
the regions apart. The profile is data (profile.yaml); nothing here knows how it is played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import yaml

FILE = Path(__file__).with_name("profile.yaml")
Axis = str


@dataclass(frozen=True, slots=True)
class Region:
    """What sets it apart. `own_codes`: its ERP has names of its own for suppliers, sites and units."""

    name: str
    business_unit: str
    zone: str
    currency: str
    erp_transport: Literal["http", "files"]
    own_codes: bool
    orders: str
    tender: str
    certificates: tuple[str, ...]

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        return cls(
            name=said["name"],
            business_unit=said["businessUnit"],
            zone=said["zone"],
            currency=said["currency"],
            erp_transport=said["erp"]["transport"],
            own_codes=said["erp"]["codes"] == "own",
            orders=said["orders"],
            tender=said["tender"],
            certificates=tuple(said["certificates"]),
        )

    @property
    def erp(self) -> str:
        return f"erp-{self.name}"

    @property
    def carrier(self) -> str:
        return f"car-{self.name}"

    def supplier(self, number: int) -> str:
        return f"sup-{self.name}-{number}"

    def party(self, number: int) -> str:
        return self.supplier(number).upper()

    def warehouse(self, number: int) -> str:
        return f"wms-{self.name}-{number}"

    def site(self, number: int) -> str:
        return f"WH-{self.name.upper()}-{number}"

    def item(self, number: int) -> str:
        return f"{self.name.upper()}-{number:06d}"


@dataclass(frozen=True, slots=True)
class Size:
    """Of each region; `regions` is how many of them trade."""

    suppliers: int
    warehouses: int
    items: int
    transactions: int
    regions: int = 2

    def grown(self, axis: Mapping[str, int], times: int = 1) -> Self:
        return replace(self, **{name: value if name == "regions" else value * times for name, value in axis.items()})


@dataclass(frozen=True, slots=True)
class Profile:
    base: Size
    growth: Mapping[Axis, Mapping[str, int]]
    regions: tuple[Region, ...]

    def steps(self, *, each: bool, times: int = 1) -> Iterator[tuple[str, Size]]:
        """Sizes after the base: all that grows at once, or axis by axis, each on top of the one before."""
        size = self.base
        for axis, to in self.growth.items():
            size = size.grown(to, times)
            if each:
                yield axis, size
        if not each:
            yield "all", size


def load() -> Profile:
    said = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Profile(Size(**said["base"]), said["growth"], tuple(Region.of(each) for each in said["regions"]))
