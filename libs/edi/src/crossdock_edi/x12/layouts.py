"""Pieces of layout that order documents share, so that each set's own layout shows what is particular to it."""

from __future__ import annotations

PARTY = """
N1: *
  N2 2
  N3 2
  N4 *
  NX2 *
  REF *
  PER *
  SI *
  FOB
  TD1 2
  TD5 12
  TD3 12
  TD4 5
  PKG *
  MSG *
"""

HEADER = """
CUR
REF *
PER 3
TAX *
FOB *
CTP *
PAM 10
CSH 25
SAC: *
  CUR
ITD *
DIS 20
INC
DTM 10
LDT: *
  QTY *
  MSG
LIN 5
SI *
PID *
MEA 40
PWK 25
PKG *
TD1 2
TD5 12
TD3 12
TD4 5
MAN 10
PCT *
CTB 5
TXI *
AMT *
N9: *
  DTM *
  MSG *
"""

LINE_BEFORE_SCHEDULE = """
LIN *
SI *
CUR
CN1
PO3 25
CTP *
PAM 10
MEA 40
PID: *
  MEA 10
PWK 25
PO4 *
REF *
PER 3
SAC: *
  CUR
  CTP
IT8 25
CSH
ITD 2
DIS 20
INC
TAX *
FOB
SDQ *
IT3 5
DTM 10
TC2 *
TD1
TD5 12
TD3 12
TD4 5
PCT *
MAN 10
MSG *
SPI *
TXI *
CTB *
QTY: *
  SI *
"""

LINE_AFTER_SCHEDULE = """
PKG: *
  MEA *
LS
LDT: *
  QTY *
  MSG
  REF *
LE
N9: *
  DTM *
  MEA 40
  MSG *
"""

SCHEDULE = """
SCH: *
  TD1 2
  TD5 12
  TD3 12
  TD4 5
  REF *
"""

ACKNOWLEDGMENT = """
ACK: 104
  DTM *
"""

SUBLINE = """
SLN: *
  MSG *
  SI *
  PID *
  PO3 *
  TC2 *
  ACK *
  SAC *
  DTM *
  CTP *
  PO4
  TAX *
  N9 *
  N1: *
    N2 2
    N3 2
    N4
    REF *
    PER *
AMT: *
  REF
LM: *
  LQ *
"""

TOTALS = """
CTT:
  AMT *
"""


def indented(*pieces: str, by: int = 2) -> str:
    """Pieces one behind the other, as members of a loop."""
    return "".join(" " * by + line + "\n" for piece in pieces for line in piece.strip("\n").splitlines())
