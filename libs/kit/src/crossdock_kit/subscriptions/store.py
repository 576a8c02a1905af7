"""The consumer's port on PostgreSQL: the statements of inbox.py and held.py under one name."""

from __future__ import annotations

from crossdock_kit.subscriptions import held, inbox


class PostgresConsumerStore:
    admit = staticmethod(inbox.admit)
    advance = staticmethod(inbox.advance)
    put = staticmethod(held.put)
    remove = staticmethod(held.remove)
    set_back = staticmethod(held.set_back)
    park = staticmethod(held.park)
    due = staticmethod(held.due)
    chain = staticmethod(held.chain)
    take_overdue = staticmethod(held.take_overdue)


POSTGRES = PostgresConsumerStore()
