"""Every operation of a client, as it saw it: invoked, then ok, failed, or unknown, each with its time.

The only witness of what was promised. Kept in memory for the checkers and line by line in a file for people.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

Outcome = Literal["invoked", "ok", "failed", "unknown"]


@dataclass(slots=True)
class Operation:
    """`key` names what it is about for ever; `request` may be sent again; `answer` is the first that came."""

    number: int
    client: str
    what: str
    key: str
    tenant: str
    invoked_at: float
    request: Any = None
    outcome: Outcome = "invoked"
    ended_at: float = 0.0
    answer: Any = None
    reason: str = ""

    @property
    def seconds(self) -> float:
        return self.ended_at - self.invoked_at


@dataclass
class History:
    file: IO[str] | None = None
    began: float = field(default_factory=time.monotonic)
    operations: list[Operation] = field(default_factory=list)

    @classmethod
    def in_file(cls, path: Path) -> History:
        return cls(path.open("w", encoding="utf-8"))

    def __iter__(self) -> Iterator[Operation]:
        return iter(tuple(self.operations))

    @property
    def now(self) -> float:
        """Seconds since the run's load began."""
        return time.monotonic() - self.began

    def invoke(self, client: str, what: str, key: str, tenant: str, request: Any = None) -> Operation:
        operation = Operation(len(self.operations) + 1, client, what, key, tenant, self.now, request)
        self.operations.append(operation)
        self._write(operation)
        return operation

    def end(self, operation: Operation, outcome: Outcome, *, answer: Any = None, reason: str = "") -> None:
        operation.outcome, operation.ended_at = outcome, self.now
        operation.answer, operation.reason = answer, reason
        self._write(operation)

    def note(self, kind: str, **facts: Any) -> None:
        """What was done to the system, between the operations: a fault, its end, the quiet."""
        self._line({"at": round(self.now, 3), "kind": kind, **facts})

    def of(self, what: str, *outcomes: Outcome) -> list[Operation]:
        return [each for each in self if each.what == what and (not outcomes or each.outcome in outcomes)]

    def counts(self) -> dict[str, int]:
        return dict(Counter(each.outcome for each in self))

    def close(self) -> None:
        if self.file:
            self.file.close()

    def _write(self, operation: Operation) -> None:
        line: dict[str, Any] = {"at": round(self.now, 3), "op": operation.number, "kind": operation.outcome}
        if operation.outcome == "invoked":
            line |= {"client": operation.client, "what": operation.what, "key": operation.key, "by": operation.tenant}
        elif operation.answer is not None:
            line["answer"] = digest(operation.answer)
        if operation.reason:
            line["reason"] = operation.reason
        self._line(line)

    def _line(self, line: dict[str, Any]) -> None:
        if self.file:
            self.file.write(json.dumps(line) + "\n")


def digest(message: Any) -> str:
    return hashlib.sha256(message.SerializeToString(deterministic=True)).hexdigest()[:16]
