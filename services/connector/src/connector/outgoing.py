"""A delivery with the bytes that it is to carry: what a worker is given."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.deliveries import Leased

from connector.store.document import Document


@dataclass(frozen=True, slots=True)
class Outgoing:
    leased: Leased
    document: Document
    content: bytes
