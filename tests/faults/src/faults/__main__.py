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
from faults.plan import Outcome, Plan
from faults.run import ALONE, play, play_alone
from faults.schedule import SMALL_DISKS

FOLDER = find_checkout() / "build" / "faults"


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def run(kind: str, plan: Plan) -> results.Result:
    outcome = asyncio.run(play(plan, FOLDER / "runs" / results.label_of(kind, plan), say))
    result = results.result_of(kind, outcome)
    results.write(FOLDER / "results", result)
    _tell(outcome)
    return result


def _tell(outcome: Outcome) -> None:
    shown = outcome.violated if outcome.plan.mutant else outcome.findings
    for finding in shown:
        print(finding, flush=True)
    for what, number in outcome.figures.items():
        print(f"{what}: {number:g}")
    if outcome.missing:
        print(f"INVALID: never happened in this run: {', '.join(outcome.missing)}", flush=True)


def alone(name: str, seed: int) -> int:
    outcome = asyncio.run(play_alone(name, seed, FOLDER / "runs" / f"{name}-{seed}", say))
    results.write(FOLDER / "results", results.result_of(name, outcome))
    _tell(outcome)
    return 0 if outcome.passed else 1


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


def in_own_mounts() -> None:
    """Starts this program again where it may mount file systems that nobody else sees, unless it is there already."""
    if os.environ.get("FAULTS_MOUNTS") != "own":
        namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-m", "-c", "--keep-caps"]
        os.environ["FAULTS_MOUNTS"] = "own"
        os.execvp(namespace[0], [*namespace, sys.executable, "-m", "faults", *sys.argv[1:]])


def main() -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("smoke")
    rows = verbs.add_parser("rows")
    rows.add_argument("rows", help="for example F01,F02; a run for each seed, in which faults of all rows overlap")
    rows.add_argument("--seeds", default="1", help="for example 1,2,3")
    rows.add_argument("--minutes", type=float, default=10, help="how long each run is, 60 at most")
    changed = verbs.add_parser("mutants")
    changed.add_argument("names", nargs="*", metavar="NAME", help="all if none is named")
    away = verbs.add_parser("outage", help="the ERP is away for thirty minutes, told in ninety seconds")
    away.add_argument("--seed", type=int, default=1)
    for name, what in (
        ("restore", "a service's database comes back from a backup, its stream is newer"),
        ("overload", "five times as many calls as there is room for; wants a machine of its own"),
    ):
        verbs.add_parser(name, help=what).add_argument("--seed", type=int, default=1)
    verbs.add_parser("report")
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    if given.verb == "smoke":
        return runs_of("smoke", plans.smoke())
    if given.verb == "rows":
        named = given.rows.split(",")
        if SMALL_DISKS & set(named):
            in_own_mounts()
        return runs_of("rows", [plans.of_rows(named, int(seed), given.minutes) for seed in given.seeds.split(",")])
    if given.verb == "outage":
        return runs_of("outage", [plans.of_outage(given.seed)])
    if given.verb in ALONE:
        return alone(given.verb, given.seed)
    if given.verb == "mutants":
        return mutants(given.names)
    kept = results.read(FOLDER / "results")
    print("\n".join([*results.merged(kept), *results.mutant_table(kept)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
