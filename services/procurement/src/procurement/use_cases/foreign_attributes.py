"""What a document wrote and its sender may not: the rest was taken, and somebody looks after that."""

from __future__ import annotations

from collections.abc import Iterator

from procurement.domain.concerns import Concern
from procurement.ports import Origin

FIELD_NOT_OWNED = "FIELD_NOT_OWNED"


def foreign_attributes(origin: Origin | None) -> Iterator[Concern]:
    """One for each of them, for whoever looks after it."""
    if origin is None:
        return
    for each in origin.not_owned:
        yield Concern(
            code=FIELD_NOT_OWNED,
            owner=each.owner,
            subject=f"{each.attribute}/{origin.system}/{origin.document}",
            summary=f"{origin.system} wrote {each.attribute}, which it does not own: left out",
            details={each.attribute: f"{each.role} may not write it; it belongs to {each.owners}"},
        )
