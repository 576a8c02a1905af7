"""Of a partner's profile what mappings are given, and the code book that they ask."""

from __future__ import annotations

from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2
from google.protobuf import json_format

from connector.code_book import CodeBook
from connector.mappings.model import Partner


def partner_of(profile: partner_pb2.PartnerProfile, route: partner_pb2.DocumentRoute | None) -> Partner:
    options = json_format.MessageToDict(route.mapping) if route is not None and route.HasField("mapping") else {}
    return Partner(
        name=profile.partner,
        role=profile.role,
        system=profile.system,
        party_id=profile.party_id,
        business_unit=profile.business_unit,
        revision_reference=profile.edi.revision_reference,
        options=options,
        speaks_as=route.speaks_as if route is not None else options_pb2.ROLE_UNSPECIFIED,
        ownership=tuple(profile.ownership),
    )


def book_of(partner: Partner, kind: str, *, beside: CodeBook | None = None) -> CodeBook:
    """The book for one document of a kind; `beside` another it shares what that one knows."""
    shared = beside or CodeBook()
    return CodeBook(kind.startswith("x12."), partner.table("units", {}), shared.known, shared.loaded)
