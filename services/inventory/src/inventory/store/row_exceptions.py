"""What a row of stock raises beside its balances, and what ends it: everybody's to see, and one owner's to mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.unit_of_work import Work as KitWork

from inventory.domain.accounts import PHYSICAL, Account
from inventory.domain.inbound import Received
from inventory.domain.movement import Movement, StockKey
from inventory.domain.oversold import in_words, short_by_channel
from inventory.domain.quantity import ZERO, plain
from inventory.domain.stock_move import MOVED_BEYOND_STOCK, beyond_subject
from inventory.store.holding_back import POLICY, Rules
from inventory.store.ledger import StockRow
from inventory.store.oversold import count_oversold, open_promises

PROMISED_BEYOND_STOCK = "PROMISED_BEYOND_STOCK"
STOCK_BELOW_ZERO = "STOCK_BELOW_ZERO"
POLICY_UNREADABLE = "POLICY_UNREADABLE"
LOT_MISSING = "LOT_MISSING"

_KEPT_BY_LOTS = """
SELECT tenant, sku FROM item JOIN unnest($1::text[], $2::text[]) AS k (tenant, sku) USING (tenant, sku)
WHERE lot_controlled AND daterange(valid_from, valid_to) @> current_date
"""


def subject_of(key: StockKey) -> str:
    return f"stock/{key.business_unit}/{key.location_id}/{key.sku}"


class RowExceptions:
    """Of one open work."""

    def __init__(self, work: KitWork) -> None:
        self._work = work

    def own_unreadable(self, rules: Rules, tenant: str) -> None:
        for version in rules.unreadable:
            self._work.raise_exception(
                NewException(
                    failure_class=FailureClass.BUSINESS,
                    code=POLICY_UNREADABLE,
                    summary=f"rule {version} of {POLICY} says no quantity of zero or more",
                    owner="master-data",
                    subject=f"policy/{POLICY}/{version}",
                    tenant=tenant,
                )
            )

    async def miss_lots(self, lines: Sequence[Received]) -> None:
        """Of these no lot was said; where the item is kept by lots, somebody is asked for it."""
        if not lines:
            return
        named = sorted({(each.key.tenant, each.key.sku) for each in lines})
        rows = await self._work.driver.fetch(_KEPT_BY_LOTS, *(list(column) for column in zip(*named, strict=True)))
        kept = {(row["tenant"], row["sku"]) for row in rows}
        for each in lines:
            if (each.key.tenant, each.key.sku) in kept:
                self._miss_lot(each)

    def _miss_lot(self, line: Received) -> None:
        document, key = line.document, line.key
        named = document.name.rpartition("/")[0] or document.name
        self._work.raise_exception(
            NewException(
                failure_class=FailureClass.BUSINESS,
                code=LOT_MISSING,
                summary=f"{key.sku} is kept by lots, and {named} brought it to {key.location_id} without one",
                owner="warehouse",
                subject=document.posting_key,
                transaction_ids=(document.transaction_id,) if document.transaction_id else (),
                keys=(f"sku:{key.sku}",),
                tenant=key.tenant,
                dedupe_key=f"{LOT_MISSING}:{document.posting_key}:{key.sku}",
            )
        )

    async def look_uncovered(self, row: StockRow, before: Decimal, movements: Sequence[Movement]) -> None:
        """Somebody brings more of it; each channel that has sold what is not there counts when it becomes more."""
        if row.uncovered <= 0:
            return
        short = short_by_channel(row.uncovered, await open_promises(self._work.driver, row.key))
        said = f"{plain(row.uncovered)} short of promises" + (f" ({in_words(short)})" if short else "")
        details = {"oversold": in_words(short)}
        self._raise(row.key, PROMISED_BEYOND_STOCK, "replenishment", said, movements, details=details)
        if row.uncovered > max(before, ZERO):
            self._work.after_commit(lambda: count_oversold(row.key, sorted(short)))

    def settle_covered(self, key: StockKey) -> None:
        self._resolve(key, PROMISED_BEYOND_STOCK)

    def look_below_zero(self, row: StockRow, movements: Sequence[Movement]) -> None:
        if row.below_zero:
            named = ", ".join(f"{account.name} {plain(row.held[account])}" for account in row.below_zero)
            self._raise(row.key, STOCK_BELOW_ZERO, "warehouse", f"below zero: {named}", movements)
        elif any(movement.target in PHYSICAL for movement in movements):
            self._resolve(row.key, STOCK_BELOW_ZERO)

    def _raise(
        self,
        key: StockKey,
        code: str,
        owner: str,
        what: str,
        movements: Sequence[Movement],
        *,
        details: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._work.raise_exception(
            NewException(
                failure_class=FailureClass.BUSINESS,
                code=code,
                summary=f"{key.sku} at {key.location_id}: {what}",
                owner=owner,
                subject=subject_of(key),
                transaction_ids=transactions_of(movements),
                keys=(f"sku:{key.sku}",),
                details=dict(details),
                tenant=key.tenant,
            )
        )

    def _resolve(self, key: StockKey, code: str) -> None:
        self._work.resolve_exception(f"{code}:{subject_of(key)}", "stock covers it again", tenant=key.tenant)

    def settle_moved(self, key: StockKey, lot: str, bucket: Account) -> None:
        named = f"{MOVED_BEYOND_STOCK}:{beyond_subject(key, lot, bucket)}"
        self._work.resolve_exception(named, "what was moved has come", tenant=key.tenant)


def transactions_of(movements: Iterable[Movement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.document.transaction_id for each in movements if each.document.transaction_id))
