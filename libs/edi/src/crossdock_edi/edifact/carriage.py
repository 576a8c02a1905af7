"""How goods get there: places, terms of delivery, means of transport and equipment."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_edi.binding import children, element, texts
from crossdock_edi.edifact.parts import DateTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """LOC: a place under a qualifier (7 place of delivery, 5 departure, 8 destination)."""

    qualifier: str = element("LOC", 1, required=True)
    id: str = element("LOC", 2, 1)
    id_list: str = element("LOC", 2, 2)
    agency: str = element("LOC", 2, 3)
    name: str = element("LOC", 2, 4)
    first_related: str = element("LOC", 3, 1)
    second_related: str = element("LOC", 4, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Location):
    """LOC with its dates, where transport calls."""

    dates: tuple[DateTime, ...] = children(DateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTerms:
    """TOD: `terms` is an Incoterm (EXW, FCA, DAP, DDP) with the place in `locations`."""

    function: str = element("TOD", 1)
    payment: str = element("TOD", 2)
    terms: str = element("TOD", 3, 1)
    terms_list: str = element("TOD", 3, 2)
    agency: str = element("TOD", 3, 3)
    description: str = element("TOD", 3, 4)
    more_description: str = element("TOD", 3, 5)
    locations: tuple[Location, ...] = children(Location)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """TDT: stage 20 main carriage; mode 30 road, 10 sea, 40 air; carrier by its code."""

    stage: str = element("TDT", 1, required=True)
    journey: str = element("TDT", 2)
    mode: str = element("TDT", 3, 1)
    mode_text: str = element("TDT", 3, 2)
    means: str = element("TDT", 4, 1)
    means_text: str = element("TDT", 4, 2)
    carrier: str = element("TDT", 5, 1)
    carrier_list: str = element("TDT", 5, 2)
    carrier_agency: str = element("TDT", 5, 3)
    carrier_name: str = element("TDT", 5, 4)
    direction: str = element("TDT", 6)
    vehicle: str = element("TDT", 8, 1)
    vehicle_list: str = element("TDT", 8, 2)
    vehicle_agency: str = element("TDT", 8, 3)
    vehicle_name: str = element("TDT", 8, 4)
    locations: tuple[Stop, ...] = children(Stop)
    dates: tuple[DateTime, ...] = children(DateTime)


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """EQD: a container (CN), trailer (TE) or pallet."""

    type: str = element("EQD", 1, required=True)
    id: str = element("EQD", 2, 1)
    size: str = element("EQD", 3, 1)
    full: str = element("EQD", 6)
    seals: tuple[str, ...] = texts("SEL", 1, 1)
