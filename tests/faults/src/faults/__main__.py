"""`make faults-smoke`, `make faults ROWS=..`, `make mutants`: runs, prints its figures, keeps a file for each run."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from crossdock_local.place import find_checkout

from faults import plans, results
from faults.ending import finished
from faults.mutants import MUTANTS
from faults.plan import Outcome, Plan
from faults.run import play, play_alone
from faults.schedule import SMALL_DISKS
from faults.stage import ALONE, plan_alone

FOLDER = find_checkout() / "build" / "faults"
RESULTS = FOLDER / "results"
ON_RECORD = find_checkout() / "tests" / "faults" / "results"
"""Runs that are kept with the project, because all of them together take longer than an evening."""


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def run(kind: str, plan: Plan) -> results.Result:
    outcome = finished(play(plan, FOLDER / "runs" / results.label_of(kind, plan), say))
    result = results.result_of(kind, outcome)
    results.write(RESULTS, result)
    _tell(outcome)
    return result


def _tell(outcome: Outcome) -> None:
    shown = outcome.violated if outcome.plan.mutant else outcome.findings
    for finding in shown:
        print(finding, flush=True)
    for what, number in outcome.figures.items():
        print(f"{what}: {number:g}")
    print(f"parts: {outcome.watch}")
    for told in outcome.starved:
        print(f"too slow, not judged: {told}", flush=True)
    for told in outcome.unreached:
        print(f"armed and not reached in time: {told}", flush=True)
    if outcome.missing:
        print(f"INVALID: never happened in this run: {', '.join(outcome.missing)}", flush=True)


def alone(name: str, seed: int) -> int:
    outcome = finished(play_alone(name, seed, FOLDER / "runs" / f"{name}-{seed}", say))
    results.write(RESULTS, results.result_of(name, outcome))
    _tell(outcome)
    return 0 if outcome.passed else 1


def runs_of(kind: str, wanted: Iterable[Plan]) -> int:
    """Plays them one after the other; 0 if every one held."""
    began = time.monotonic()
    done = [run(kind, plan) for plan in wanted]
    print("\n".join(results.merged(done)))
    print(f"faults: {kind} took {time.monotonic() - began:.0f} s")
    return 0 if all(each["passed"] for each in done) else 1


def smoke(seeds: list[int], *, judges_times: bool = True) -> int:
    """A run for each seed; one in which something never happened proves nothing and is played again with the next seed.
    A violation is a violation whatever else was missing."""
    began = time.monotonic()
    done = [played for seed in seeds for played in _until_valid(seed, judges_times)]
    print("\n".join(results.merged(done)))
    print(f"faults: smoke took {time.monotonic() - began:.0f} s")
    proven = sum(each["passed"] for each in done)
    return 0 if proven == len(seeds) and not any(map(results.violated, done)) else 1


def _until_valid(seed: int, judges_times: bool) -> list[results.Result]:
    done: list[results.Result] = []
    for drawn in range(seed, seed + plans.AGAIN + 1):
        done.append(run("smoke", plans.smoke(drawn, judges_times=judges_times)))
        if results.violated(done[-1]) or not done[-1]["missing"]:
            break
        say(f"seed {drawn} proves nothing of {', '.join(done[-1]['missing'])}")
    return done


def known_or_run(kind: str, plan: Plan, *, any_build: bool = False) -> results.Result:
    """What was played on this build is not played again, so that hours of it may be interrupted."""
    return results.kept((RESULTS, ON_RECORD), kind, plan, any_build=any_build) or run(kind, plan)


def whole(*, any_build: bool) -> int:
    """Every row and every scene, one after the other. `any_build` keeps what passed on earlier ones, for a
    whole that is played over several evenings; the report says which run was on which build."""
    in_own_mounts()
    broken = 0
    for plan in plans.whole():
        say(f"rows {', '.join(plan.counts)}: seed {plan.seed}, {plan.seconds / 60:g} minutes")
        broken += not known_or_run("rows", plan, any_build=any_build)["passed"]
    broken += not known_or_run("doubled", plans.doubled(plans.SCENE_SEED), any_build=any_build)["passed"]
    broken += not known_or_run("outage", plans.of_outage(plans.SCENE_SEED), any_build=any_build)["passed"]
    for name in ALONE:
        known = results.kept((RESULTS, ON_RECORD), name, plan_alone(name, plans.SCENE_SEED), any_build=any_build)
        broken += not known["passed"] if known else alone(name, plans.SCENE_SEED)
    report()
    return min(broken, 1)


def report() -> int:
    found = results.read((RESULTS, ON_RECORD))
    print("\n".join([*results.merged(found), *results.mutant_table(found)]), flush=True)
    return 0


def mutants(names: list[str], *, any_build: bool = False) -> int:
    """Every mutant by as many seeds as it takes to catch it twice; by each of those seeds the unchanged build, and the
    one in which only that is off which a mutant has off beside its guard."""
    known = partial(known_or_run, any_build=any_build)
    wanted = [MUTANTS[name] for name in names or MUTANTS]
    done: list[results.Result] = []
    used: dict[tuple[str, int], set[str]] = {}
    for mutant in wanted:
        say(f"mutant: without {mutant.without}{', with ' + mutant.also_off + ' off' if mutant.also_off else ''}")
        for seed in plans.MUTANT_SEEDS:
            if len(results.catching_seeds(done, mutant)) < results.CATCHING_SEEDS:
                done.append(known("mutant", plans.mutant(mutant.script, seed, mutant.name)))
                used.setdefault((mutant.script, seed), set()).add(mutant.control)
    sound = [known("unchanged", plans.mutant(script, seed, "")) for script, seed in used]
    controls = [
        known("control", plans.mutant(script, seed, control))
        for (script, seed), named in used.items()
        for control in sorted(named - {""})
    ]
    caught = [mutant for mutant in wanted if len(results.catching_seeds(done, mutant)) >= results.CATCHING_SEEDS]
    passed = sum(each["passed"] for each in sound)
    print("\n".join(results.mutant_table(done)))
    print(f"mutants: {len(caught)} of {len(wanted)} caught; the unchanged build passes {passed} of {len(sound)} seeds")
    for each in controls:
        said = "passes" if each["passed"] else "DOES NOT PASS"
        print(f"with {each['plan']['mutant']} and every guard in its place: {said} seed {each['plan']['seed']}")
    return 0 if len(caught) == len(wanted) and all(each["passed"] for each in [*sound, *controls]) else 1


def in_own_mounts() -> None:
    """Starts this program again where it may mount file systems that nobody else sees, unless it is there already."""
    if os.environ.get("FAULTS_MOUNTS") != "own":
        namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-m", "-c", "--keep-caps"]
        os.environ["FAULTS_MOUNTS"] = "own"
        os.execvp(namespace[0], [*namespace, sys.executable, "-m", "faults", *sys.argv[1:]])


def rows(named: list[str], seeds: list[int], minutes: float) -> int:
    if SMALL_DISKS & set(named):
        in_own_mounts()
    return runs_of("rows", [plans.of_rows(named, seed, minutes) for seed in seeds])


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _verbs() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    short = verbs.add_parser("smoke")
    short.add_argument("--seeds", type=_numbers, default=plans.SMOKE_SEEDS, help="a run for each, for example 3,4")
    short.add_argument("--times", choices=("judged", "told"), default="judged", help="what becomes of a late recovery")
    short.set_defaults(play=lambda given: smoke(given.seeds, judges_times=given.times == "judged"))
    some = verbs.add_parser("rows")
    some.add_argument("rows", help="for example F01,F02; a run for each seed, in which faults of all rows overlap")
    some.add_argument("--seeds", type=_numbers, default=[1], help="for example 1,2,3")
    some.add_argument("--minutes", type=float, default=10, help="how long each run is, 60 at most")
    some.set_defaults(play=lambda given: rows(given.rows.split(","), given.seeds, given.minutes))
    changed = verbs.add_parser("mutants")
    changed.add_argument("names", nargs="*", metavar="NAME", help="all if none is named")
    _whose_results(changed)
    changed.set_defaults(play=lambda given: mutants(given.names, any_build=given.builds == "any"))
    _scenes(verbs)
    all_of_it = verbs.add_parser("whole", help="every row and every scene; asked for again, it goes on where it was")
    _whose_results(all_of_it)
    all_of_it.set_defaults(play=lambda given: whole(any_build=given.builds == "any"))
    verbs.add_parser("report").set_defaults(play=lambda given: report())
    return parser


def _whose_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--builds", choices=("this", "any"), default="this", help="whose results are kept")


def _scenes(verbs: Any) -> None:
    away = verbs.add_parser("outage", help="the ERP is away for thirty minutes, told in ninety seconds")
    away.add_argument("--seed", type=int, default=plans.SCENE_SEED)
    away.set_defaults(play=lambda given: runs_of("outage", [plans.of_outage(given.seed)]))
    doubled = verbs.add_parser("doubled", help="50,000 deliveries, each message up to four times and in any order")
    doubled.add_argument("--seed", type=int, default=plans.SCENE_SEED)
    doubled.set_defaults(play=lambda given: runs_of("doubled", [plans.doubled(given.seed)]))
    sold = verbs.add_parser("sales", help="orders that are sold, carried, invoiced and called off, for each seed")
    sold.add_argument("--seeds", type=_numbers, default=[plans.SCENE_SEED], help="for example 1,2,3")
    sold.set_defaults(play=lambda given: runs_of("sales", [plans.selling(seed) for seed in given.seeds]))
    for name, what in (
        ("restore", "a service's database comes back from a backup, its stream is newer"),
        ("failover", "the database fails over to a replica that was behind"),
        ("overload", "five times as many calls as there is room for; wants a machine of its own"),
    ):
        scene = verbs.add_parser(name, help=what)
        scene.add_argument("--seed", type=int, default=plans.SCENE_SEED)
        scene.set_defaults(play=lambda given, name=name: alone(name, given.seed))


def main() -> int:
    given = _verbs().parse_args()
    logging.basicConfig(level=logging.ERROR)
    results.commit()
    return int(given.play(given))


if __name__ == "__main__":
    sys.exit(main())
