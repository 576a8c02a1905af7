"""A file for each run, and what files of many runs come to together.

A run is asked for again by its seed, its plan and the commit that stands in its file.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossdock_local.place import find_checkout

from faults.run import Outcome
from faults.schedule import rows_of

Result = Mapping[str, Any]


def result_of(kind: str, outcome: Outcome) -> Result:
    done = [each for each in outcome.injected if each.done]
    findings = [
        {"invariant": f.invariant, "name": f.name, "facts": f.facts, "violations": f.violations, "holds": f.holds}
        for f in outcome.findings
    ]
    return {
        "kind": kind,
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "plan": asdict(outcome.plan),
        "passed": outcome.passed,
        "missing": outcome.missing,
        "faults": rows_of(each.fault for each in done),
        "kills": sum(each.fault.kills for each in done),
        "not_reached": len(outcome.injected) - len(done),
        "injected": [f"{each.at:.1f} {each.fault}" for each in done],
        "transactions": outcome.transactions,
        "operations": outcome.operations,
        "counters": outcome.counters,
        "tricks": outcome.tricks,
        "load_seconds": round(outcome.load_seconds, 1),
        "quiet_seconds": round(outcome.quiet_seconds, 1),
        "recovery_seconds": round(outcome.recovery_seconds, 1),
        "findings": findings,
    }


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=find_checkout(), capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"


def write(folder: Path, result: Result) -> Path:
    plan = result["plan"]
    name = f"{result['kind']}-{plan['seed']}{'-' + plan['mutant'].replace(' ', '-') if plan['mutant'] else ''}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path


def read(folder: Path) -> list[Result]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def merged(results: Iterable[Result]) -> list[str]:
    """The figures of runs of the unchanged build, as lines."""
    runs = [each for each in results if not each["plan"]["mutant"]]
    rows, facts, counters = Counter[str](), Counter[tuple[str, str]](), Counter[str]()
    broken: Counter[tuple[str, str]] = Counter()
    for run in runs:
        rows.update(run["faults"])
        counters.update(run["counters"])
        for finding in run["findings"]:
            key = finding["invariant"], finding["name"]
            facts[key] += finding["facts"]
            broken[key] += not finding["holds"]
    lines = [f"{f'{i} {name}':42} {facts[i, name]:>9} facts  {_word(broken[i, name])}" for i, name in facts]
    lines.append("faults by row: " + ", ".join(f"{row} {count}" for row, count in sorted(rows.items())))
    wanted = ("redelivered", "duplicate_dropped", "parked", "reconciled", "lease_moved", "compensated")
    lines.append("counted: " + ", ".join(f"{name} {counters[name]}" for name in wanted))
    recovery = max((run["recovery_seconds"] for run in runs), default=0.0)
    lines.append(f"a process was back after at most {recovery:.1f} s")
    seeds = ", ".join(f"{run['plan']['seed']}" for run in runs)
    lines.append(f"seeds: {seeds}")
    lines.append(closing_line(runs))
    return lines


def _word(broken: int) -> str:
    return f"VIOLATED in {broken} runs" if broken else "holds"


def closing_line(runs: list[Result]) -> str:
    faults = sum(sum(run["faults"].values()) for run in runs)
    kills = sum(run["kills"] for run in runs)
    transactions = sum(run["transactions"] for run in runs)
    violations = sum(not finding["holds"] for run in runs for finding in run["findings"])
    invalid = sum(bool(run["missing"]) for run in runs)
    return (
        f"faults: {len(runs)} runs, {faults} faults ({kills} kills), {transactions} transactions,"
        f" {violations} violations, {invalid} invalid runs"
    )


def mutant_table(results: Iterable[Result]) -> list[str]:
    """Each mutant with the checkers that caught it and the seeds by which they did."""
    caught: dict[str, dict[str, list[int]]] = {}
    for run in results:
        if name := run["plan"]["mutant"]:
            by = caught.setdefault(name, {})
            for finding in run["findings"]:
                if not finding["holds"]:
                    by.setdefault(finding["invariant"], []).append(run["plan"]["seed"])
    lines = []
    for name, by in caught.items():
        told = "; ".join(
            f"{invariant} by seeds {', '.join(map(str, seeds))}" for invariant, seeds in sorted(by.items())
        )
        lines.append(f"{name:24} {told or 'NOT CAUGHT'}")
    return lines
