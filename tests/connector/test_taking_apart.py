"""Why a file is nothing for us, in words that whoever sent it understands."""

from __future__ import annotations

import pytest
from connector import trial
from connector.profiles import profile_of
from connector.use_cases.taking_apart import take_apart
from connector_samples import files, partners

PROFILE = trial.profiles(trial.Anyone(), ())[0]
SUPPLIER = profile_of(
    {
        "apiVersion": "crossdock.dev/v1alpha1",
        "kind": "PartnerConnector",
        "metadata": {"name": "sup-nordic"},
        "spec": partners.edi_supplier(businessUnit="EU01"),
    }
)
LONG_NAME = files.interchange(
    "855", ["BAK*00*AT*4500000001*20261102", f"N1*ST*{'Quintessa ' * 9}", "PER*IC*x*TE*", "N4*A*Quintessa*1"]
)
NUL = files.acknowledgment().replace(b"ND-77", b"ND-\x0077")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (files.interchange("820", ["BPR*I*10*C*CHK"]), "set 820 (remittance) is not processed here"),
        (files.interchange("148", ["BHT*1"]), "set 148 is not processed here"),
        (files.interchange("850", ["BEG*00*SA*1**20261102"]), "profile takes no 850 (purchase order)"),
        (b'{"order": 1}', "it looks like JSON, and this partner's profile takes none"),
        (b"hello", "no X12 or EDIFACT header was found"),
        (b"UNB+UNOA:1+A+B+261102:0830+1'UNZ+0+1'", "EDIFACT is not processed here: this partner's profile takes none"),
        (NUL, f"byte {NUL.index(0)} is NUL, which no text may hold"),
    ],
)
def test_a_refusal_says_what_is_wrong(content: bytes, why: str) -> None:
    taken = take_apart(content, "", PROFILE)
    refusals = [taken.refusal, *(part.refusal for part in taken.parts)]
    assert any(why in each for each in refusals), refusals


def test_a_refusal_says_where_a_name_stands_and_not_the_name() -> None:
    taken = take_apart(LONG_NAME, "", PROFILE)
    told = [each.text for each in taken.findings] + [each.refusal for each in taken.parts]
    assert any(each.startswith("N102") for each in told)
    assert any(each.startswith("N402") for each in told)
    assert not any("Quintessa" in each for each in told)


@pytest.mark.parametrize(
    ("sender", "receiver", "why"),
    [
        ("NORDIC", "ACME", ""),
        ("STRANGER", "ACME", "its sender is ZZ:STRANGER, which is not this partner"),
        ("NORDIC", "OTHERCO", "it is addressed to ZZ:OTHERCO, which is not us"),
    ],
)
def test_what_is_not_between_this_partner_and_us_is_refused(sender: str, receiver: str, why: str) -> None:
    content = files.interchange("855", ["BAK*00*AT*4500000001*20261102"], sender=sender, receiver=receiver)
    assert take_apart(content, "", SUPPLIER).refusal == why
