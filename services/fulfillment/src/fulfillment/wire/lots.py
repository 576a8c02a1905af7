"""Lots as warehouses name them, in and out."""

from __future__ import annotations

from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock_kit.dates_wire import date_message, day

from fulfillment.domain.handling import Lot


def lot(holder: Any) -> Lot | None:
    """Of a line that may have one."""
    if not holder.HasField("lot"):
        return None
    found = holder.lot
    return Lot(found.number, day(found, "expires_on"), day(found, "made_on"))


def lot_message(lot: Lot | None) -> values_pb2.Lot | None:
    if lot is None:
        return None
    return values_pb2.Lot(number=lot.number, expires_on=date_message(lot.expires_on), made_on=date_message(lot.made_on))
