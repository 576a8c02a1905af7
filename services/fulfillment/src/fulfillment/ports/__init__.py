"""What the use cases need of the outside: the orders that they load and save, and what they know of master data.

Whoever changes orders locks their heads in the order of their ids; the lines of an order belong to whoever holds its
head. What was loaded is saved when it is put back.
"""

from __future__ import annotations

from fulfillment.ports.collections import (
    CheckAnswers,
    Payments,
    PersonalData,
    Postings,
    Returns,
    SalesOrders,
    Supplies,
    WarehouseReports,
)
from fulfillment.ports.master_data import (
    ItemRecord,
    LocationRecord,
    MasterData,
    MasterDataBook,
    PartyRecord,
    PriceRecord,
    Validity,
)
from fulfillment.ports.said import (
    Before,
    LifecyclePage,
    OrderName,
    OrderPage,
    Origin,
    PostingPage,
    ReturnPage,
    Supply,
    SupplyStatement,
)
from fulfillment.ports.work import (
    Snapshots,
    UnitOfWork,
    Work,
)

__all__ = [
    "Before",
    "CheckAnswers",
    "ItemRecord",
    "LifecyclePage",
    "LocationRecord",
    "MasterData",
    "MasterDataBook",
    "OrderName",
    "OrderPage",
    "Origin",
    "PartyRecord",
    "Payments",
    "PersonalData",
    "PostingPage",
    "Postings",
    "PriceRecord",
    "ReturnPage",
    "Returns",
    "SalesOrders",
    "Snapshots",
    "Supplies",
    "Supply",
    "SupplyStatement",
    "UnitOfWork",
    "Validity",
    "WarehouseReports",
    "Work",
]
