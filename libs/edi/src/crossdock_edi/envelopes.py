"""The tags of the envelopes of both standards, and where their headers and trailers keep the control number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Role(Enum):
    OPEN = auto()
    CLOSE = auto()
    OPEN_GROUP = auto()
    CLOSE_GROUP = auto()
    OPEN_MESSAGE = auto()
    CLOSE_MESSAGE = auto()
    NOTE = auto()
    BINARY = auto()


@dataclass(frozen=True, slots=True)
class Envelopes:
    """The tags of one standard and where their headers and trailers keep the control number."""

    roles: dict[str, Role]
    control: dict[str, int]
    trailers: dict[str, str]


ENVELOPES = {
    "X12": Envelopes(
        roles={
            "ISA": Role.OPEN,
            "IEA": Role.CLOSE,
            "GS": Role.OPEN_GROUP,
            "GE": Role.CLOSE_GROUP,
            "ST": Role.OPEN_MESSAGE,
            "SE": Role.CLOSE_MESSAGE,
            "TA1": Role.NOTE,
            "TA3": Role.NOTE,
            "ISB": Role.NOTE,
            "ISE": Role.NOTE,
            "BIN": Role.BINARY,
            "BDS": Role.BINARY,
        },
        control={"ISA": 13, "IEA": 2, "GS": 6, "GE": 2, "ST": 2, "SE": 2},
        trailers={"ISA": "IEA", "GS": "GE", "ST": "SE"},
    ),
    "EDIFACT": Envelopes(
        roles={
            "UNA": Role.OPEN,
            "UNB": Role.OPEN,
            "UNZ": Role.CLOSE,
            "UNG": Role.OPEN_GROUP,
            "UNE": Role.CLOSE_GROUP,
            "UNH": Role.OPEN_MESSAGE,
            "UNT": Role.CLOSE_MESSAGE,
        },
        control={"UNB": 5, "UNZ": 2, "UNG": 5, "UNE": 2, "UNH": 1, "UNT": 2},
        trailers={"UNB": "UNZ", "UNG": "UNE", "UNH": "UNT"},
    ),
}
