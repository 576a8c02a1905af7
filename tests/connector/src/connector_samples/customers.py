"""A customer on EDI, as its profile says it and as it writes its orders. Nobody in here exists."""

from __future__ import annotations

from typing import Any

from connector.mappings.model import Partner
from crossdock.options.v1 import options_pb2

from connector_samples import files, orders

NAME = "edi-mercato"
SOMEBODY = "Quentina Ausgedacht"
ROUTES = [
    {"kind": "x12.850", "direction": "IN"},
    {"kind": "x12.997", "direction": "IN"},
    {"kind": "x12.997", "direction": "OUT"},
]


def profile(**changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "role": "CHANNEL",
        "system": "MERCATO",
        "partyId": "CUS-MERCATO",
        "transport": {"fileDrop": {"inbox": "edi-mercato/in", "outbox": "edi-mercato/out"}},
        "edi": {"partnerId": "08:MERCATO", "ownId": "ZZ:ACME"},
        "documents": ROUTES,
        "timers": {"functionalAck": "60s"},
    }
    return spec | changes


def partner(**changes: Any) -> Partner:
    facts = {"name": NAME, "system": "MERCATO", "party_id": "CUS-MERCATO"}
    return orders.partner(options_pb2.ROLE_CHANNEL, **(facts | changes))


SHIP_TO = (
    "N1*ST*MERCATO STORE 42*92*0042",
    f"N2*{SOMEBODY}",
    "N3*1 QUAY*DOCK 3",
    "N4*HAMBURG**20457*DE",
    "PER*DC**TE*+49 40 0000*EM*STORE42@EXAMPLE.COM",
)
LINES = ("PO1*1*24*EA*2.5*PE*UK*04061230010012*BP*M-77", "PO1*2*2*CA*40**VP*A1004")
SEGMENTS = (
    "BEG*00*SA*PO-7001**20261102",
    "CUR*BY*EUR",
    "CSH*SC",
    "DTM*002*20261120",
    *SHIP_TO,
    *LINES,
    "CTT*2",
)


def purchase_order(*segments: str, control: int = 1) -> bytes:
    written = files.interchange("850", segments or SEGMENTS, control=control, sender="MERCATO")
    return written.replace(b"*ZZ*MERCATO", b"*08*MERCATO")
