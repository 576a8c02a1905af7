"""The tables that inventory owns. Every row belongs to a tenant; quantities are exact and in base units."""

from __future__ import annotations

from inventory.store.tables.columns import metadata
from inventory.store.tables.ledger import lot_stock, movement, pipeline, shard, stock
from inventory.store.tables.master_data import item, location, posting
from inventory.store.tables.promises import allocation, reservation, reservation_part
from inventory.store.tables.reports import (
    adjustment,
    last_count,
    stock_move,
    stock_transfer,
    stock_transfer_line,
    stock_transfer_receipt,
)
from inventory.store.tables.serials import serial_stock, serial_word
from inventory.store.tables.statements import statement, statement_draft, statement_draft_line, statement_line
from inventory.store.tables.supply import confirmed, notice_arrival, notice_line, supply_line, supply_told

__all__ = [
    "adjustment",
    "allocation",
    "confirmed",
    "item",
    "last_count",
    "location",
    "lot_stock",
    "metadata",
    "movement",
    "notice_arrival",
    "notice_line",
    "pipeline",
    "posting",
    "reservation",
    "reservation_part",
    "serial_stock",
    "serial_word",
    "shard",
    "statement",
    "statement_draft",
    "statement_draft_line",
    "statement_line",
    "stock",
    "stock_move",
    "stock_transfer",
    "stock_transfer_line",
    "stock_transfer_receipt",
    "supply_line",
    "supply_told",
]
