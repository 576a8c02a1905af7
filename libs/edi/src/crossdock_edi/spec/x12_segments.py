"""Segments of X12 as used here, one a line: element numbers, `!` mandatory, `*n` repeated pairs, then rules.

Numbers in brackets are a composite, `^n` lets it repeat. Rules are written as in the trade: `P0304` both or none,
`R0203` one of them, `E0103` only one, `C0302` the first needs the second, `L050607` the first needs one of the others.
`@` is a composite unit of measure. `?`: further elements are not described.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossdock_edi.spec.model import ElementSpec, Rule, SegmentSpec, Slot
from crossdock_edi.spec.x12_elements import ELEMENTS, ELEMENTS_005010

_TABLE = """
ST 143! 329! 1705
SE 96! 329!
BEG 353! 92! 324! 328 373! 367 587 1019 1166 1232 786 640
CUR 98! 100! 280 98 100 669 374 373 337 374 373 337 374 373 337 374 373 337 374 373 337
REF 128! 127 352 (128 127 128 127 128 127) R0203
PER 366! 93 365 364 365 364 365 364 443 P0304 P0506 P0708
FOB 146! 309 352 334 335 309 352 54 352 C0302 C0405 C0706 C0809
CSH 563 306 610 508 373 559 560 566 954
SAC 248! 1300 559 1301 610 378 332 118 355 380 380 331 127 770 352 819 R0203 P0304 P0607
ITD 336 333 338 370 351 446 386 362 388 389 342 352 765 107 954
DTM 374! 373 337 623 1250 1251 R020305 C0403 P0506
PID 349! 750 559 751 352 752 822 1073 819 R0405 C0403
MEA 737 738 739 (355 1271 1271) 740 741 935 936 752 1373
PKG 349 753 559 754 352 400 C0403
TD1 103 80 23 22 79 187 81 355 183 355 C0102 C0304 C0607 P0708 P0910
TD5 133 66 67 91 387 368 309 310 731 732 733 284 284 284 26 R0204050612 C0203 C0708 C1011
TD3 40 206 207 187 81 355 102 407 225 24 C0203 C0405 P0506
TD4 152 208 209 352 1073 C0203
MAN 88! 87! 87 88 87 87 P0405 C0605
N9 128! 127 369 373 337 623 (128 127 128 127 128 127) R0203 C0605
MSG 933! 934 1470
N1 98! 93 66 67 706 98 R0203 P0304
N2 93! 93
N3 166! 166
N4 19 156 116 26 309 310 C0605
PO1 350 330 355 212 639 [235 234]*10 C0302 C0504
PO3 371! 373 236 212 639 380! 355! 352
PO4 356 357 355 103 187 384 355 385 355 82 189 65 355 810 752 350 350 1470
CTP 687 236 212 380 @ 648 649 782 639 499 289
SLN 350! 350 662! 380 @ 212 639 662 [235 234]*10 P0405 C0706
SCH 380! 355! 98 93 374 373 337 374 373 337 326 350 C0403 C0506
CTT 354! 347 81 355 183 355 352 P0304 P0506
AMT 522! 782! 478
TAX 325 309 310 309 310 309 310 309 310 309 310 441 1179 R0103
TXI 963! 782 954 955 956 441 662 828 325 350 R0203 P0405
QTY 673! 380 (355 1271 1271) 61 R0204 E0204
UIT @! 212 639 C0302
LDT ?
INC ?
PAM ?
DIS ?
LIN 350 235! 234! [235 234]*14
SI ?
PWK 755! 756 1470 98 66 67 352
IT8 ?
CTB ?
PCT ?
SPI ?
LM 559! 822
LQ 1270 1271 C0102
ADV ?
IT3 382 355 368 371
LS 447!
LE 447!
BAK 353! 587! 324! 373! 328 326 367 127 373 640
ACK 668! 380 355 374 373 326 [235 234]*10 559 822 1271 P0203 C0405
BCH 353! 92! 324! 328 327 373! 326 367 127 373 373 373 1166 786
POC 350 670! 330 671 @ 212 639 [235 234]*10 C0305 C0706
BCA 353! 587 324! 328 327 373! 326 367 127 373 373 373 786 1166
BSN 353! 396! 373! 337! 1005 640 641 C0706
HL 628! 734 735! 736
SN1 350 382! 355! 646 330 355 728 668 P0506
PRF 324! 328 327 373 350 367 92
CLD 622! 382! 103 357 355 C0504
TSD ?
PAL ?
EFI ?
AK1 479! 28! 480
AK2 143! 329! 1705
AK3 721! 719! 447 720
AK4 (722! 1528 1686)! 725 723! 724
AK5 717! 718 718 718 718 718
AK9 715! 97! 123! 2! 716 716 716 716 716
IK3 721! 719! 447 720!
IK4 (722! 1528 1686)! 725 723! 724
IK5 717! 718 718 718 718 718
CTX (9998! 9999)!^10 721 719 447 (722! 1528 1686) (725 725)
TA1 I12! I08! I09! I17! I18!
BIG 373! 76! 373 324 328 327 640 353 306 76
IT1 350 358 355 212 639 [235 234]*10
TDS 610! 610 610 610
CAD 91 206 207 140 387 368 128 127 284 R0504 C0708
ISS 382 355 81 355 183 355 P0102 P0304 P0506
ISR ?
BAL ?
NTE 363 352!
BIA 353! 755! 127! 373! 337 306
BRA 127! 373! 353! 962! 337 412 306
RCD 350 663 @ 664 @ 667 @ 412 667 @ 412 667 @ 412 667 @ 412 667 @ 412
W05 473! 285! 324 471 474 306
W66 146! 91 ?
W01 330! 355! 438 [235 234]*2 ?
W76 382! 81 355 183 355 P0203 P0405
W06 514! 285 373 145 ?
W04 382! 355! 438 [235 234]*2 ?
W27 91! 140 387 146 ?
W28 ?
W10 ?
W12 368! 330 382 380 355 438 [235 234]*1 ?
W03 382! 81 355 183 355 P0203 P0405
W17 514! 373! 394! ?
W07 413! 355! 438 [235 234]*1 ?
W13 380! 355! 412! ?
W14 413! ?
W15 373! ?
W19 426! 380! 355! 438 [235 234]*1 ?
W20 ?
W08 ?
W09 ?
W6 ?
W2 ?
G61 366! 93 365 364
G62 432 373 176 337 623 R0103 P0102 P0304
G69 369!
LX 554!
L11 127 128 352 R0103 P0102
AT5 ?
AT7 1650 1651 1652 1651 373 337 623 R0103 E0103 C0201 C0403 C0605 C0706
AT8 187 188 81 80 80 184 183 P010203
MS1 19 156 26 ?
MS2 140 207 40 ?
MS3 140! 133! 19 91! 156
K1 61! 61
M7 225! 225 225 225 98
M10 ?
B2 375 140 154 145! 188 146 ?
B2A 353! ?
B1 140 145! 373 558
B3 147 76! 145 146! 188 373! 610! ?
B10 127 145 140! ?
B9 ?
C2 ?
C3 100! 280 100 100
CD3 ?
H3 ?
H6 ?
L0 213 ?
L1 213 ?
L3 81 ?
L4 ?
L5 213 79 22 23 103 87 88 22 23
L7 213 ?
L9 ?
LAD ?
LH1 ?
LH2 ?
LH3 ?
LH6 ?
LFH ?
LEP ?
LHR ?
LHT ?
LHE ?
LP ?
NA ?
N7 206 207! ?
N8 ?
N5 ?
OID 127 324 127 355 380 188 81 184 183
PLD ?
POD ?
R3 ?
S5 165! 163! 81 188 ?
SG ?
SL1 ?
SPO ?
Q7 ?
EA ?
ED ?
BPR 305! 782! 478! 591! 812 506 507 569 508 509 510 506 507 569 508 373 1048 506 507 569 508 P0607 C0809 P1213 C1415
TRN ?
ENT 554 98 66 67 98 66 67 128 127 P020304 P050607 P0809
NM1 98! ?
RMR 128 127 482 782 782 782 371 782 P0102
ADX 782! 371! 128 127 P0304
DED ?
LUI ?
BGN 353! 127! 373! 337 623 127 640 306 786 C0504
OTI 110! 128! 127! 822 822 373 337 28 329 143 480 640 306 305 110
TED 647! 3 721 719 722 961 724 961
RED 352! ?
STC ?
CRC ?
BLI 235! 234! 380 355 236 212 355 [235 234]*3 C0403 P0506 C0706
RDR 1292 1293 1294 352 1073 E0203
BCD 373! 475! 305! 610! 478! 373 76 424 373 324 353 640 128 127 306 R071014 P1314
CDD 426! 478! 350 610 1073 ?
MTX ?
LCD ?
AIN ?
DTP 374! 1250! 1251!
IN1 ?
IN2 ?
BIN ?
NX2 ?
SDQ ?
CN1 ?
TC2 ?
ETD ?
V1 ?
CS ?
FA1 ?
FA2 ?
G53 ?
G66 ?
H1 ?
H2 ?
ITA ?
N7A ?
N7B ?
PEN ?
R4 ?
SR ?
TXP ?
V9 ?
YNQ ?
DD ?
G38 ?
GF ?
N11 ?
SHD ?
"""

_TOKEN = re.compile(
    r"\[(?P<pair>[^\]]+)\]\*(?P<times>\d+)|\((?P<parts>[^)]+)\)(?P<must>!?)(?:\^(?P<repeats>\d+))?|(?P<one>\S+)"
)
_RULE = re.compile(r"([PREcCL])((?:\d\d)+)\Z")


def _segments(elements: dict[str, ElementSpec]) -> dict[str, SegmentSpec]:
    return {spec.tag: spec for spec in (_segment(line, elements) for line in _TABLE.strip().splitlines())}


# A composite unit of measure: up to five units, each with exponent and multiplier.
_UNIT = "(355! " + "1018 649 355 " * 4 + "1018 649)"


def _segment(line: str, elements: dict[str, ElementSpec]) -> SegmentSpec:
    tag, _, text = line.replace("@!", _UNIT + "!").replace("@", _UNIT).partition(" ")
    slots: list[Slot] = []
    rules: list[Rule] = []
    described = True
    for found in _TOKEN.finditer(text):
        if found["pair"]:
            slots.extend(slot for _ in range(int(found["times"])) for slot in _slots(found["pair"], elements))
        elif found["parts"]:
            parts = tuple(_slots(found["parts"], elements))
            slots.append(Slot(parts[0].element, bool(found["must"]), parts, int(found["repeats"] or 1)))
        elif rule := _RULE.match(found["one"]):
            positions = tuple(int(rule[2][at : at + 2]) for at in range(0, len(rule[2]), 2))
            rules.append(Rule(rule[1], positions))
        elif found["one"] == "?":
            described = False
        else:
            slots.extend(_slots(found["one"], elements))
    rules.extend(_pair_rules(slots))
    return SegmentSpec(tag, tuple(slots), tuple(rules), described=described)


def _slots(text: str, elements: dict[str, ElementSpec]) -> Iterator[Slot]:
    for word in text.split():
        yield Slot(elements[word.rstrip("!")], required=word.endswith("!"))


def _pair_rules(slots: list[Slot]) -> Iterator[Rule]:
    """An item number and its qualifier come together, wherever they stand."""
    for position in range(1, len(slots)):
        here, after = slots[position - 1], slots[position]
        if (here.element.number, after.element.number) == ("235", "234") and not here.required:
            yield Rule("P", (position, position + 1))


SEGMENTS = _segments(ELEMENTS)
SEGMENTS_005010 = _segments(ELEMENTS_005010)


def segments_of(version: str) -> dict[str, SegmentSpec]:
    """The dictionary for a version; versions between and beside are read with the nearest."""
    return SEGMENTS_005010 if version >= "005" else SEGMENTS
