"""What `make bench` says of a figure, and which benchmarks it runs."""

from __future__ import annotations

import pytest
from benchmarks.__main__ import BENCHMARKS, chosen
from benchmarks.figures import Figure, middle, table


@pytest.mark.parametrize(
    ("figure", "ratio", "verdict"),
    [
        (Figure("events", 300, "/s", 100, "naive", floor=3), "3.00", "pass"),
        (Figure("events", 299, "/s", 100, "naive", floor=3), "2.99", "FAIL"),
        (Figure("p50", 20, "ms", 300, "naive", floor=10, less_is_better=True), "15.00", "pass"),
        (Figure("p50", 40, "ms", 300, "naive", floor=10, less_is_better=True), "7.50", "FAIL"),
        (Figure("told only", 40, "ms", 80, "naive"), "0.50", "-"),
        (Figure("a floor without its other side", 40, "ms", floor=2), "", "FAIL"),
    ],
    ids=lambda value: value.name if isinstance(value, Figure) else str(value),
)
def test_each_figure_is_told_with_its_ratio_and_verdict(figure: Figure, ratio: str, verdict: str) -> None:
    line = table([figure]).splitlines()[1]
    assert line.endswith(verdict)
    assert ratio in line
    assert figure.kept == (verdict != "FAIL")


def test_of_some_rounds_the_one_with_the_middle_ratio_is_told() -> None:
    slow, fast, odd = (50.0, 10.0), (100.0, 25.0), (90.0, 9.0)
    assert middle([odd, fast, slow]) == slow


def test_all_benchmarks_run_unless_some_are_named() -> None:
    assert chosen([]) == chosen(["--only", ""]) == list(BENCHMARKS)
    assert chosen(["reservations"]) == ["reservations"]
    assert chosen(["--only", "reservations,pipeline"]) == ["pipeline", "reservations"]


def test_an_unknown_benchmark_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        chosen(["--only", "coffee"])
    assert "coffee; there are pipeline" in capsys.readouterr().err
