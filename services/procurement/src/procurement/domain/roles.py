"""Who speaks: the roles that lead orders, ship notices, receipts and invoices onward, by the contract's names.

A document that an override lets somebody else write speaks in the role of the owner whose place it takes.
"""

from __future__ import annotations

ERP, SUPPLIER, WMS, CROSSDOCK = "ERP", "SUPPLIER", "WMS", "CROSSDOCK"
