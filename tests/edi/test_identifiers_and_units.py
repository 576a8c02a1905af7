"""GS1 keys, carrier codes, and units between X12 and UN/ECE Recommendation 20."""

from __future__ import annotations

import pytest
from crossdock_edi import identifiers, units
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("digits", "check"),
    [("629104150021", 3), ("871234567890", 6), ("10614141123456789", 7), ("061414100001", 2), ("1061414112345", 9)],
)
def test_check_digits_of_published_keys(digits: str, check: int) -> None:
    assert identifiers.check_digit(digits) == check


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 17), st.integers(1, 9))
def test_a_changed_digit_is_always_noticed(digits: str, at: int, by: int) -> None:
    key = identifiers.with_check_digit(digits)
    changed = key[:at] + str((int(key[at]) + by) % 10) + key[at + 1 :]

    assert identifiers.is_valid(key, "SSCC")
    assert not identifiers.is_valid(changed, "SSCC")


def test_a_pack_has_a_check_digit_of_its_own() -> None:
    case = identifiers.pack_gtin14("012345678905", 1)

    assert identifiers.is_valid(case, "GTIN-14")
    assert case[-1] != "5"
    assert identifiers.gtin14("012345678905") == "00012345678905"


@pytest.mark.parametrize("key", ["", "12", "01234567890a", "٠١٢٣٤٥٦٧", "012345678906"])
def test_what_is_no_gtin_is_refused(key: str) -> None:
    assert not identifiers.is_valid(key)
    with pytest.raises(ValueError, match="GTIN"):
        identifiers.gtin14(key)


def test_an_sscc_is_made_of_its_parts() -> None:
    assert identifiers.sscc(1, "0614141", 123456789) == "106141411234567897"
    with pytest.raises(ValueError, match="SSCC"):
        identifiers.sscc(1, "0614141", 10**9)


def test_every_rec_20_code_comes_back_from_x12() -> None:
    for rec20, x12 in units.REC20_TO_X12.items():
        assert units.to_rec20(x12) == rec20


def test_pounds_and_litres_are_translated_and_unknown_units_are_told() -> None:
    assert units.to_rec20("LB") == "LBR"
    assert units.to_rec20("LT") == "LTR"
    assert units.to_x12("KGM") == "KG"
    assert units.to_rec20("Q7") is None
    assert units.to_rec20("Q7", {"Q7": "XPX"}) == "XPX"


def test_scac_is_two_to_four_capitals() -> None:
    assert identifiers.is_scac("KNIG")
    assert not identifiers.is_scac("Knig")
    assert not identifiers.is_scac("K1")
