"""What parcel carriers and aggregators say, by vocabulary (trade: C3): many codes of one meaning in a row.

A label that was printed is not on the road. What tells of a feed (expired, timed out) is no state of a shipment. UPS's
bare D is disputed among those who read it as delivered, so it promotes nothing until a partner's override says so.
"""

from __future__ import annotations

GROUPS = """
tms | estimated_delivery | The TMS's estimate when it took the shipment on | estimate | delivered | - | -
proof_of_delivery | POD | Proof of delivery | fact | delivered | delivered | -
karrio | pending | Label made | administrative | - | booked | -
karrio | picked_up | Picked up | fact | dispatched | picked_up | -
karrio | in_transit | In transit | fact | dispatched | in_transit | -
karrio | out_for_delivery | Out for delivery | fact | out_for_delivery | out_for_delivery | -
karrio | delivered | Delivered | fact | delivered | delivered | -
karrio | delivery_delayed | Delayed | fact | delayed | - | -
karrio | delivery_failed | Delivery failed | fact | - | attempted | attempted
karrio | on_hold | On hold | fact | - | held | held
karrio | ready_for_pickup | Ready for pick-up | fact | - | ready_for_pickup | -
karrio | return_to_sender | On its way back | fact | - | returning | returned
karrio | cancelled | Cancelled | administrative | - | cancelled | cancelled
karrio | unknown | No news | administrative | - | - | -
easypost | pre_transit | Label made | administrative | - | booked | -
easypost | in_transit | In transit | fact | dispatched | in_transit | -
easypost | out_for_delivery | Out for delivery | fact | out_for_delivery | out_for_delivery | -
easypost | delivered | Delivered | fact | delivered | delivered | -
easypost | available_for_pickup | Ready for pick-up | fact | - | ready_for_pickup | -
easypost | return_to_sender | On its way back | fact | - | returning | returned
easypost | failure | Delivery failed | fact | - | attempted | failed
easypost | cancelled | Cancelled | administrative | - | cancelled | cancelled
easypost | unknown | No news | administrative | - | - | -
easypost | estimated_delivery | The tracker's estimate | estimate | delivered | - | -
easypost | error | The tracker failed | feed | - | - | -
aftership | Pending InfoReceived | Label made | administrative | - | booked | -
aftership | InTransit | In transit | fact | dispatched | in_transit | -
aftership | OutForDelivery | Out for delivery | fact | out_for_delivery | out_for_delivery | -
aftership | AttemptFail | Attempt failed | fact | - | attempted | attempted
aftership | Delivered | Delivered | fact | delivered | delivered | -
aftership | AvailableForPickup | Ready for pick-up | fact | - | ready_for_pickup | -
aftership | Exception | Exception | fact | - | - | failed
aftership | Expired | No update for thirty days | feed | - | - | -
shipengine | SHIPMENT_CREATED | Label made | administrative | - | booked | -
shipengine | PICKED_UP | Picked up | fact | dispatched | picked_up | -
shipengine | CUSTOMS_PROCESSING | With customs | fact | - | customs | -
project44 | PICKED_UP DEPARTURE_FROM_STOP | Left a stop | fact | dispatched | in_transit | -
project44 | ARRIVAL_AT_STOP | At a stop | fact | - | arrived_stop | -
project44 | OUT_FOR_DELIVERY | Out for delivery | fact | out_for_delivery | out_for_delivery | -
project44 | DELIVERY | Delivered | fact | delivered | delivered | -
project44 | DELIVERY_and_EXCEPTION | Delivered, with an exception | fact | delivered | delivered | failed
project44 | DELAYED EXCEPTION_LATE_DEPARTURE EXCEPTION_MISSED_CONNECTION | Delayed | fact | delayed | - | -
project44 | DELIVERY_MISSED | Attempt failed | fact | - | attempted | attempted
project44 | PICKUP_MISSED EXCEPTION | Exception | fact | - | - | failed
project44 | HELD | Held | fact | - | held | held
project44 | INFO TRACKING_INITIATE TRACKING_START TRACKING_STOP | Tracking | administrative | - | - | -
project44 | TRACKING_END_BY_USER | Tracking ended | administrative | - | - | -
project44 | TRACKING_END_DUE_TO_TIMEOUT TRACKING_FAILED | Tracking ended by itself | feed | - | - | -
ups | M MV MP XD OA DD | Label made | administrative | - | booked | -
ups | OR PU OC OG | Picked up | fact | dispatched | picked_up | -
ups | I DP AA AR AF AL DS IH AP | In transit | fact | dispatched | in_transit | -
ups | OT OD OF DL | Out for delivery | fact | out_for_delivery | out_for_delivery | -
ups | FS KB F4 | Delivered | fact | delivered | delivered | -
ups | D | Delivered, disputed | fact | - | arrived_destination | -
ups | DY DE SD | Delayed | fact | delayed | - | -
ups | X EX HX HD HI HS HU NH | Held | fact | - | held | held
ups | RF UR UF CC | Delivery failed | fact | - | attempted | attempted
ups | RP UU AC WC | Ready for pick-up | fact | - | ready_for_pickup | -
ups | RS RT RH RU | On its way back | fact | - | returning | returned
ups | VD CA CN CV | Cancelled | administrative | - | cancelled | cancelled
ups | estimated_delivery | The scheduled day | estimate | delivered | - | -
fedex | OC OX EP MD | Label made | administrative | - | booked | -
fedex | PU PX OF AP | Picked up | fact | dispatched | picked_up | -
fedex | IT IX AA AC AF AR AX DP EA EO FD LO Ow PF PL PM SF TR | In transit | fact | dispatched | in_transit | -
fedex | AD ED OD | Out for delivery | fact | out_for_delivery | out_for_delivery | -
fedex | DL | Delivered | fact | delivered | delivered | -
fedex | DD DY PY | Delayed | fact | delayed | - | -
fedex | CD SE HA | Held | fact | - | held | held
fedex | DE | Delivery failed | fact | - | attempted | attempted
fedex | HL HP | Ready for pick-up | fact | - | ready_for_pickup | -
fedex | RS RT | On its way back | fact | - | returning | returned
fedex | CA RD | Cancelled | administrative | - | cancelled | cancelled
dhl_express | PU PL OR | Picked up | fact | dispatched | picked_up | -
dhl_express | DF AF AR IT TR CC CD | In transit | fact | dispatched | in_transit | -
dhl_express | WC | Out for delivery | fact | out_for_delivery | out_for_delivery | -
dhl_express | OK | Delivered | fact | delivered | delivered | -
dhl_express | IR MD TD UD | Delayed | fact | delayed | - | -
dhl_express | BA HP OH | Held | fact | - | held | held
dhl_express | CM DM DP DS NH RD RT SS ST | Delivery failed | fact | - | attempted | attempted
"""
