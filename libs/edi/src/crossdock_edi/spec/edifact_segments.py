"""Segments of EDIFACT as used here, in directories D.96A and D.01B, one a line: numbers of elements with their formats.

Formats are the standard's (`an..35`, `n..15`, `a3`); where the directories differ, the wider one. Brackets hold a
composite, `!` is mandatory, `^n` may stand n times in a row. `?`: further elements are not described.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossdock_edi.spec.model import ElementSpec, SegmentSpec, Slot, Type

_FORMATS = """
a1 0081
an..2 8077 8169 8249
an..3 0013 0051 0052 0054 0073 0083 0085 1001 1153 1156 1222 1225 1227 1229 1373 2005 2009 2013 2015 2017
an..3 2151 2379 2475 3035 3055 3139 3153 3155 3207 3223 3227 3233 3239 3453 4017 4053 4055 4183 4215 4221
an..3 4233 4279 4295 4343 4347 4405 4431 4435 4439 4441 4447 4451 4453 4461 4465 4471 4491 4493 4499 4501
an..3 4503 5025 5125 5189 5213 5245 5249 5273 5283 5289 5305 5375 5387 5463 5479 5495 6063 6069 6155 6311
an..3 6313 6321 6341 6343 6345 6347 7073 7075 7077 7081 7083 7143 7161 7187 7233 7365 7383 7405 7511 8051
an..3 8053 8067 8101 8275 9213 9321
an..4 0007
an..6 0057 0065
an..8 6411
an..9 3229
an..10 8155
an..12 7164
an..14 0020 0062
an..17 1131 3127 3251 3413 4277 7009 7065 8028 8066
an..35 0004 0008 0010 0014 0068 1000 1004 1056 1060 1230 1312 1366 2380 3036 3039 3042 3045 3124 3128 3164
an..35 3225 3412 3446 4000 4052 5152 5278 5279 5286 6154 7102 7140 7160 7166 7402 8154 8178 8179 8260
an..70 1154 3222 3224 7064
an..256 7008
an..512 3148 4440
n1 0135
n..2 0070
n..3 0098 0104 2152
n..4 1218 1220 1496
n..5 1490
n..6 0096 1082
n..8 7224
n..10 0074
n..15 5284 5402
n..17 5482 6348
n..18 5118 6064 6066 6152 6162 6314 6432
n..35 5004 6060
"""

_TABLE = """
UNH 0062! (0065! 0052! 0054! 0051! 0057 0110? 0113?) 0068 (0070 0073) ?
UNT 0074! 0062!
BGM (1001 1131 3055 1000) (1004 1056 1060) 1225 4343
DTM (2005! 2380 2379)!
PAI (4439 4431 4461 1131 3055 4435)!
ALI 3239 9213 4183^5
IMD 7077 (7081 1131 3055) (7009 1131 3055 7008 7008 3453) 7383
FTX 4451! 4453 (4441 1131 3055) (4440 4440 4440 4440 4440) 3453 4447
GIR ?
RFF (1153! 1154 1156 4000 1060)!
NAD 3035! (3039! 1131 3055) (3124 3124 3124 3124 3124) $name $street 3164 (3229 1131 3055 3222) 3251 3207
LOC 3227! (3225 1131 3055 3224) (3223 1131 3055 3222) (3233 1131 3055 3222) 5479
FII 3035! ?
CTA 3139 (3413 3412)
COM (3148! 3155!)!^3
TAX 5283! (5153 1131 3055 5152) (5289 1131 3055) 5286 (5279 1131 3055 5278 5273 1131 3055) 5305 3446 ?
CUX (6347! 6345 6343 6348) (6347! 6345 6343 6348) 5402 6341
PAT 4279! (4277 1131 3055 2475?) (2475! 2009 2151 2152) ?
PCD (5245! 5482 5249 1131 3055)! ?
MOA (5025! 5004 6345 6343 4405)!
TDT 8051! 8028 (8067 8066) (8179 8178) (3127 1131 3055 3128) 8101 ?
TOD 4055 4215 (4053 1131 3055 4052 4052)
PAC 7224 (7075 7233 7073) (7065 1131 3055 7064 7143) ?
EQD 8053! (8260 1131 3055 3207) (8155 1131 3055 8154) 8077 8249 8169
MEA 6311! (6313 6321 6155 6154) (6411! 6314 6162 6152 6432) 7383
PCI 4233 (7102 7102 7102 7102 7102 7102 7102 7102 7102 7102) 8275 (7511 1131 3055)
GIN 7405! (7402! 7402)!^1 (7402 7402) (7402 7402) (7402 7402) (7402 7402)
LIN 1082 1229 (7140 7143 1131 3055) (5495 1082) 1222 7083
PIA 4347! (7140 7143 1131 3055)! (7140 7143 1131 3055) (7140 7143 1131 3055) (7140 7143 1131 3055) (7140 7143 1131 3055)
QTY (6063! 6060! 6411)!
QVR (6064 6063) 4221 (4295 1131 3055 4294?)
PRI (5125! 5118 5375 5387 5284 6411) 5213
ALC 5463! (1230 5189) 4471 1227 (7161 1131 3055 7160 7160)
SCC 4017! 4493 (2013 2015 2017)
CPS 7164! 7166 7075
CNT (6069! 6066! 6411)!
UNS 0081!
DOC (1001 1131 3055 1000)! (1004 1373 1366 3453) 3153 1220 1218
AJT 4465! 1082
INV 4501 4491 4499 4503 ?
GIS (7365! 1131 3055 7187)!
STS ?
ERC (9321! 1131 3055)!
CNI 1490 (1004 1373 1366 3453) 1312
GID 1496 ?
UCI 0020! (0004! 0007 0008)! (0010! 0007 0014)! 0083! 0085 0013 (0098 0104)
UCF ?
UCM 0062! (0065! 0052! 0054! 0051! 0057)! 0083! 0085 0013 (0098 0104)
UCS 0096! 0085
UCD 0085! (0098! 0104)!
APR ?
RNG ?
HAN ?
DLM ?
RCS ?
DGS ?
TMP ?
SGP ?
TSR ?
TCC ?
GOR ?
CPI ?
DIM ?
SEL ?
PSD ?
TPL ?
FTI ?
RTE ?
STG ?
AUT ?
DLI ?
RJL ?
GRI ?
GDS ?
IDE ?
PGI ?
HYN ?
CCI ?
CDI ?
EQA ?
EQN ?
INP ?
TMD ?
"""

_TOKEN = re.compile(r"\((?P<parts>[^)]+)\)(?P<must>!?)(?:\^(?P<repeats>\d+))?|(?P<one>[^\s^]+)(?:\^(?P<times>\d+))?")
_FORMAT = re.compile(r"(an|a|n)(\.\.)?(\d+)\Z")


def _elements() -> dict[str, ElementSpec]:
    found: dict[str, ElementSpec] = {}
    for line in _FORMATS.strip().splitlines():
        written, *numbers = line.split()
        parsed = _FORMAT.match(written)
        if parsed is None:
            raise ValueError(f"{written} is no format")
        kind: Type = "R" if parsed[1] == "n" else "AN"
        longest = int(parsed[3])
        for number in numbers:
            if number.isdigit():
                found[number] = ElementSpec(number, number, kind, 1 if parsed[2] else longest, longest)
    return found


_ELEMENTS = _elements()
_ANYTHING = ElementSpec("", "text", "AN", 1, 512)


_SHORT = {"$name": "(3036 3036 3036 3036 3036 3045)", "$street": "(3042 3042 3042 3042)"}


def _segment(line: str) -> SegmentSpec:
    for short, meant in _SHORT.items():
        line = line.replace(short, meant)
    tag, _, text = line.partition(" ")
    slots: list[Slot] = []
    described = True
    for found in _TOKEN.finditer(text):
        if found["parts"]:
            parts = tuple(_slots(found["parts"]))
            slots.append(Slot(parts[0].element, bool(found["must"]), parts, int(found["repeats"] or 1)))
        elif found["one"] == "?":
            described = False
        else:
            slots.extend(slot for _ in range(int(found["times"] or 1)) for slot in _slots(found["one"]))
    return SegmentSpec(tag, tuple(slots), (), described=described)


def _slots(text: str) -> Iterator[Slot]:
    for word in text.split():
        number = word.rstrip("!?")
        yield Slot(_ELEMENTS.get(number, _ANYTHING), required=word.endswith("!"))


EDIFACT_SEGMENTS = {spec.tag: spec for spec in (_segment(line) for line in _TABLE.strip().splitlines())}
