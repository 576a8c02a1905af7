"""Parties in json.master_data: who trades with us, and the people behind it, of whom no fault repeats a word."""

from __future__ import annotations

from typing import Any

from crossdock.catalog.v1 import master_data_pb2 as md

from connector.codecs.json_document import JsonObject

ROLES = {
    "supplier": md.PARTY_ROLE_SUPPLIER,
    "customer": md.PARTY_ROLE_CUSTOMER,
    "carrier": md.PARTY_ROLE_CARRIER,
    "own": md.PARTY_ROLE_OWN,
}
TRADING = {
    "": md.TRADING_UNSPECIFIED,
    "open": md.TRADING_OPEN,
    "onHold": md.TRADING_ON_HOLD,
    "closed": md.TRADING_CLOSED,
}


def party(said: JsonObject, party_id: str, validity: dict[str, Any]) -> md.Party:
    words = said.texts("roles", longest=32)
    if wrong := [each for each in words if each not in ROLES]:
        raise said.fault("roles", f"{wrong[0]!r} is none of {', '.join(ROLES)}")
    return md.Party(
        party_id=party_id,
        name=said.text("name"),
        roles=[ROLES[each] for each in words],
        gln=said.optional_text("gln", longest=13),
        duns=said.optional_text("duns", longest=13),
        trading=TRADING[said.one_of("trading", tuple(TRADING))],
        accepts_substitutes=said.boolean("acceptsSubstitutes"),
        contact=_contact(said),
        **validity,
    )


def _contact(said: JsonObject) -> md.Contact | None:
    found = said.optional_object("contact")
    if found is None:
        return None
    return md.Contact(
        person=found.optional_text("person"),
        phone=found.optional_text("phone", longest=40),
        email=found.optional_text("email", longest=254),
        address_lines=[each for name in ("street", "street2") if (each := found.optional_text(name, longest=100))],
        city=found.optional_text("city", longest=100),
        region=found.optional_text("region", longest=40),
        postal_code=found.optional_text("postalCode", longest=20),
        country=found.optional_text("country", longest=2).upper(),
    )
