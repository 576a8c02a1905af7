"""Pieces of layout that EDIFACT trade messages share. Groups are named by the segment that begins them."""

from __future__ import annotations

PARTY = """
NAD: *
  LOC *
  FII *
  RFF: *
    DTM *
  DOC: *
    DTM *
  CTA: *
    COM *
"""

HEADER = """
BGM !
DTM *
PAI
ALI *
IMD *
FTX *
GIS *
RFF: *
  DTM *
AJT: *
  FTX *
DOC *
"""

TERMS = """
TAX: *
  MOA *
  LOC *
CUX: *
  PCD *
  DTM *
PAT: *
  DTM *
  PCD
  MOA *
"""

TRANSPORT = """
TDT: *
  LOC: *
    DTM *
TOD: *
  LOC *
PAC: *
  MEA *
  PCI: *
    RFF
    DTM *
    GIN *
EQD: *
  HAN *
  MEA *
  FTX *
  SEL *
SCC: *
  FTX *
  RFF *
  QTY: *
    DTM *
APR: *
  DTM *
  RNG
"""

CHARGES = """
ALC: *
  ALI
  DTM *
  RFF *
  QTY: *
    RNG
  PCD: *
    RNG
  MOA: *
    RNG
  RTE: *
    RNG
  TAX: *
    MOA *
"""

LINE = """
LIN: *
  PIA *
  IMD *
  MEA *
  QTY *
  PCD *
  ALI *
  DTM *
  MOA *
  GIN *
  GIR *
  QVR *
  DOC *
  PAI
  FTX *
  MOA *
  CCI *
  AJT: *
    FTX *
  PAT: *
    DTM *
    PCD
    MOA *
  PRI: *
    CUX
    APR *
    RNG
    DTM *
  RFF: *
    DTM *
  PAC: *
    MEA *
    QTY *
    DTM *
    RFF: *
      DTM *
    PCI: *
      RFF
      DTM *
      GIN *
  LOC: *
    QTY *
    DTM *
  TAX: *
    MOA *
    LOC *
  NAD: *
    LOC *
    RFF: *
      DTM *
    DOC: *
      DTM *
    CTA: *
      COM *
  ALC: *
    ALI
    DTM *
    QTY: *
      RNG
    PCD: *
      RNG
    MOA: *
      RNG
    RTE: *
      RNG
    TAX: *
      MOA *
  TDT: *
    LOC: *
      DTM *
  TOD: *
    LOC *
  EQD: *
    HAN *
    MEA *
    FTX *
  SCC: *
    FTX *
    RFF *
    QTY: *
      DTM *
  RCS: *
    RFF *
    DTM *
    FTX *
"""

SUMMARY = """
UNS !
CNT *
MOA: *
  RFF
  DTM
TAX: *
  MOA *
ALC: *
  ALI
  MOA *
"""
