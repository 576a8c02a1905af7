"""`make faults-smoke`, `make faults ROWS=..`, `make mutants`: runs, prints its figures, keeps a file for each run."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Iterable

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from crossdock_local.place import find_checkout

from faults import plans, results
from faults.mutants import MUTANTS
from faults.run import Outcome, Plan, play

FOLDER = find_checkout() / "build" / "faults"


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def run(kind: str, plan: Plan) -> results.Result:
    label = f"{kind}-{plan.seed}{'-' + plan.mutant.replace(' ', '-') if plan.mutant else ''}"
    outcome = asyncio.run(play(plan, FOLDER / "runs" / label, say))
    result = results.result_of(kind, outcome)
    results.write(FOLDER / "results", result)
    _tell(outcome)
    return result


def _tell(outcome: Outcome) -> None:
    shown = outcome.violated if outcome.plan.mutant else outcome.findings
    for finding in shown:
        print(finding, flush=True)
    if outcome.missing:
        print(f"INVALID: never happened in this run: {', '.join(outcome.missing)}", flush=True)


def runs_of(kind: str, wanted: Iterable[Plan]) -> int:
    """Plays them one after the other; 0 if every one held."""
    began = time.monotonic()
    done = [run(kind, plan) for plan in wanted]
    print("\n".join(results.merged(done)))
    print(f"faults: {kind} took {time.monotonic() - began:.0f} s")
    return 0 if all(each["passed"] for each in done) else 1


def mutants(names: list[str]) -> int:
    wanted = [MUTANTS[name] for name in names or MUTANTS]
    done = []
    for mutant in wanted:
        for seed in plans.MUTANT_SEEDS:
            say(f"mutant: without {mutant.without}{', with ' + mutant.also_off + ' off' if mutant.also_off else ''}")
            done.append(run("mutant", plans.mutant(seed, mutant.name)))
    table = results.mutant_table(done)
    print("\n".join(table))
    caught = [line for line in table if "NOT CAUGHT" not in line]
    print(f"mutants: {len(caught)} of {len(table)} caught")
    return 0 if len(caught) == len(table) else 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("smoke")
    rows = verbs.add_parser("rows")
    rows.add_argument("rows", help="for example F01,F02; a run of ten minutes for each seed")
    rows.add_argument("--seeds", default="1", help="for example 1,2,3")
    changed = verbs.add_parser("mutants")
    changed.add_argument("names", nargs="*", metavar="NAME", help="all if none is named")
    verbs.add_parser("report")
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    if given.verb == "smoke":
        return runs_of("smoke", plans.smoke())
    if given.verb == "rows":
        seeds = [int(seed) for seed in given.seeds.split(",")]
        return runs_of("rows", [plans.of_rows(given.rows.split(","), seed) for seed in seeds])
    if given.verb == "mutants":
        return mutants(given.names)
    kept = results.read(FOLDER / "results")
    print("\n".join([*results.merged(kept), *results.mutant_table(kept)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
