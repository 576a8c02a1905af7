"""A file for each run, and what files of many runs come to together.

A run is asked for again by its seed, its plan and the commit that stands in its file.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from crossdock_local.place import find_checkout

from faults.mutants import MUTANTS, Mutant
from faults.plan import Outcome, Plan
from faults.schedule import WEIGHTS, rows_of
from faults.tally import REQUIRED
from faults.waits import WAITS

Result = Mapping[str, Any]
CATCHING_SEEDS = 2
"""A mutant that one seed finds may have been found by chance."""
WHAT_RUNS = ("libs", "services", "proto", "tests/faults/src", "tests/partners/src", "requirements.lock")
RUNS = frozenset({".py", ".proto", ".toml", ".sql", ".lock", ".mako", ".ini", ".json", ".yaml"})


def label_of(kind: str, plan: Plan) -> str:
    """One file for each run that can be told from another: its rows, its seed, its mutant."""
    rows = "" if kind != "rows" else "-" + "+".join(sorted(plan.counts))
    alone = plan.chapters and not plan.counts and plan.chapters[0].script != kind
    rows += f"-{plan.chapters[0].script}" if alone else ""
    return f"{kind}{rows}-{plan.seed}{'-' + plan.mutant.replace(' ', '-') if plan.mutant else ''}"


def result_of(kind: str, outcome: Outcome) -> Result:
    done = [each for each in outcome.injected if each.done]
    findings = [
        {"invariant": f.invariant, "name": f.name, "facts": f.facts, "violations": f.violations, "holds": f.holds}
        for f in outcome.findings
    ]
    return {
        "kind": kind,
        "label": label_of(kind, outcome.plan),
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "build": build(),
        "plan": asdict(outcome.plan),
        "passed": outcome.passed,
        "missing": outcome.missing,
        "faults": rows_of(each.fault for each in done),
        "kills": sum(each.fault.kills for each in done),
        "not_reached": len(outcome.injected) - len(done),
        "unreached_points": outcome.unreached,
        "injected": [f"{each.at:.1f} {each.fault}" for each in done],
        "transactions": outcome.transactions,
        "operations": outcome.operations,
        "counters": outcome.counters,
        "tricks": outcome.tricks,
        "figures": outcome.figures,
        "parts": {part: round(seconds, 1) for part, seconds in outcome.watch.parts.items()},
        "load_seconds": round(outcome.load_seconds, 1),
        "quiet_seconds": round(outcome.quiet_seconds, 1),
        "starved": outcome.starved,
        "recoveries": {row: round(seconds, 1) for row, seconds in sorted(outcome.recoveries.items())},
        "waits": {name: round(seconds, 1) for name, seconds in sorted(outcome.waits.items())},
        "publish_lag": outcome.publish_lag,
        "findings": findings,
    }


@cache
def commit() -> str:
    """Where the build on trial stands in the project's history, as it was when this was first asked; "-dirty" has
    changes that no commit holds."""
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=find_checkout(), capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"


@cache
def build() -> str:
    """A digest of all that runs: the suite, its contracts, what it depends on, and the proof with its partners. Two
    commits that differ elsewhere are one build."""
    checkout, found = find_checkout(), hashlib.sha256()
    for place in WHAT_RUNS:
        files = [checkout / place] if (checkout / place).is_file() else sorted((checkout / place).rglob("*"))
        for file in files:
            if file.is_file() and file.suffix in RUNS:
                found.update(f"{file.relative_to(checkout)}\0".encode() + file.read_bytes())
    return found.hexdigest()[:12]


def write(folder: Path, result: Result) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['label']}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    return path


def kept(folders: Sequence[Path], kind: str, plan: Plan, *, any_build: bool = False) -> Result | None:
    """The result of this plan on this build, if it was played already, whatever its verdict. Of another build only one
    that showed what it was played for: what did not may have been mended since."""
    for folder in folders:
        path = folder / f"{label_of(kind, plan)}.json"
        if not path.exists():
            continue
        found: Result = json.loads(path.read_text())
        wanted = json.loads(json.dumps(asdict(plan)))
        if found["plan"] == wanted and found.get("build") == build():
            return found
        # What an earlier build's plan had no word for, nothing of it could ask for.
        if any_build and found["plan"] == {name: wanted.get(name) for name in found["plan"]} and shown(found):
            return found
    return None


def shown(found: Result) -> bool:
    """A mutant must have been seen by the checker that it names, everything else must have passed."""
    mutant = MUTANTS.get(found["plan"]["mutant"])
    return bool(catching_seeds([found], mutant)) if mutant else bool(found["passed"])


def read(folders: Sequence[Path]) -> list[Result]:
    """One result for each label; of several the one in the folder that is named first."""
    found = {path.name: path for folder in reversed(folders) for path in folder.glob("*.json")}
    return [json.loads(found[name].read_text()) for name in sorted(found)]


def merged(results: Iterable[Result]) -> list[str]:
    """The figures of runs of the unchanged build, as lines."""
    runs = [each for each in results if not each["plan"]["mutant"]]
    facts, counters, tricks = Counter[tuple[str, str]](), Counter[str](), Counter[str]()
    broken: Counter[tuple[str, str]] = Counter()
    for run in runs:
        counters.update(run["counters"])
        tricks.update(run["tricks"])
        for finding in run["findings"]:
            key = finding["invariant"], finding["name"]
            facts[key] += finding["facts"]
            broken[key] += not finding["holds"]
    lines = [f"{f'{i} {name}':42} {facts[i, name]:>9} facts  {_word(broken[i, name])}" for i, name in facts]
    lines += row_table(runs)
    lines += _point_lines(runs)
    lines.append("counted: " + ", ".join(f"{name} {counters[name]}" for name in REQUIRED))
    lines.append("played with messages: " + ", ".join(f"{name} {count}" for name, count in sorted(tricks.items())))
    for name, limit in WAITS.items():
        if took := [run["waits"][name] for run in runs if name in run.get("waits", {})]:
            lines.append(f"{name} after at most {max(took):.1f} s ({limit:.0f} s are allowed)")
    lines += [_lag_line(run) for run in runs if run.get("publish_lag")]
    lines += [f"too slow, not judged: {told}" for run in runs for told in run.get("starved", ())]
    lines += _build_lines(runs)
    lines.append("seeds: " + ", ".join(f"{run['kind']} {run['plan']['seed']}" for run in runs))
    lines.append(closing_line(runs))
    return lines


def _point_lines(runs: Sequence[Result]) -> list[str]:
    """Crash points that were armed in some of these runs and reached in none of them."""
    armed = {_point(told) for run in runs for told in run.get("unreached_points", ())}
    reached = {_point(told) for run in runs for told in run.get("injected", ())}
    never = ", ".join(sorted(armed - reached))
    return [f"armed and never reached: {never}"] if never else []


def _point(told: str) -> str:
    """Without its moment."""
    return told.partition(" ")[2]


def _build_lines(runs: Sequence[Result]) -> list[str]:
    """Which runs come from which build, so that nobody takes parts of several for one."""
    builds: dict[str, list[Result]] = {}
    for run in runs:
        builds.setdefault(run.get("build", "unknown"), []).append(run)
    lines = []
    for name, mine in builds.items():
        commits = ", ".join(sorted({run.get("commit", "unknown") for run in mine}))
        faults, transactions = sum(sum(run["faults"].values()) for run in mine), sum(r["transactions"] for r in mine)
        lines.append(f"build {name} ({commits}): {len(mine)} runs, {faults} faults, {transactions} transactions")
    return lines


def row_table(runs: Sequence[Result]) -> list[str]:
    """Each row of the matrix: its weight, the faults that were done, its runs, the longest recovery."""
    lines = [f"{'row':4} {'weight':>6} {'faults':>7} {'runs':>5} {'violated':>9} {'ready again after at most':>26}"]
    for row in sorted({row for run in runs for row in run["faults"]}):
        mine = [run for run in runs if run["faults"].get(row)]
        faults = sum(run["faults"][row] for run in mine)
        violated = sum(not all(finding["holds"] for finding in run["findings"]) for run in mine)
        took = [run["recoveries"][row] for run in mine if row in run.get("recoveries", {})]
        told = f"{max(took):.1f} s" if took else "-"
        lines.append(f"{row:4} {WEIGHTS.get(row, 0):>6} {faults:>7} {len(mine):>5} {violated:>9} {told:>26}")
    return lines


def _lag_line(run: Result) -> str:
    events, p99 = run["publish_lag"]
    return f"beside a long transaction: {events} events, published after {p99:.2f} s (p99), seed {run['plan']['seed']}"


def _word(broken: int) -> str:
    return f"VIOLATED in {broken} runs" if broken else "holds"


def violated(run: Result) -> bool:
    return not all(finding["holds"] for finding in run["findings"])


def closing_line(runs: Sequence[Result]) -> str:
    faults = sum(sum(run["faults"].values()) for run in runs)
    kills = sum(run["kills"] for run in runs)
    transactions = sum(run["transactions"] for run in runs)
    violations = sum(not finding["holds"] for run in runs for finding in run["findings"])
    invalid = sum(bool(run["missing"]) for run in runs)
    return (
        f"faults: {len(runs)} runs, {faults} faults ({kills} kills), {transactions} transactions,"
        f" {violations} violations, {invalid} invalid runs"
    )


def catching_seeds(results: Iterable[Result], mutant: Mutant) -> list[int]:
    """Seeds by which the checker that is named saw what the mutant lacks, and said so in the words that are named."""
    return sorted(
        run["plan"]["seed"]
        for run in results
        if run["plan"]["mutant"] == mutant.name
        and any(
            mutant.words in sentence
            for each in run["findings"]
            if each["invariant"] == mutant.caught_by
            for sentence in each["violations"]
        )
    )


def mutant_table(results: Sequence[Result]) -> list[str]:
    """Each mutant that was played, the checker that must see it with the seeds by which it did, and who else did."""
    played = {run["plan"]["mutant"] for run in results}
    return [_mutant_line(results, mutant) for mutant in MUTANTS.values() if mutant.name in played]


def _mutant_line(results: Sequence[Result], mutant: Mutant) -> str:
    mine = [run for run in results if run["plan"]["mutant"] == mutant.name]
    others = {each["invariant"] for run in mine for each in run["findings"] if not each["holds"]} - {mutant.caught_by}
    seeds, builds = catching_seeds(mine, mutant), sorted({run.get("build", "unknown") for run in mine})
    told = f"{mutant.caught_by} by seeds {', '.join(map(str, seeds))}" if seeds else f"{mutant.caught_by} by no seed"
    return (
        f"{mutant.name:24} {'caught' if len(seeds) >= CATCHING_SEEDS else 'NOT CAUGHT'}: {told} of {len(mine)}"
        + (f"; also {', '.join(sorted(others))}" if others else "")
        + (f" (with {mutant.also_off} off)" if mutant.also_off else "")
        + (f"; on builds {', '.join(builds)}" if len(builds) > 1 else "")
    )
