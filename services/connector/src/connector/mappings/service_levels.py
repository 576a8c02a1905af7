"""How fast a carrier carries, in one word for all of them: each calls its services by names and numbers of its own.

A profile's mapping may say what its partner's words mean ("serviceLevels": {"EXPRESS 24": "NEXT_DAY"}); they go first.
A word that nobody knows stays as it was said, because it is the carrier's.
"""

from __future__ import annotations

import re

from connector.mappings.model import Partner

SAME_DAY, NEXT_DAY, TWO_DAY, THREE_DAY, GROUND = "SAME_DAY", "NEXT_DAY", "TWO_DAY", "THREE_DAY", "GROUND"
_WORDS = {
    SAME_DAY: ("SAME_DAY",),
    NEXT_DAY: (
        *("NEXT_DAY", "NEXT_DAY_AIR", "NEXT_DAY_AIR_SAVER", "NEXT_DAY_AIR_EARLY", "NEXT_DAY_AIR_EARLY_AM", "OVERNIGHT"),
        *("FIRST_OVERNIGHT", "PRIORITY_OVERNIGHT", "STANDARD_OVERNIGHT"),
    ),
    TWO_DAY: (
        *("TWO_DAY", "2_DAY", "2DAY", "2_DAY_AM", "2ND_DAY_AIR", "2ND_DAY_AIR_A_M", "2ND_DAY_AIR_AM"),
        *("SECOND_DAY", "SECOND_DAY_AIR", "SECOND_DAY_AIR_AM"),
    ),
    THREE_DAY: ("THREE_DAY", "3_DAY", "3_DAY_SELECT", "EXPRESS_SAVER"),
    GROUND: ("GROUND", "HOME_DELIVERY", "GROUND_HOME_DELIVERY"),
}
# X12 element 284 (TD512): only codes that say a day, not an hour or a class of freight.
_X12 = {
    SAME_DAY: ("SA",),
    NEXT_DAY: ("D1", "NM", "ON", "PA", "PN", "PR"),
    TWO_DAY: ("D2", "PS", "SE", "SM"),
    THREE_DAY: ("D3",),
    GROUND: (),
}
# UPS numbers its services; another carrier's 02 may be anything.
_UPS = {SAME_DAY: (), NEXT_DAY: ("01", "13", "14"), TWO_DAY: ("02", "59"), THREE_DAY: ("12",), GROUND: ("03", "11")}
_UPS_NAMES = frozenset({"UPS", "UPSN", "UPSS"})
_NO_WORD = re.compile(r"[^A-Z0-9]+")
_OF_A_CARRIER = re.compile(r"^(UPS|FEDEX)_")


def _by_code(*tables: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {code: level for table in tables for level, codes in table.items() for code in codes}


_ANYBODYS, _OF_UPS = _by_code(_WORDS, _X12), _by_code(_UPS)


def normalised(said: str, carrier: str, partner: Partner) -> str:
    """The level that a carrier's word means."""
    own = partner.table("serviceLevels", {})
    if said in own:
        return own[said]
    folded = _OF_A_CARRIER.sub("", _NO_WORD.sub("_", said.upper()).strip("_"))
    found = _OF_UPS.get(folded) if carrier.upper() in _UPS_NAMES else None
    return found or _ANYBODYS.get(folded, said)
