"""X12 214: what the codes of AT7 mean (trade: C2): statuses of AT701, appointments of AT703, reasons of AT702.

The standard does not say which codes are estimates or administrative; classes and milestones are this suite's reading
and can be overridden for each partner. Arrival at the consignee is not delivery, nor is handing over to another line.
"""

from __future__ import annotations

STATUS = """
XB | Shipment acknowledged | administrative | - | booked | -
X3 | Arrived at pick-up location | fact | - | arrived_origin | -
X8 | Arrived at pick-up location loading dock | fact | - | arrived_origin | -
L1 | Loading | fact | - | loading | -
CP | Completed loading at pick-up location | fact | - | loaded | -
AM | Loaded on truck | fact | - | loaded | -
CL | Trailer closed out | fact | - | loaded | -
AF | Carrier departed pick-up location with shipment | fact | dispatched | picked_up | -
BA | Connecting line or cartage pick-up | fact | dispatched | picked_up | -
OA | Out-gate | fact | dispatched | in_transit | -
I1 | In-gate | fact | - | arrived_stop | -
P1 | Departed terminal location | fact | dispatched | in_transit | -
X4 | Arrived at terminal location | fact | - | in_transit | -
R1 | Received from prior carrier | fact | - | in_transit | -
J1 | Delivered to connecting line | fact | - | in_transit | -
AN | Diverted to air carrier | fact | - | in_transit | -
AR | Rail arrival at destination intermodal ramp | fact | - | in_transit | -
RL | Rail departure from origin intermodal ramp | fact | - | in_transit | -
K1 | Arrived at customs | fact | - | customs | -
PR | Customs hold at in-bond location | fact | - | held | customs
BC | Storage in transit | fact | delayed | held | -
B6 | Estimated to arrive at carrier terminal | estimate | - | - | -
C1 | Estimated to depart terminal location | estimate | dispatched | - | -
AG | Estimated delivery | estimate | delivered | - | -
X2 | Estimated arrival at consignee | estimate | delivered | - | -
E1 | Estimated delivery, in partners' subsets | estimate | delivered | - | -
X6 | En route to delivery location | fact | out_for_delivery | out_for_delivery | -
AJ | Tendered for delivery | fact | out_for_delivery | out_for_delivery | -
AV | Available for delivery | fact | - | ready_for_pickup | -
X1 | Arrived at delivery location | fact | - | arrived_destination | -
X5 | Arrived at delivery location loading dock | fact | - | arrived_destination | -
S1 | Trailer spotted at consignee's location | fact | - | arrived_destination | -
D1 | Completed unloading at delivery location | fact | delivered | delivered | -
CD | Carrier departed delivery location | fact | delivered if untroubled | delivered | -
SD | Shipment delayed | fact | delayed | - | -
AH | Attempted delivery | fact | - | attempted | attempted
AP | Delivery not completed | fact | - | attempted | attempted
A7 | Refused by consignee | fact | - | attempted | refused
A9 | Shipment damaged | fact | - | - | damaged
A3 | Shipment returned to shipper | fact | - | returned | returned
AI | Shipment has been reconsigned | fact | - | - | redirected
OO | Paperwork received, did not receive shipment or equipment | fact | - | - | shortage
APPOINTMENT_AA | Pick-up appointment | administrative | - | - | -
APPOINTMENT_AB | Delivery appointment | administrative | - | - | -
CA | Shipment cancelled | administrative | - | cancelled | cancelled
"""

REASONS = {
    "carrier": "AA AF AH AI AJ AK AL AV AW AY AZ BI D1 D2 P1 P4 T2 T3 T4 T5 T6 T7 A1 A3 S1",
    "consignee": "A2 A5 A6 AD AG B1 B5 B8 B9 BS C1 C2 C3 C4 C5 C7 C8 C9",
    "shipper": "AM AX BB BC BL C6 CB CC P3 AE",
    "customs": "AR AS AT BD",
    "external": "AO BE AN",
    "neutral": "NS NA BK BG RC BT B2 P2",
}
