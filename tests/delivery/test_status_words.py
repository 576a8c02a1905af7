"""One day on the road in the words of many carriers: whoever tells it, the same milestones come out of it."""

from __future__ import annotations

import pytest
from delivery_cases.calls import Caller, reached, unique, word

# Label, on the road, out for delivery, delivered: each in the vocabulary's own codes.
DAYS = {
    "x12_214": ("XB", "AF", "X6", "D1"),
    "karrio": ("pending", "picked_up", "out_for_delivery", "delivered"),
    "easypost": ("pre_transit", "in_transit", "out_for_delivery", "delivered"),
    "aftership": ("InfoReceived", "InTransit", "OutForDelivery", "Delivered"),
    "project44": ("INFO", "PICKED_UP", "OUT_FOR_DELIVERY", "DELIVERY"),
    "ups": ("M", "PU", "OT", "FS"),
    "fedex": ("OC", "PU", "OD", "DL"),
}


@pytest.mark.feature("F174")
@pytest.mark.parametrize("vocabulary", DAYS)
async def test_a_day_told_in_any_carriers_words_is_the_same_three_milestones(caller: Caller, vocabulary: str) -> None:
    number = unique("SH")
    await caller.create(number)
    await caller.assign(number, number)
    words = [word(code, hours, number, vocabulary) for hours, code in enumerate(DAYS[vocabulary])]
    assert set(await caller.record(*words)) == {"kept"}
    assert reached(await caller.shipment(number)) == ["dispatched", "out_for_delivery", "delivered"]


@pytest.mark.feature("F174")
async def test_a_code_means_what_it_means_in_its_own_vocabulary(caller: Caller) -> None:
    """A DL of FedEx is delivered, one of UPS still on its way to the door, and of one in a 214 nothing is guessed."""
    found: dict[str, list[str]] = {}
    for vocabulary in ("fedex", "ups", "x12_214"):
        number = unique("SH")
        await caller.create(number)
        await caller.assign(number, number)
        [outcome] = await caller.record(word("DL", 1, number, vocabulary))
        found[vocabulary] = [outcome, *reached(await caller.shipment(number))]
    assert found == {"fedex": ["kept", "delivered"], "ups": ["kept", "out_for_delivery"], "x12_214": ["unmapped"]}
