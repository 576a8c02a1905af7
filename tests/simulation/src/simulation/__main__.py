"""`make simulate`: many seeds with the sums of what happened, one seed with its timeline, or the mutants.

python -m simulation --first 1 --seeds 1000     a thousand seeds
python -m simulation --seed 7                   one, twice: its timeline, and whether it told the same story again
python -m simulation --mutants                  each broken variant of the kit, until enough seeds have caught it
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence

from simulation.mutants import MUTANTS, hunt
from simulation.report import lines, never, stands
from simulation.runs import Result, run_seed

EVERYWHERE = "message delayed"
"""Happens so often that a timeline reads better without it."""


def run_many(seeds: range, workers: int) -> bool:
    began = time.monotonic()
    results: list[Result] = []
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for result in pool.imap_unordered(run_seed, seeds, chunksize=2):
            results.append(result)
            _progress(results, len(seeds), time.monotonic() - began)
    results.sort(key=lambda each: each.seed)
    print("\n".join(lines(results, time.monotonic() - began)))
    if not stands(results) and (missing := never(results)):
        print(f"simulate: INVALID, never happened: {', '.join(missing)}")
    return stands(results)


def _progress(results: Sequence[Result], wanted: int, seconds: float) -> None:
    """A line that is written over on a terminal, and now and then one in a log."""
    number, violated = len(results), sum(bool(each.violations) for each in results)
    if sys.stderr.isatty() or number % 100 == 0:
        end = "\r" if sys.stderr.isatty() and number < wanted else "\n"
        told = f"simulate: {number} of {wanted} seeds, {violated} with a violation, {seconds:.0f} s"
        print(told, end=end, file=sys.stderr, flush=True)


def replay(seed: int) -> bool:
    first, again = run_seed(seed, timeline=True), run_seed(seed)
    for instant, step in first.timeline:
        if step != EVERYWHERE:
            print(f"{instant:10.3f}  {step}")
    print("\n".join(lines([first], first.seconds)))
    same = first.story == again.story
    told = "the same again" if same else f"then {again.story}: NOT the same"
    print(f"simulate: seed {seed} tells {first.story} in {first.steps} steps, {told}")
    return stands([first]) and same


def catch_mutants() -> bool:
    sound = True
    for name, mutant in MUTANTS.items():
        caught = hunt(mutant)
        for each in caught.by:
            print(f"  {name}, seed {each.seed}: {each.violations[0]}")
        word = "caught" if caught.enough else "MISSED"
        print(f"mutant {name}: {word} by {len(caught.by)} of {caught.tried} seeds ({mutant.without})", flush=True)
        sound = sound and caught.enough
    return sound


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulation", formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    if asked.mutants:
        sound = catch_mutants()
    elif asked.seed is not None:
        sound = replay(asked.seed)
    else:
        sound = run_many(range(asked.first, asked.first + asked.seeds), asked.workers)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
