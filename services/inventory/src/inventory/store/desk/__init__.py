"""How reservations are decided: in batches by the owner of an item's shard, or under row locks by anybody.

Both write the same statement, which repeats what was decided; memory is never the truth.
"""

from inventory.store.desk.desk import ReservationDesk

__all__ = ["ReservationDesk"]
