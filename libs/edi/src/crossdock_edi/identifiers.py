"""Identifiers of the trade: GS1 keys with their check digit, carrier codes, and what the qualifiers of parties mean.

The check digit (GS1 General Specifications 7.9): from the right, without the check digit itself, weights 3, 1, 3, 1, …;
what is missing from the sum to the next multiple of ten.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Kind = Literal["GTIN", "GTIN-8", "GTIN-12", "GTIN-13", "GTIN-14", "GLN", "SSCC"]

_LENGTHS: dict[str, tuple[int, ...]] = {
    "GTIN": (8, 12, 13, 14),
    "GTIN-8": (8,),
    "GTIN-12": (12,),
    "GTIN-13": (13,),
    "GTIN-14": (14,),
    "GLN": (13,),
    "SSCC": (18,),
}
_SCAC = re.compile(r"[A-Z]{2,4}\Z")

# Which GS1 key an item number is, by its qualifier (element 235) in PO1, LIN and their like.
GTIN_QUALIFIERS: dict[str, Kind] = {"UP": "GTIN-12", "EN": "GTIN-13", "UK": "GTIN-14", "EO": "GTIN-8"}
# What the number of a party is, by its qualifier (element 66 in N103; the interchange's own list, I05, differs).
PARTY_QUALIFIERS = {
    "1": "DUNS",
    "9": "DUNS+4",
    "2": "SCAC",
    "UL": "GLN",
    "91": "number given by the seller",
    "92": "number given by the buyer",
    "ZZ": "mutually defined",
}


def check_digit(digits: str) -> int:
    """The check digit for a GS1 key that is still without it. Raises `ValueError` for anything but digits."""
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"a GS1 key has digits only: {digits!r}")
    total = 3 * sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2]))
    return (10 - total % 10) % 10


def with_check_digit(digits: str) -> str:
    """The key with its check digit behind."""
    return f"{digits}{check_digit(digits)}"


@lru_cache(maxsize=4096)
def is_valid(key: str, kind: Kind = "GTIN") -> bool:
    """Whether the key has a length of its kind, digits only, and the right check digit."""
    if not (key.isascii() and key.isdigit()) or len(key) not in _LENGTHS[kind]:
        return False
    return check_digit(key[:-1]) == int(key[-1])


def gtin14(gtin: str) -> str:
    """A GTIN of any length as it is stored: 14 digits, right-justified. Raises `ValueError` if it is none."""
    if not is_valid(gtin, "GTIN"):
        raise ValueError(f"no GTIN: {gtin!r}")
    return gtin.zfill(14)


def pack_gtin14(gtin: str, indicator: int) -> str:
    """The GTIN-14 of a pack of an item: its level (1 to 8) before the item's number, and a new check digit."""
    if not 1 <= indicator <= 8:
        raise ValueError(f"a pack level is 1 to 8: {indicator}")
    return with_check_digit(f"{indicator}{gtin14(gtin)[1:13]}")


def sscc(extension: int, company_prefix: str, serial: int) -> str:
    """An SSCC-18. Raises `ValueError` if prefix and serial do not fit into 16 digits."""
    room = 16 - len(company_prefix)
    if not 0 <= extension <= 9 or room < 1 or serial < 0 or len(str(serial)) > room:
        raise ValueError(f"extension {extension}, prefix {company_prefix!r} and serial {serial} make no SSCC")
    return with_check_digit(f"{extension}{company_prefix}{serial:0{room}d}")


def is_scac(code: str) -> bool:
    """Whether the text has the form of a Standard Carrier Alpha Code: two to four capital letters."""
    return bool(_SCAC.match(code))
