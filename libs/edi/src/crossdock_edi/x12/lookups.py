"""What is looked up in many documents alike, for whichever of them has such parts; no fields of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossdock_edi.x12.parts import date_of, delivery_window, item_id, party_of

if TYPE_CHECKING:
    from crossdock_edi.x12.parts import DateReference, DeliveryWindow, ItemId, Party


class WithItemIds:
    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def item_ids(self) -> tuple[ItemId, ...]: ...

    def item_id(self, *qualifiers: str) -> str:
        """The first item number found under one of the qualifiers, in their order; empty text if there is none."""
        return item_id(self.item_ids, *qualifiers)


class WithParties:
    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def parties(self) -> tuple[Party, ...]: ...

    def party(self, *roles: str) -> Party | None:
        """The first party found in one of the roles, in their order."""
        return party_of(self.parties, *roles)


class WithDates:
    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def dates(self) -> tuple[DateReference, ...]: ...

    def date(self, *qualifiers: str) -> DateReference | None:
        """The first date found under one of the qualifiers, in their order."""
        return date_of(self.dates, *qualifiers)


class WithDeliveryWindow(WithDates):
    __slots__ = ()

    @property
    def delivery_window(self) -> DeliveryWindow | None:
        """When the goods may arrive, if the dates say so (064 to 063)."""
        return delivery_window(self.dates)
