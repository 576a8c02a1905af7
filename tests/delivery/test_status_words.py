"""One day on the road in the words of many carriers: whoever tells it, the same milestones come out of it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import shipment_pb2
from crossdock_kit.timer_loop import TimerLoop
from crossdock_kit.unit_of_work import UnitOfWork
from delivery.consumers import mapped_codes
from delivery.store.unit_of_work import READ_AGAIN, on
from delivery_cases.calls import SECONDS, Caller, reached, unique, word

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


async def assigned(caller: Caller) -> str:
    number = unique("SH")
    await caller.create(number)
    await caller.assign(number, number)
    return number


async def open_task(caller: Caller, code: str) -> list[bool]:
    return [is_open for *_, is_open in await caller.exceptions(f"code/acme-truck/x12_214/{code}")]


@pytest.mark.feature("F174")
@pytest.mark.parametrize("means", ["D1", "easypost/delivered"])
async def test_a_carriers_own_word_means_what_master_data_say(caller: Caller, means: str) -> None:
    number, code = await assigned(caller), unique("Q")
    assert await caller.record(word(code, 5, number, means=means)) == ["kept"]
    assert reached(await caller.shipment(number))[-1:] == ["delivered"]
    assert await caller.record(word(code, 5, number)) == ["repeated"], "its own word is what it is known by"
    assert await open_task(caller, code) == []


@pytest.mark.feature("F174")
async def test_master_data_count_before_the_common_table_and_behind_what_is_said_of_the_partners_code(
    caller: Caller,
) -> None:
    number = await assigned(caller)
    assert await caller.record(word("X6", 5, number, means="D1")) == ["kept"]
    assert "delivered" in reached(await caller.shipment(number))
    code = unique("Q")
    await caller.stub.MapCarrierCode(
        pb.MapCarrierCodeRequest(
            request_id=str(uuid4()),
            partner="acme-truck",
            vocabulary="x12_214",
            code=code,
            code_class=shipment_pb2.CODE_CLASS_FACT,
            milestone=shipment_pb2.MILESTONE_OUT_FOR_DELIVERY,
            stage=shipment_pb2.STAGE_OUT_FOR_DELIVERY,
        ),
        timeout=SECONDS,
    )
    other = await assigned(caller)
    assert await caller.record(word(code, 5, other, means="D1")) == ["kept"]
    assert "delivered" not in reached(await caller.shipment(other))
    assert "out_for_delivery" in reached(await caller.shipment(other))


@pytest.mark.feature("F174", "F178")
async def test_what_was_kept_without_a_meaning_is_read_again_once_master_data_say_it(
    caller: Caller, uow: UnitOfWork
) -> None:
    first, second, code = await assigned(caller), await assigned(caller), unique("Q")
    assert await caller.record(word(code, 4, first)) == ["unmapped"]
    assert await caller.record(word(code, 5, first, means="NO-SUCH")) == ["unmapped"], "the table decides what is one"
    assert await open_task(caller, code) == [True]
    assert await caller.record(word(code, 6, second, means="D1")) == ["kept"]
    assert await open_task(caller, code) == [False]
    assert await TimerLoop(caller.engine, uow, [caller.tenant], {READ_AGAIN: mapped_codes(on)}).round() == 1
    assert "delivered" in reached(await caller.shipment(first))
    assert await caller.record(word(code, 6, second, means="D1")) == ["repeated"]
    assert await TimerLoop(caller.engine, uow, [caller.tenant], {READ_AGAIN: mapped_codes(on)}).round() == 0
