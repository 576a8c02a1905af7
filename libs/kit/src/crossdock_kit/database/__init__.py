"""The service's own schema: sessions, transactions with their tenants, the kit's tables and how they are migrated."""

from crossdock_kit.database.engine import Engine, Session, create_engine
from crossdock_kit.database.transaction import Transaction, transaction

__all__ = ["Engine", "Session", "Transaction", "create_engine", "transaction"]
