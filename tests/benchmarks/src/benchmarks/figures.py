"""What a benchmark says: a figure, the one it is compared with, their ratio, and the floor that was promised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from crossdock_local.embedded import EmbeddedServers


@dataclass(frozen=True, slots=True)
class Figure:
    """`ours` and `other` in `unit`; the ratio is always "how many times better"; without `other` it only informs."""

    name: str
    ours: float
    unit: str
    other: float | None = None
    beside: str = ""
    floor: float | None = None
    less_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        if self.other is None:
            return None
        best, worst = (self.other, self.ours) if self.less_is_better else (self.ours, self.other)
        return best / worst if worst else float("inf")

    @property
    def kept(self) -> bool:
        return self.floor is None or (self.ratio is not None and self.ratio >= self.floor)

    @property
    def verdict(self) -> str:
        if self.floor is None:
            return "-"
        return "pass" if self.kept else "FAIL"


Benchmark = Callable[[EmbeddedServers], Awaitable[Sequence[Figure]]]


def table(figures: Sequence[Figure]) -> str:
    """Plain text, a line per figure."""
    rows = [("FIGURE", "OURS", "BESIDE IT", "RATIO", "FLOOR", "VERDICT")]
    for each in figures:
        other = f"{each.other:,.1f} {each.beside}" if each.other is not None else ""
        ratio = f"{each.ratio:.2f}" if each.ratio is not None else ""
        floor = f"{each.floor:g}" if each.floor is not None else "none"
        rows.append((each.name, f"{each.ours:,.1f} {each.unit}", other, ratio, floor, each.verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


async def interleaved(
    rounds: int, ours: Callable[[], Awaitable[float]], other: Callable[[], Awaitable[float]]
) -> tuple[float, float]:
    """Both measured in turn, so that a machine that drifts drifts for both."""
    return middle([(await ours(), await other()) for _ in range(rounds)])


def middle(rounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The round whose ratio lies in the middle: medians of either side would compare rounds that never met."""
    return sorted(rounds, key=lambda each: each[0] / each[1])[len(rounds) // 2]
