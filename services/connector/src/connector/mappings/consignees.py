"""Who receives the goods, as those are told who bring or ship them: in no event, and put in when a document is sent.

They are told what a label needs: names, address and a telephone number. An e-mail address is told to nobody.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock_edi.x12.freight import FreightContact, FreightParty, WarehouseParty
from crossdock_edi.x12.parts import Contact, Party

from connector.codecs.json_document import DocumentFault

SHIP_TO, DELIVERY_CONTACT, TELEPHONE = "ST", "DC", "TE"
_NAME, _LINE, _CITY, _POSTAL_CODE = 60, 55, 30, 15
"""The longest that N1, N2, N3 and N4 take, in characters."""
_NAMES, _LINES = 5, 4
_STATE = re.compile(r"[A-Z]{2}")
_NOBODYS_NAME = "UNKNOWN"


def ship_to(consignee: Consignee) -> dict[str, Any]:
    """For whoever speaks JSON; what is not known is null."""
    return {
        "name": consignee.name or None,
        "company": consignee.company or None,
        "addressLines": list(consignee.address_lines),
        "postalCode": consignee.postal_code or None,
        "city": consignee.city or None,
        "region": consignee.region or None,
        "country": consignee.country or None,
        "phone": consignee.phone or None,
    }


def warehouse_party(consignee: Consignee) -> WarehouseParty:
    """N1 ST of a warehouse's document. Raises DocumentFault for what its elements cannot hold."""
    phone = Contact(function=DELIVERY_CONTACT, first_qualifier=TELEPHONE, first_number=consignee.phone)
    return WarehouseParty(role=SHIP_TO, contacts=(phone,) if consignee.phone else (), **_address(consignee))


def order_party(consignee: Consignee) -> Party:
    """N1 ST of a supplier's order. Raises DocumentFault for what its elements cannot hold."""
    phone = Contact(function=DELIVERY_CONTACT, first_qualifier=TELEPHONE, first_number=consignee.phone)
    return Party(role=SHIP_TO, contacts=(phone,) if consignee.phone else (), **_address(consignee))


def freight_party(party: FreightParty, consignee: Consignee) -> FreightParty:
    """The party of a carrier's document, with its name and address. Raises DocumentFault."""
    address = _address(consignee)
    name = address["name"]
    phone = FreightContact(function=DELIVERY_CONTACT, name=name, number_qualifier=TELEPHONE, number=consignee.phone)
    return FreightParty(
        role=party.role,
        id_qualifier=party.id_qualifier,
        id=party.id,
        contacts=(phone,) if consignee.phone else (),
        **address,
    )


def folded(consignee: Consignee, fold: Callable[[str], str]) -> Consignee:
    """The same in characters that a format can carry."""
    found = Consignee()
    for field, value in consignee.ListFields():
        if isinstance(value, str):
            setattr(found, field.name, fold(value))
        else:
            found.address_lines.extend(filter(None, map(fold, value)))
    return found


def _address(consignee: Consignee) -> dict[str, Any]:
    """A company before the person in it. A region that is no code of two letters is a line of the address."""
    names = _wrapped((consignee.company, consignee.name), _NAME, _NAMES, "N102")
    is_state = bool(_STATE.fullmatch(consignee.region))
    lines = _wrapped((*consignee.address_lines, "" if is_state else consignee.region), _LINE, _LINES, "N301")
    return {
        "name": names[0] if names else _NOBODYS_NAME,
        "more_names": names[1:],
        "address_lines": lines,
        "city": _fitting(consignee.city, _CITY, "N401"),
        "region": consignee.region if is_state else "",
        "postal_code": _fitting(consignee.postal_code, _POSTAL_CODE, "N403"),
        "country": consignee.country,
    }


def _wrapped(texts: Iterable[str], longest: int, most: int, path: str) -> tuple[str, ...]:
    found = tuple(part for text in texts for part in textwrap.wrap(text, longest))
    if len(found) > most:
        raise DocumentFault(path, f"it needs more than {most} times {longest} characters")
    return found


def _fitting(text: str, longest: int, path: str) -> str:
    """Raises DocumentFault without the text, which may be a person's."""
    if len(text) > longest:
        raise DocumentFault(path, f"it is longer than {longest} characters")
    return text
