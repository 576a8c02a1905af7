"""Data elements of X12 as used here: number, our name for it, type, shortest and longest length in 004010.

Lengths and types are facts of the standard; names are ours. `LONGER` gives the lengths that 005010 widened.
"""

from __future__ import annotations

from crossdock_edi.spec.model import CodeList, ElementSpec, Type

_TABLE = """
2 messages accepted|N 1 6
3 free text|AN 1 60
19 city|AN 2 30
22 commodity code|AN 1 30
23 commodity qualifier|ID 1 1
24 equipment type|ID 4 4
26 country|ID 2 3
28 group control number|N 1 9
40 equipment description|ID 2 2
54 risk of loss|ID 2 2
56 type of service|ID 2 2
60 rate|R 1 9
61 free text|AN 1 30
65 height|R 1 8
66 identifier qualifier|ID 1 2
67 identifier|AN 2 80
76 invoice number|AN 1 22
79 lading description|AN 1 50
80 lading quantity|N 1 7
81 weight|R 1 10
82 length|R 1 8
87 marks and numbers|AN 1 48
88 marks qualifier|ID 1 2
91 transport mode|ID 1 2
92 order type|ID 2 2
93 name|AN 1 60
96 segment count|N 1 10
97 messages included|N 1 6
98 party role|ID 2 3
100 currency|ID 3 3
102 ownership|ID 1 1
103 packaging|AN 3 5
107 payment method|ID 1 1
110 application outcome|ID 1 2
116 postal code|ID 3 15
118 rate|R 1 9
121 rate qualifier|ID 1 2
122 rate qualifier|ID 2 2
123 messages received|N 1 6
127 reference|AN 1 30
128 reference qualifier|ID 2 3
133 routing sequence|ID 1 2
140 carrier SCAC|ID 2 4
143 transaction set|ID 3 3
144 service level|ID 2 2
145 shipment number|AN 1 30
146 freight payment|ID 2 2
147 shipment qualifier|ID 1 1
150 special charge|ID 3 3
152 special handling|ID 2 3
154 point location code|ID 6 9
156 region|ID 2 2
163 stop reason|ID 2 2
165 stop number|N 1 3
166 address|AN 1 55
176 time qualifier|ID 1 2
183 volume|R 1 8
184 volume unit|ID 1 1
186 loading quantity qualifier|ID 1 1
187 weight qualifier|ID 1 2
188 weight unit|ID 1 1
189 width|R 1 8
193 net amount due|N 1 12
202 correction|ID 2 2
206 equipment initial|AN 1 4
207 equipment number|AN 1 10
208 hazardous code|AN 4 7
209 hazardous class|ID 1 1
212 unit price|R 1 17
213 lading line|N 1 3
220 billed quantity|R 1 11
221 billed quantity qualifier|ID 2 2
223 rate description|AN 1 60
225 seal number|AN 2 15
234 item number|AN 1 48
235 item number qualifier|ID 2 2
236 price kind|ID 3 3
239 charge|N 1 12
248 charge indicator|ID 1 1
280 exchange rate|R 4 10
284 service level|ID 2 2
285 depositor order number|AN 1 22
289 line multiplier|AN 1 10
305 handling of the transaction|ID 1 2
306 action|ID 1 2
309 location qualifier|ID 1 2
310 location|AN 1 30
323 purpose|ID 2 2
324 order number|AN 1 22
325 tax identification|AN 1 20
326 request reference|AN 1 45
327 change sequence|AN 1 8
328 release|AN 1 30
329 message control number|AN 4 9
330 quantity ordered|R 1 9
331 charge handling|ID 2 2
332 percent|R 1 6
333 terms basis|ID 1 2
334 delivery terms qualifier|ID 2 2
335 delivery terms|ID 3 3
336 terms type|ID 2 2
337 time|TM 4 8
338 discount percent|R 1 6
342 percent of invoice|R 1 5
347 hash total|R 1 10
349 description type|ID 1 1
350 line|AN 1 20
351 discount days|N 1 3
352 description|AN 1 80
353 purpose|ID 2 2
354 number of lines|N 1 6
355 unit|ID 2 2
356 pack|N 1 6
357 pack size|R 1 8
358 quantity invoiced|R 1 10
361 total invoice amount|N 1 10
362 discount amount|N 1 10
363 note kind|ID 3 3
364 contact number|AN 1 80
365 contact number qualifier|ID 2 2
366 contact function|ID 2 2
367 contract|AN 1 30
368 shipment status|ID 2 2
369 free text|AN 1 45
370 discount due|DT 8 8
371 change reason|ID 2 2
373 date|DT 8 8
374 date qualifier|ID 3 3
375 tariff service|ID 2 2
378 percent qualifier|ID 1 1
380 quantity|R 1 15
382 units shipped|R 1 10
384 gross weight|R 1 9
385 gross volume|R 1 9
386 net days|N 1 3
387 routing|AN 1 35
388 deferred terms date|DT 8 8
389 deferred amount|N 1 10
394 warehouse receipt number|AN 1 12
395 unit weight|R 1 8
396 shipment|AN 2 30
400 load option|ID 2 2
407 seal status|ID 2 2
412 condition|ID 2 2
413 quantity received|R 1 7
424 seller's order number|AN 1 22
426 adjustment reason|ID 2 2
432 date qualifier|ID 2 2
438 UPC case code|AN 12 12
439 charge|R 1 9
441 tax exempt|ID 1 1
443 contact inquiry reference|AN 1 20
446 net due|DT 8 8
447 loop|AN 1 6
451 lot number|AN 1 12
471 link sequence number|N 6 6
472 link sequence number|N 6 6
473 order status|ID 1 1
474 master reference|AN 1 22
475 adjustment number|AN 1 22
478 credit or debit|ID 1 1
479 functional identifier|ID 2 2
480 version|AN 1 12
482 payment action|ID 2 2
499 condition value|AN 1 10
506 bank number qualifier|ID 2 2
507 bank number|AN 3 12
508 account|AN 1 35
509 originating company|AN 10 10
510 originating company supplement|AN 9 9
514 reporting|ID 1 2
522 amount kind|ID 1 3
541 service level|ID 2 2
554 assigned number|N 1 6
558 answer to tender|ID 1 1
559 agency|ID 2 2
560 special service|ID 2 10
561 service option|ID 1 2
562 date qualifier|ID 1 2
563 sales requirement|ID 1 2
566 substitution|ID 1 2
569 account qualifier|ID 1 3
571 payment format|ID 1 10
587 acknowledgment type|ID 2 2
591 payment method|ID 3 3
608 carton identification|AN 1 10
610 amount|N 1 15
622 packages|R 1 8
623 time code|ID 2 2
628 level|AN 1 12
639 price basis|ID 2 2
640 transaction type|ID 2 2
641 status reason|ID 3 3
646 quantity shipped to date|R 1 15
647 application error|ID 1 3
648 price multiplier qualifier|ID 3 3
649 multiplier|R 1 10
662 relationship|ID 1 1
663 units received|R 1 9
664 units returned|R 1 9
667 quantity in question|R 1 9
668 line status|ID 2 2
669 currency market|ID 3 3
670 change|ID 2 2
671 left to receive|R 1 9
673 quantity kind|ID 2 2
687 class of trade|ID 2 2
706 party relation|ID 2 2
715 group status|ID 1 1
716 group error|ID 1 3
717 message status|ID 1 1
718 message error|ID 1 3
719 segment position|N 1 6
720 segment error|ID 1 3
721 segment tag|ID 2 3
722 element position|N 1 2
723 element error|ID 1 3
724 bad data|AN 1 99
725 element reference|AN 1 4
728 returnable container|ID 1 2
731 transit direction|ID 1 2
732 transit time qualifier|ID 2 2
733 transit time|R 1 4
734 parent level|AN 1 12
735 level code|ID 1 2
736 has children|ID 1 1
737 measurement reference|ID 2 2
738 measurement qualifier|ID 1 3
739 measured value|R 1 20
740 range low|R 1 20
741 range high|R 1 20
750 characteristic|ID 2 3
751 description code|AN 1 12
752 layer or position|ID 2 2
753 packaging characteristic|ID 1 5
754 packaging description code|AN 1 7
755 report type|ID 2 2
756 report transmission|ID 1 2
765 day of month|N 1 2
770 option number|AN 1 20
782 amount|R 1 18
786 security level|ID 2 2
799 version|AN 1 30
810 inner packs|N 1 6
812 payment format|ID 3 3
819 language|ID 2 3
822 source|AN 1 15
828 dollar basis|R 1 9
933 free message|AN 1 264
934 carriage control|ID 2 2
935 measurement significance|ID 2 2
936 measurement attribute|ID 2 2
954 percent|R 1 10
955 tax jurisdiction qualifier|ID 2 2
956 tax jurisdiction|AN 1 10
961 free text|AN 1 60
962 receiving advice type|ID 1 1
963 tax type|ID 2 2
1018 exponent|R 1 15
1005 hierarchical structure|ID 4 4
1019 invoice type|ID 3 3
1048 business function|ID 1 3
1073 yes or no|ID 1 1
1136 loading|ID 1 2
1166 contract type|ID 2 2
1179 tax exemption|ID 1 2
1232 purchase category|ID 2 2
1250 period format|ID 2 3
1251 period|AN 1 35
1270 code list|ID 1 3
1271 industry code|AN 1 30
1292 disposition of a return|ID 2 2
1293 reason for a return|ID 2 2
1294 response to a return|ID 2 2
1300 charge code|ID 4 4
1301 agency charge code|AN 1 10
1322 appointment|ID 2 2
1373 measurement method|ID 2 4
1470 number|N 1 9
1528 component position|N 1 2
1650 shipment status|ID 2 2
1651 status reason|ID 2 3
1652 appointment status|ID 2 2
1686 repetition position|N 1 4
1705 implementation|AN 1 35
9998 context name|AN 1 35
9999 context reference|AN 1 35
I08 interchange date|DT 6 6
I09 interchange time|TM 4 4
I12 interchange control number|N 9 9
I17 interchange status|ID 1 1
I18 interchange note|ID 3 3
"""

# Codes that a list has; `!` closes it: another code is an error there. The others are known to be incomplete.
_CODES = """
353 00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 24 25 26 27 28 30 31 33 34 35 36 38 39 40 41
353 42 43 44 45 46 47 48 49 50 51 52 53 77 BK CN CO EX GR PR SU ZZ
587 AC AD AE AH AK AP AT NA RD RF RJ RN RO ZZ
668! IA AC AR AA IC IQ IP IE DR SP IS BP IB ID IF IH IW IR R1 R2 R3 R4 R5 R6 R7 R8
670 AI CA CT DI MU NC PC PQ PR QD QI RA RE RM RQ RS RZ TI CB
248! A B C N P Q R S
662! A C D E I O S
715! A E M P R W X
717! A E M R W X
720! 1 2 3 4 5 6 7 8 I4 I6 I7 I8 I9
723! 1 2 3 4 5 6 7 8 9 10 12 13 I6 I9 I10 I11 I12 I13
735 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L M N O P Q R S T U V W X Y Z
736! 0 1
478! C D
1073! N U W Y
558! A D E
962! 1 2 3 4
I17! A E R
"""

LONGER = {"127": 50, "67": 80, "79": 50, "212": 17, "234": 80, "225": 15, "364": 256, "26": 3, "722": 2, "610": 15}


def _code_lists() -> dict[str, CodeList]:
    found: dict[str, tuple[set[str], bool]] = {}
    for line in _CODES.strip().splitlines():
        number, *codes = line.split()
        known = found.setdefault(number.rstrip("!"), (set(), not number.endswith("!")))
        known[0].update(codes)
    return {number: CodeList(frozenset(codes), opened) for number, (codes, opened) in found.items()}


def _elements(longer: dict[str, int]) -> dict[str, ElementSpec]:
    lists = _code_lists()
    elements: dict[str, ElementSpec] = {}
    for line in _TABLE.strip().splitlines():
        left, right = line.split("|")
        number, name = left.split(" ", 1)
        kind, shortest, longest = right.split()
        most = max(int(longest), longer.get(number, 0))
        elements[number] = ElementSpec(number, name, _type(kind), int(shortest), most, lists.get(number))
    return elements


def _type(kind: str) -> Type:
    types: dict[str, Type] = {"AN": "AN", "ID": "ID", "N": "N", "R": "R", "DT": "DT", "TM": "TM", "B": "B"}
    return types[kind]


ELEMENTS = _elements({})
ELEMENTS_005010 = _elements(LONGER)
