"""Master data as sheets: units and codes line by line, every wrong line named, nothing of a wrong file."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock_cli.load import sheet_of
from crossdock_cli.master_data import NoMasterData, requests_of
from crossdock_cli.master_data_csv import MOST_LINES, rows_of
from typer import Exit

ITEMS = "sku,description,base_unit,lot_controlled,valid_from,unit,base_quantity"
BOLT = "A1001,Hex bolt,EA,true,2026-11-01,XCS,100"
CODES = "partner,kind,partner_code,canonical,valid_from"


def read(*lines: str) -> Any:
    return rows_of("\n".join(lines).encode(), lambda _: [])


def test_the_lines_of_one_item_are_its_units() -> None:
    rows = read(ITEMS, BOLT, "A1001,,,,2026-11-01,XPX,4800", "A1001,Hex bolt M8,EA,,,XCS,90", "A1002,Nut,EA,,,,")
    [request] = requests_of(rows, "MDM")
    first, older, nut = request.items
    assert [(each.unit, each.base_quantity) for each in first.packaging] == [("XCS", "100"), ("XPX", "4800")]
    assert (first.lot_controlled, first.valid_from.month, older.description) == (True, 11, "Hex bolt M8")
    assert (nut.sku, len(nut.packaging)) == ("A1002", 0)


def test_codes_places_parties_and_prices_are_told_by_their_columns() -> None:
    codes = read(CODES, "sup-nordic,item,ND-77,A1001,", "erp-eu,CODE_KIND_UNIT,ST,EA,2026-11-01")
    [request] = requests_of(codes, "MDM")
    assert [(each.kind, each.partner_code, each.canonical) for each in request.crosswalk] == [
        (1, "ND-77", "A1001"),
        (2, "ST", "EA"),
    ]
    parties = read("party_id,name,roles", "SUP-1,Supplier One,SUPPLIER|CARRIER")
    assert list(next(requests_of(parties, "MDM")).parties[0].roles) == [1, 3]
    places = read("location_id,name,kind,zone", "WH-1,East,WAREHOUSE,Europe/Berlin")
    assert next(requests_of(places, "MDM")).locations[0].zone == "Europe/Berlin"
    prices = read("sku,amount,currency,unit,per", "A1001,12.50,EUR,XCS,1")
    price = next(requests_of(prices, "MDM")).prices[0].price
    assert (price.money.amount, price.money.currency, price.unit) == ("12.50", "EUR", "XCS")


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_what_a_spreadsheet_saves_is_read_the_same(mark: str) -> None:
    text = "\ufeff" + f"{ITEMS}\r\n{BOLT}\r\n".replace(",", mark)
    assert rows_of(text.encode(), lambda _: []) == read(ITEMS, BOLT)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((), "no line that names the columns"),
        ((ITEMS,), "holds no record"),
        (("colour,size", "red,1"), "none of its columns"),
        (("sku,base_unit,weight", "A,EA,1"), "items have no weight"),
        (("sku,base_unit,sku", "A,EA,1"), "two columns are called 'sku'"),
        ((ITEMS, BOLT, BOLT), "line 3: names XCS of A1001 a second time"),
        ((ITEMS, BOLT, BOLT.replace("Hex", "Oak")), "line 3: says otherwise of A1001 than line 2"),
        ((ITEMS, "A1001,Bolt,EA,,,,", "A1001,Bolt,EA,,,,"), "line 3: repeats A1001 of line 2"),
        ((ITEMS, BOLT.replace("true", "perhaps")), "line 2: lot_controlled: 'perhaps' is neither true nor false"),
        ((ITEMS, BOLT.replace("2026-11-01", "1.11.2026")), "line 2: valid_from: '1.11.2026' is no day"),
        ((ITEMS, BOLT + ",1"), "line 2: has 8 cells"),
        ((ITEMS, BOLT.replace("Hex", '"Hex')), "line 2: a quote that is opened"),
        ((CODES, "erp-eu,colour,ST,EA,"), "line 2: kind: 'colour' is none of ITEM, UNIT"),
        ((ITEMS, *["x"] * (MOST_LINES + 1)), "more than 200000 lines"),
        ((ITEMS, "x" * 5000), "line 2: is longer than 4000 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_where(lines: tuple[str, ...], says: str) -> None:
    with pytest.raises(NoMasterData, match=says):
        read(*lines)


def test_every_wrong_line_is_named_and_how_many_there_are(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = BOLT.replace("A1001", "a 1"), BOLT.replace("A1001", "A3").replace(",EA,", ",,")
    file = tmp_path / "items.csv"
    file.write_text("\n".join((ITEMS, BOLT, *wrong, BOLT.replace("A1001", "A4"))), encoding="utf-8")
    with pytest.raises(Exit):
        sheet_of(file)
    told = " ".join(capsys.readouterr().err.split())
    assert "line 3: sku:" in told
    assert "line 4: base_unit:" in told
    assert "of 4 lines; nothing of the file is loaded" in told


def test_a_sheet_of_very_many_lines_goes_in_several_requests() -> None:
    rows = read(CODES, *(f"sup-nordic,item,ND-{n},A1001," for n in range(20_000)))
    assert [len(each.crosswalk) for each in requests_of(rows, "MDM")] == [5000] * 4
