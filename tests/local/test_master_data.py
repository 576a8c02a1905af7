"""Master data as people write it, cut into requests that catalog takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from crossdock.options.v1 import options_pb2
from crossdock_cli.main import app
from crossdock_cli.master_data import KINDS, MOST, NoMasterData, count_of, requests_of
from typer.testing import CliRunner


def test_a_crosswalk_may_be_grouped_by_partner() -> None:
    entry = {"kind": "CODE_KIND_ITEM", "partner_code": "X-1", "canonical": "A1"}
    (grouped,) = requests_of({"crosswalk": {"sup-a": [entry]}}, "MDM")
    (listed,) = requests_of({"crosswalk": [{"partner": "sup-a", **entry}]}, "MDM")
    assert grouped.crosswalk == listed.crosswalk
    assert grouped.request_id != listed.request_id


def test_a_file_is_the_word_of_the_role_that_says_it(tmp_path: Path) -> None:
    rows = {"items": [{"sku": "A1", "base_unit": "EA"}]}
    assert [each.role for each in requests_of(rows, "MDM")] == [options_pb2.ROLE_MDM]
    assert [each.role for each in requests_of(rows, "ERP-EU", options_pb2.ROLE_ERP)] == [options_pb2.ROLE_ERP]
    file = tmp_path / "items.json"
    file.write_text("{}")
    asked = CliRunner().invoke(app, ["load", str(file), "--role", "BOSS"])
    assert (asked.exit_code, "'BOSS' is none of ERP, WMS" in asked.output) == (1, True)


def test_more_than_a_request_may_carry_goes_in_several_with_codes_last() -> None:
    items = [{"sku": f"A{number}", "base_unit": "EA"} for number in range(2 * MOST + 1)]
    codes = [{"kind": "CODE_KIND_ITEM", "partner_code": "X-1", "canonical": "A1"}]
    requests = list(requests_of({"crosswalk": {"sup-a": codes}, "items": items}, "MDM"))
    assert [count_of(each) for each in requests] == [MOST, MOST, 1, 1]
    assert [[kind for kind in KINDS if getattr(each, kind)] for each in requests] == [["items"]] * 3 + [["crosswalk"]]


def test_customers_and_prices_are_master_data_as_well() -> None:
    rows = {
        "parties": [
            {"party_id": "CUS-1", "name": "One", "roles": ["PARTY_ROLE_CUSTOMER"], "trading": "TRADING_ON_HOLD"}
        ],
        "prices": [{"sku": "A1", "customer_id": "CUS-1", "price": {"money": {"amount": "2.40", "currency": "EUR"}}}],
    }
    (request,) = requests_of(rows, "MDM")
    assert (count_of(request), request.prices[0].price.money.amount) == (2, "2.40")


@pytest.mark.parametrize("content", [None, [], {}, "items", {"late": {}}, {"items": {"sku": "A1"}}, {"items": ["A1"]}])
def test_what_is_no_master_data_is_refused(content: object) -> None:
    with pytest.raises(NoMasterData):
        list(requests_of(content, "MDM"))


def test_a_field_that_there_is_none_is_named() -> None:
    with pytest.raises(NoMasterData, match="weight"):
        list(requests_of({"items": [{"sku": "A1", "weight": 5}]}, "MDM"))
    with pytest.raises(NoMasterData):
        list(requests_of({"crosswalk": {"sup-a": 5}}, "MDM"))
