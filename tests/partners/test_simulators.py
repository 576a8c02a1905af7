"""Parts of the simulators that everything else is judged by."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import Any, cast

import pytest
from partners import x12
from partners.day import BUILT_IN, Order, Step, load
from partners.faults import Faults
from partners.mdm import Mdm
from partners.script import Script
from partners.signing import signed_headers
from partners.suite import read_master_data
from partners.supplier import check_digit


def order() -> Order:
    return load().orders[0]


async def test_a_step_fires_once_when_all_it_waits_for_was_seen() -> None:
    done: list[str] = []
    mine = order()

    async def act(_: Order, step: Step) -> None:
        done.append(step.do)

    script = Script([(mine, Step(("order:1", "9/order:1"), "ship", {}))], act)
    script.saw(mine.number, "order:1")
    assert script.unfinished == [f"{mine.number} ship: waits for ['9/order:1']"]
    script.saw("9", "order:1")
    script.saw("9", "order:1")
    while script.busy:
        await asyncio.sleep(0)
    assert done == ["ship"]


async def test_what_a_partner_could_not_do_is_raised() -> None:
    mine = order()

    async def act(_: Order, step: Step) -> None:
        raise ValueError(step.do)

    script = Script([(mine, Step(("order:1",), "ship", {}))], act)
    script.saw(mine.number, "order:1")
    while script.busy:
        await asyncio.sleep(0)
    with pytest.raises(ExceptionGroup):
        script.check()


def test_an_interchange_is_read_back_with_its_own_delimiters() -> None:
    dialect = x12.Dialect(element="|", line_end="\n")
    written = x12.Writer("NORDIC", "ACME", dialect).interchange("855", "PR", [["BAK", "00", "AC", "4711", "20260302"]])
    assert len(written.split(b"~")[0]) == 105
    (sent,) = x12.read(written)
    assert (sent.set_id, sent.group_code, sent.segments) == ("855", "PR", [["BAK", "00", "AC", "4711", "20260302"]])


def test_control_numbers_rise() -> None:
    writer = x12.Writer("NORDIC", "ACME")
    numbers = [x12.read(writer.interchange("997", "FA", [["AK1", "PO", "1"]]))[0].group for _ in range(3)]
    assert numbers == ["1", "2", "3"]


def test_the_signature_covers_id_time_and_body() -> None:
    key = b"k" * 24
    headers = signed_headers("whsec_" + base64.b64encode(key).decode(), b"{}", message_id="m1", at=1_700_000_000)
    expected = base64.b64encode(hmac.new(key, b"m1.1700000000.{}", hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize(("body", "digit"), [("10614141123456789", "7"), ("061414100001", "2"), ("1061414112345", "9")])
def test_check_digits(body: str, digit: str) -> None:
    assert check_digit(body) == digit


async def test_faults_double_and_reorder_as_asked() -> None:
    sent: list[int] = []

    def send(number: int) -> None:
        sent.append(number)

    async def deliver(faults: Faults, number: int) -> None:
        async def one() -> None:
            send(number)

        await faults.deliver(one)

    await deliver(Faults(duplicate=1.0), 1)
    assert sent == [1, 1]
    faults = Faults(reorder=1.0)
    await deliver(faults, 2)
    faults.reorder = 0.0
    await deliver(faults, 3)
    assert sent == [1, 1, 3, 2]


async def test_the_keeper_of_master_data_says_a_days_file_in_its_own_words() -> None:
    said: list[dict[str, Any]] = []

    class Post:
        async def send(self, partner: str, path: str, kind: str, key: str, document: dict[str, Any]) -> None:
            assert (partner, path, kind, key) == ("mdm-core", "master-data", "json.master_data", "MD-1")
            said.append(document)

    rows = read_master_data(BUILT_IN.parent / "late-master-data.yaml")
    await Mdm(cast(Any, Post())).teach(rows, "MD-1")
    [document] = said
    [item] = document["items"]
    assert (item["number"], item["baseUnit"]) == ("A1099", "EA")
    assert item["packaging"] == [{"unit": "XCS", "quantity": "8"}]
    assert document["codes"] == [
        {"partner": "sup-kiwi", "kind": "item", "list": "VP", "code": "KW-1099", "means": "A1099"}
    ]
    with pytest.raises(KeyError):
        await Mdm(cast(Any, Post())).teach({"items": [{"sku": "A1", "valid_from": {"year": 2026}}]}, "MD-1")
