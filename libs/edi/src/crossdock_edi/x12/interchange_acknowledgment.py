"""TA1: whether an interchange's own envelope could be read. It stands between ISA and IEA, in no group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar

from crossdock_edi.binding import Document, element
from crossdock_edi.dialect import Standard
from crossdock_edi.spec.model import SetSpec, parse_layout
from crossdock_edi.values import TIME, Converter, read_date

SPEC = SetSpec("X12", "TA1", "interchange acknowledgment", parse_layout("TA1", "TA1 !"))
_SHORT_DATE = Converter(read_date, lambda value, _: f"{value:%y%m%d}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeAcknowledgment(Document):
    """`status` A accepted, E accepted with errors, R rejected; `note` 000 no error, 001 control numbers differ."""

    STANDARD: ClassVar[Standard] = "X12"
    TYPE: ClassVar[str] = "TA1"
    SPEC: ClassVar[SetSpec] = SPEC

    control_number: str = element("TA1", 1, required=True)
    sent_on: date | None = element("TA1", 2, convert=_SHORT_DATE)
    sent_at: time | None = element("TA1", 3, convert=TIME)
    status: str = element("TA1", 4)
    note: str = element("TA1", 5)

    @property
    def is_accepted(self) -> bool:
        return self.status in {"A", "E"}
