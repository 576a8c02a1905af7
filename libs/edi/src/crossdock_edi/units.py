"""Units of measure between X12 element 355 and UN/ECE Recommendation 20 (with Recommendation 21's packages under X).

A code is translated only by this table or by a partner's own; what neither has is told, never guessed. The same letters
may differ in meaning: X12 `LB` is Rec 20 `LBR`. How many pieces a case holds belongs to the item, not to this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# X12 355 → UN/ECE Rec 20/21. Several X12 codes may mean one unit; the first listed is written back.
_TABLE: tuple[tuple[str, str], ...] = (
    ("EA", "EA"),
    ("PC", "H87"),
    ("UN", "C62"),
    ("DZ", "DZN"),
    ("GR", "GRO"),
    ("PR", "PR"),
    ("ST", "SET"),
    ("KT", "KT"),
    ("TH", "MIL"),
    ("HC", "CEN"),
    ("CA", "XCS"),
    ("CS", "XCS"),
    ("CT", "XCT"),
    ("BX", "XBX"),
    ("PL", "XPX"),
    ("PK", "XPK"),
    ("PA", "XPA"),
    ("BG", "XBG"),
    ("BO", "XBO"),
    ("BD", "XBE"),
    ("CN", "XCA"),
    ("DR", "XDR"),
    ("RL", "XRO"),
    ("RO", "XRO"),
    ("SH", "XST"),
    ("TB", "XTU"),
    ("KG", "KGM"),
    ("GM", "GRM"),
    ("ME", "MGM"),
    ("LB", "LBR"),
    ("OZ", "ONZ"),
    ("MP", "TNE"),
    ("TN", "STN"),
    ("LT", "LTR"),
    ("ML", "MLT"),
    ("GA", "GLL"),
    ("QT", "QT"),
    ("PT", "PT"),
    ("FO", "OZA"),
    ("MR", "MTR"),
    ("CM", "CMT"),
    ("MM", "MMT"),
    ("FT", "FOT"),
    ("LF", "LF"),
    ("IN", "INH"),
    ("YD", "YRD"),
    ("SF", "FTK"),
    ("SY", "YDK"),
    ("SI", "INK"),
    ("SM", "MTK"),
    ("CF", "FTQ"),
    ("CI", "INQ"),
    ("CR", "MTQ"),
    ("CY", "YDQ"),
    ("HR", "HUR"),
    ("DA", "DAY"),
    ("MO", "MON"),
    ("WK", "WEE"),
    ("YR", "ANN"),
    ("MJ", "MIN"),
    ("KW", "KWT"),
    ("KH", "KWH"),
    ("FA", "FAH"),
    ("CE", "CEL"),
    ("P1", "P1"),
)

X12_TO_REC20: Mapping[str, str] = MappingProxyType(dict(_TABLE))
REC20_TO_X12: Mapping[str, str] = MappingProxyType({rec20: x12 for x12, rec20 in reversed(_TABLE)})


def to_rec20(code: str, overrides: Mapping[str, str] | None = None) -> str | None:
    """The Rec 20 code for an X12 code; a partner's own table goes before ours. None if neither has it."""
    return (overrides or {}).get(code) or X12_TO_REC20.get(code)


def to_x12(code: str, overrides: Mapping[str, str] | None = None) -> str | None:
    """The X12 code for a Rec 20 code; `overrides` maps Rec 20 to X12. None if neither has it."""
    return (overrides or {}).get(code) or REC20_TO_X12.get(code)
