"""The accounts of the ledger (trade: C10) and what belongs together.

Physical stock and demand are two families: a movement never crosses from one into the other, so each of them sums to
zero by itself. Numbers are those of the contract; they are written to the database and must not change.
"""

from __future__ import annotations

from enum import IntEnum


class Account(IntEnum):
    """What a unit of stock is, or what is wanted of it."""

    SELLABLE = 1
    QUARANTINED = 2
    DAMAGED = 3
    RETURNED = 4
    STAGED = 5
    IN_TRANSIT = 6
    ON_ORDER = 7
    RESERVED = 8
    COMMITTED = 9
    ALLOCATED = 10
    OPEN_DEMAND = 11
    SUPPLIER = 12
    CUSTOMER = 13
    ADJUSTMENT = 14
    SCRAP = 15


PHYSICAL = frozenset({Account.SELLABLE, Account.QUARANTINED, Account.DAMAGED, Account.RETURNED, Account.STAGED})
"""On hand: the sum of these (I1)."""

SUPPLY = frozenset({Account.IN_TRANSIT, Account.ON_ORDER})
PROMISED = frozenset({Account.RESERVED, Account.COMMITTED, Account.ALLOCATED})
"""Overlays on sellable; what they hold may not be promised again (I2)."""

DEMAND = PROMISED | {Account.OPEN_DEMAND}
CONTRA = frozenset({Account.SUPPLIER, Account.CUSTOMER, Account.ADJUSTMENT, Account.SCRAP})
BY_LOT = PHYSICAL | {Account.ALLOCATED}
"""Accounts whose balances are kept for each lot; all others know no lot."""


def lot_of(account: Account, lot: str) -> str:
    """The lot under which a posting to this account is kept."""
    return lot if account in BY_LOT else ""
