"""EDIFACT IFTSTA: what the codes of data element 9011 in STS mean, in the numbering of D.96A to D.01A.

Codes about repair, hire and cleaning of equipment say nothing about goods: they are administrative here. Partners that
use a list of their own (element 1131 names it) are mapped by overrides.
"""

from __future__ import annotations

STATUS = """
1 | Arrived | fact | - | arrived_stop | -
2 | Authorised to load | administrative | - | - | -
3 | Arrived in defective condition | fact | - | arrived_stop | damaged
4 | Defective equipment released | administrative | - | - | -
5 | Begun | administrative | - | - | -
6 | Booked | administrative | - | booked | -
7 | Booking cancelled | administrative | - | cancelled | cancelled
8 | Cleared of import restrictions | fact | - | customs | -
9 | Cleared of export restrictions | fact | - | customs | -
10 | Cleared by agriculture, food or fisheries authorities | fact | - | customs | -
11 | Cleared by port authority | fact | - | customs | -
12 | Cleared by customs | fact | - | customs | -
13 | Collected | fact | dispatched | picked_up | -
14 | Completed | administrative | - | - | -
15 | Consolidated | fact | - | - | -
16 | Crossed border | fact | dispatched | in_transit | -
17 | Refused by customs | fact | - | held | customs
18 | Damaged | fact | - | - | damaged
19 | Damaged equipment quoted | administrative | - | - | -
20 | Delayed | fact | delayed | - | -
21 | Delivered | fact | delivered | delivered | -
22 | Delivery completed | fact | delivered | delivered | -
23 | Delivery not completed | fact | - | attempted | attempted
24 | Departed | fact | dispatched | in_transit | -
25 | Departure delayed | fact | delayed | - | -
26 | Deramped | fact | - | in_transit | -
27 | Despatched | fact | dispatched | picked_up | -
28 | Stripped | fact | - | - | -
29 | Discharged | fact | - | in_transit | -
30 | Empty on inspection | fact | - | - | shortage
31 | En route | fact | dispatched | in_transit | -
32 | Equipment in from repair | administrative | - | - | -
33 | Equipment out for repair | administrative | - | - | -
34 | Equipment repaired | administrative | - | - | -
35 | Expedited to destination | fact | dispatched | in_transit | -
36 | Not found | fact | - | - | lost
37 | Found | fact | dispatched | in_transit | -
38 | Freight paid | administrative | - | - | -
39 | From bond | fact | - | customs | -
40 | At port | fact | - | arrived_stop | -
41 | Handover | fact | - | in_transit | -
42 | Handover delivered | fact | - | in_transit | -
43 | Handover received | fact | - | in_transit | -
44 | Ill-routed consignment reforwarded | fact | delayed | in_transit | -
45 | Informed consignee of arrival | fact | - | ready_for_pickup | -
46 | Into bond | fact | - | customs | -
47 | Into packing depot | fact | - | arrived_stop | -
48 | Loaded | fact | - | loaded | -
49 | Lost | fact | - | - | lost
50 | Manifested | administrative | - | booked | -
51 | Means of transport damaged | fact | delayed | - | -
52 | Mechanical breakdown | fact | delayed | - | -
53 | No pick-up | fact | - | - | failed
54 | Not identified | fact | - | - | failed
55 | Not collected | fact | - | - | failed
56 | Not delivered | fact | - | attempted | attempted
57 | Not loaded | fact | delayed | - | -
58 | Off hire | administrative | - | - | -
59 | Off loaded | fact | - | - | -
60 | On hire | administrative | - | - | -
61 | Outstanding claims settled | administrative | - | - | -
62 | Over landed | fact | - | - | failed
63 | Package not ready | fact | - | - | failed
64 | Pick-up awaited | fact | - | ready_for_pickup | -
65 | Plugged equipment | administrative | - | - | -
66 | Plundered | fact | - | - | shortage
67 | Positioned | fact | - | arrived_origin | -
68 | Pre-informed | administrative | - | booked | -
69 | Put to refuse | fact | - | - | lost
70 | Ramped equipment | fact | - | loaded | -
71 | Ready for transportation | administrative | - | booked | -
72 | Receipt fully acknowledged | administrative | - | - | -
73 | Receipt partially acknowledged | administrative | - | - | shortage
74 | Received | fact | - | arrived_stop | -
75 | Reconsigned | fact | - | - | redirected
76 | Reforwarded on request | fact | - | - | redirected
77 | Refused without reason given | fact | - | attempted | refused
78 | Released | fact | - | - | -
79 | Reloaded | fact | - | loaded | -
80 | Returned as instructed | fact | - | returned | returned
81 | Returned as wreck | fact | - | returned | damaged
82 | Returned | fact | - | returned | returned
83 | Sealed equipment | fact | - | loaded | -
84 | Service ordered | administrative | - | - | -
85 | Short landed | fact | - | - | shortage
86 | Short shipped | fact | - | - | shortage
87 | Sorted to a wrong route | fact | delayed | in_transit | -
88 | Split | fact | - | - | -
89 | Steam cleaned | administrative | - | - | -
90 | Stopped | fact | delayed | held | -
91 | Stored | fact | delayed | held | -
92 | Stowed | fact | - | loaded | -
93 | Stuffed | fact | - | loaded | -
94 | Stuffed and sealed | fact | - | loaded | -
95 | Sub-lease in | administrative | - | - | -
96 | Sub-lease out | administrative | - | - | -
97 | Surveyed damage | fact | - | - | damaged
98 | Transferred in | fact | - | in_transit | -
99 | Transferred out | fact | - | in_transit | -
100 | Transhipped | fact | - | in_transit | -
101 | Delayed in transit | fact | delayed | in_transit | -
102 | Unknown goods, consignment or equipment | fact | - | - | failed
103 | Unplugged equipment | administrative | - | - | -
"""
