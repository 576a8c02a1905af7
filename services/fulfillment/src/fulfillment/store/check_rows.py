"""A check of an order as it stands in the order's row: JSON, whose numbers and instants are text."""

from __future__ import annotations

from datetime import datetime, timedelta

from crossdock_kit.json_rows import Row

from fulfillment.domain.check_lifecycle import Kind, State
from fulfillment.domain.checks import Basis, Check, Fallback, Verdict


def check_row(check: Check) -> Row:
    return {
        "kind": check.kind.value,
        "state": check.state.value,
        "attempt": check.attempt,
        "fallback": check.fallback.value,
        "owner": check.owner,
        "cached_seconds": int(check.cached_for.total_seconds()),
        "policy_version": check.policy_version,
        "verdict": _verdict_row(check.verdict) if check.verdict else None,
        "watched": check.watched,
    }


def read_check(row: Row) -> Check:
    return Check(
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        attempt=row["attempt"],
        fallback=Fallback(row["fallback"]),
        owner=row["owner"],
        cached_for=timedelta(seconds=row["cached_seconds"]),
        policy_version=row["policy_version"],
        verdict=_read_verdict(row["verdict"]) if row["verdict"] else None,
        watched=row["watched"],
    )


def _verdict_row(said: Verdict) -> Row:
    return {
        "passed": said.passed,
        "basis": said.basis.value,
        "at": said.at.isoformat(),
        "system": said.system,
        "reference": said.reference,
        "reason": said.reason,
    }


def _read_verdict(row: Row) -> Verdict:
    at = datetime.fromisoformat(row["at"])
    return Verdict(row["passed"], Basis(row["basis"]), at, row["system"], row["reference"], row["reason"])
