"""Some seeds of the simulation, that a seed replays exactly, and that its checks see a guard that is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest
from simulation.chance import Chance
from simulation.checks import judge
from simulation.mutants import MUTANTS, hunt
from simulation.report import ENOUGH_SEEDS, never, stands
from simulation.runs import Result, run_seed
from simulation.world import World

pytestmark = pytest.mark.lasting(50)

TOLD = "from simulation.runs import run_seed; print(*(run_seed(seed).story for seed in {seeds}))"


@pytest.mark.parametrize("seed", range(1, 31))
def test_nothing_is_lost_doubled_or_stuck(seed: int) -> None:
    result = run_seed(seed)
    assert result.violations == []
    assert min(result.checked.values()) > 0


def test_a_seed_tells_the_same_story_in_every_process() -> None:
    seeds = (3, 5)
    told = {" ".join(run_seed(seed).story for seed in seeds)}
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-c", TOLD.format(seeds=seeds)]
        ran = subprocess.run(
            command, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": hash_seed}
        )
        told.add(ran.stdout.strip())
    assert len(told) == 1


def test_a_timeline_tells_what_was_done_and_what_was_committed() -> None:
    timeline = run_seed(3, timeline=True).timeline
    words = Counter(step.split()[0] for _, step in timeline)
    assert min(words[word] for word in ("blow", "strikes", "stored", "committed", "calm")) > 0
    assert timeline == sorted(timeline, key=lambda each: each[0])


@pytest.mark.parametrize("name", [name for name, mutant in MUTANTS.items() if not mutant.rare])
def test_a_guard_that_is_missing_is_seen_by_more_than_one_seed(name: str) -> None:
    caught = hunt(MUTANTS[name])
    assert caught.enough


def test_who_checked_nothing_has_not_found_nothing() -> None:
    violations = judge(World(Chance(1)), frozenset()).violations
    assert {"versions: nothing was checked", "effects: nothing was checked", "stream: nothing was checked"} <= {
        *violations
    }


def test_many_seeds_in_which_a_fault_never_struck_do_not_stand() -> None:
    calm = [Result(seed, [], "", 0, 0.0) for seed in range(ENOUGH_SEEDS)]
    assert "tail forgotten" in never(calm)
    assert not stands(calm)
    assert not stands([])
