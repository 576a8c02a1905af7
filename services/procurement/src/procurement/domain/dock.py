"""An appointment at a dock: when a warehouse takes in one or several shipments. The warehouse's newest word counts,
in whatever order its words arrive. It must not know how an appointment is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from procurement.domain import events
from procurement.domain.fingerprints import fingerprint, unordered
from procurement.domain.refusals import AppointmentContradictory, AppointmentElsewhere
from procurement.domain.ship_notice import Appointed, ShipNotice


@dataclass(frozen=True, slots=True)
class NamedNotice:
    ship_notice_id: str
    number: str


@dataclass(frozen=True, slots=True)
class AppointmentTerms:
    """As the warehouse wrote it; local times of one day, `begins` before `ends`."""

    system: str
    number: str
    location_id: str
    on: date
    begins: time
    ends: time
    said_at: datetime
    zone: str = ""
    door: str = ""
    cancelled: bool = False

    @property
    def minutes(self) -> int:
        return (self.ends.hour - self.begins.hour) * 60 + self.ends.minute - self.begins.minute


@dataclass(slots=True, kw_only=True, eq=False)
class DockAppointment:
    appointment_id: str
    terms: AppointmentTerms
    business_unit: str = ""
    ship_notices: tuple[NamedNotice, ...] = ()
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    express: bool = False
    content: str = ""
    event_version: int = 0
    events: list[events.Event] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.terms.number

    def is_news(self, terms: AppointmentTerms, named: tuple[tuple[str, str], ...]) -> bool:
        """False for what was said already and for what was said before. Raises AppointmentContradictory for something
        else said at the same instant."""
        if not self.content or terms.said_at > self.terms.said_at:
            return True
        if terms.said_at == self.terms.said_at and content_of(terms, named) != self.content:
            raise AppointmentContradictory(terms.system, terms.number)
        return False

    def take(self, terms: AppointmentTerms, named: tuple[tuple[str, str], ...], notices: list[ShipNotice]) -> None:
        """The shipments that come at this time. What is cancelled is of none. Raises AppointmentElsewhere."""
        for notice in notices:
            if notice.ship_to_id != terms.location_id:
                raise AppointmentElsewhere(terms.number, terms.location_id, notice.number, notice.ship_to_id)
        self.terms, self.content = terms, content_of(terms, named)
        if notices:
            self.business_unit = notices[0].business_unit
            self.ship_notices = tuple(NamedNotice(each.ship_notice_id, each.number) for each in notices)
            self.transaction_ids = _distinct(each.purchase_order_ids for each in notices)
            self.keys = _distinct(each.keys for each in notices)
            # The lane is given at birth and kept, so that order within the aggregate never suffers.
            self.express = any(each.express for each in notices) if not self.event_version else self.express
        self.events.append(events.DockAppointmentChanged(self))

    @property
    def appointed(self) -> Appointed | None:
        """What the notices show of it."""
        terms = self.terms
        if terms.cancelled:
            return None
        times = (terms.on, terms.begins, terms.ends, terms.said_at)
        return Appointed(self.appointment_id, terms.number, *times, terms.zone, terms.door)


def content_of(terms: AppointmentTerms, named: tuple[tuple[str, str], ...]) -> str:
    return fingerprint(terms, unordered(named))


def _distinct(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for many in found for each in many))
