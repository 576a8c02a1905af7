"""What a run is made of: rows by weight, waits that come once, clocks that are put wrong, results that are merged."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from faults import plans, results
from faults.mutants import MUTANTS
from faults.plan import Outcome, Plan
from faults.schedule import CONSUMING, LONG, LONG_SHARE, ROWS, SMALL_DISKS, WEIGHTS, Fault, divided, planned
from faults.scripts import NEVER, RELAY, SALES, SCRIPTS, SECONDS, Chapter
from faults.tally import REQUIRED
from faults.ways import WAYS
from faults.ways.partners import ANSWERS
from faults.ways.scene import Injected
from partners.faults import Faults
from partners.journal import Journal
from partners.web import Door, Site

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_every_row_has_a_weight_and_every_way_is_known() -> None:
    assert ROWS.keys() == WEIGHTS.keys()
    drawn = planned(1, dict.fromkeys(ROWS, 30), 600)
    assert {fault.how for fault in drawn} <= WAYS.keys()
    assert {fault.row for fault in drawn} == ROWS.keys()


def test_faults_are_divided_by_weight_and_no_row_goes_without() -> None:
    counts = divided(["F01", "F14", "F05"], 100)
    assert counts["F05"] > counts["F01"] > counts["F14"] == 1


def test_long_waits_come_once_and_only_where_the_run_is_long_enough() -> None:
    longest = [each for each in LONG["F09"] if each.seconds == 300]
    short = planned(1, {"F09": 5}, 300)
    whole = planned(1, {"F09": 5}, 300 * LONG_SHARE)
    assert sum(each.seconds == 300 for each in short) == 0
    assert sum(each.seconds == 300 for each in whole) == len(longest) == 1


def test_a_run_is_an_hour_at_most_and_of_known_rows() -> None:
    assert plans.of_rows(["F01", "F02"], 1, 60).seconds == 3600
    with pytest.raises(ValueError, match="60 minutes"):
        plans.of_rows(["F01"], 1, 61)
    with pytest.raises(ValueError, match="F99"):
        plans.of_rows(["F99"], 1, 5)


def test_the_whole_plays_every_row_a_thousand_faults_and_each_long_wait() -> None:
    whole = plans.whole()
    assert {row for plan in whole for row in plan.counts} == ROWS.keys()
    assert sum(sum(plan.counts.values()) for plan in whole) >= 1000
    drawn = [fault for plan in whole for fault in planned(plan.seed, plan.counts, plan.seconds)]
    for each in [wait for waits in LONG.values() for wait in waits if wait.seconds >= 300 and wait.row != "F06"]:
        assert [fault.seconds for fault in drawn if fault.row == each.row].count(each.seconds) == 1
    assert all(fault.at + fault.seconds <= plan.seconds for plan in whole for fault in _long(plan))


def _long(plan: Plan) -> list[Fault]:
    return [each for each in planned(plan.seed, plan.counts, plan.seconds) if each.seconds >= 30]


def test_what_was_played_on_this_build_is_not_played_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "build", lambda: "abc1234")
    first, second = plans.whole()[:2]
    assert results.kept((tmp_path,), "rows", first) is None
    results.write(tmp_path, results.result_of("rows", Outcome(first)))
    assert results.kept((tmp_path,), "rows", first) is not None
    assert results.kept((tmp_path,), "rows", second) is None
    monkeypatch.setattr(results, "build", lambda: "def5678")
    assert results.kept((tmp_path,), "rows", first) is None
    assert results.kept((tmp_path,), "rows", first, any_build=True) is None, "it did not pass"
    counted = dict.fromkeys(REQUIRED, 1)
    results.write(tmp_path, {**results.result_of("rows", Outcome(first, counters=counted)), "build": "abc1234"})
    assert results.kept((tmp_path,), "rows", first) is None
    assert results.kept((tmp_path,), "rows", first, any_build=True) is not None


def test_what_an_earlier_build_had_no_word_for_is_no_other_plan(tmp_path: Path) -> None:
    plan = plans.whole()[0]
    result = results.result_of("rows", Outcome(plan, counters=dict.fromkeys(REQUIRED, 1)))
    known = {name: said for name, said in result["plan"].items() if name != "books"}
    results.write(tmp_path, {**result, "build": "earlier", "plan": known})
    assert results.kept((tmp_path,), "rows", plan) is None
    assert results.kept((tmp_path,), "rows", plan, any_build=True) is not None
    results.write(tmp_path, {**result, "build": "earlier", "plan": known | {"orders": plan.orders + 1}})
    assert results.kept((tmp_path,), "rows", plan, any_build=True) is None


def test_what_was_just_played_stands_before_what_is_on_record(tmp_path: Path) -> None:
    played, on_record = tmp_path / "played", tmp_path / "record"
    first, second = plans.whole()[:2]
    counted = dict.fromkeys(REQUIRED, 1)
    for plan in (first, second):
        results.write(on_record, {**results.result_of("rows", Outcome(plan, counters=counted)), "build": "earlier"})
    results.write(played, results.result_of("rows", Outcome(first, counters=counted)))
    assert sorted(each["build"] for each in results.read((played, on_record))) == sorted([results.build(), "earlier"])
    found = results.kept((played, on_record), "rows", first, any_build=True)
    assert found is not None
    assert found["build"] == results.build()
    assert results.kept((played, on_record), "rows", second) is None, "on record is another build"
    assert results.kept((played, on_record), "rows", second, any_build=True) is not None


def test_a_mutant_that_was_caught_on_an_earlier_build_is_kept_and_one_that_was_missed_is_not(tmp_path: Path) -> None:
    mutant = MUTANTS["some calls unaudited"]
    plan = plans.mutant(mutant.script, 11, mutant.name)
    played = {**results.result_of("mutant", Outcome(plan)), "build": "earlier"}
    seen = {"invariant": mutant.caught_by, "name": "", "facts": 1, "violations": [mutant.words], "holds": False}
    for findings, is_kept in (([seen], True), ([], False)):
        results.write(tmp_path, played | {"findings": findings})
        assert results.kept((tmp_path,), "mutant", plan) is None
        assert (results.kept((tmp_path,), "mutant", plan, any_build=True) is not None) is is_kept


def test_the_report_says_which_runs_are_of_which_build() -> None:
    runs = [a_result("F01", 5, 3.5, 1) | {"build": "a", "commit": "1"}, a_result("F02", 4, 1.0, 1) | {"build": "b"}]
    lines = results.merged(runs)
    assert "build a (1): 1 runs, 5 faults, 100 transactions" in lines
    assert "build b (unknown): 1 runs, 4 faults, 100 transactions" in lines


def test_the_smoke_has_a_hundred_faults_of_its_rows_and_the_seeds_of_every_mutant_one_for_sales() -> None:
    smoke = plans.smoke(3)
    faults = smoke.faults()
    assert sum(fault.row in ("F01", "F05", "F06", "F09") for fault in faults) >= 100
    assert sum(fault.kills for fault in faults) >= 60, "a crash point that nobody reaches is no kill"
    mutants = [
        plans.mutant(each.script, seed, each.name)
        for each in MUTANTS.values()
        for seed in plans.MUTANT_SEEDS[: 1 if each.script == SALES else 2]
    ]
    assert {chapter for plan in mutants for chapter in plan.chapters} == set(smoke.chapters)
    assert all(fault.at <= smoke.seconds for fault in faults)
    assert not smoke.never


def test_a_chapter_strikes_the_same_at_other_moments_of_another_seed() -> None:
    first, second = (Chapter(RELAY, seed).faults() for seed in (11, 12))
    assert first == Chapter(RELAY, 11).faults() != second
    assert [(fault.how, fault.target) for fault in first] == [(fault.how, fault.target) for fault in second]
    shifted = [round(fault.at, 6) for fault in Chapter(RELAY, 11).faults(100.0)]
    assert shifted == [round(fault.at + 100, 6) for fault in first]


def test_a_chapter_names_ways_that_there_are_and_is_not_asked_for_what_it_cannot_cause() -> None:
    assert {fault.how for faults in SCRIPTS.values() for fault in faults} <= WAYS.keys()
    assert SCRIPTS.keys() == SECONDS.keys() == NEVER.keys()
    alone = Outcome(plans.mutant(RELAY, 11, ""), counters=dict.fromkeys(REQUIRED, 1) | {"reconciled": 0})
    assert alone.missing == []
    assert Outcome(plans.smoke(1), counters=alone.counters).missing == ["reconciled"]
    broker = {"roll back", "flip byte", "truncate", "kill"}
    on_broker = [fault for fault in SCRIPTS[RELAY] if fault.target == "nats" and fault.how in broker]
    assert not on_broker, "without reconciling a broker that loses its tail proves nothing about the relay"


def test_the_doubled_messages_are_counted_and_too_few_show_nothing() -> None:
    plan = plans.doubled(1)
    assert {fault.target for fault in plan.faults()} == {f"{name}>nats" for name in CONSUMING}
    outcome = Outcome(plan, counters=dict.fromkeys(REQUIRED, 1), tricks={"messages": 20_000, "copied": 29_999})
    assert outcome.missing == ["50000 deliveries, only 49999"]
    outcome.tricks["copied"] += 1
    assert outcome.missing == []


def test_a_mutant_is_caught_by_its_checker_in_its_words() -> None:
    mutant = MUTANTS["mark before publish"]

    def seen(invariant: str, sentence: str) -> list[int]:
        finding = {"invariant": invariant, "name": "", "facts": 1, "violations": [sentence], "holds": False}
        return results.catching_seeds([{"plan": {"mutant": mutant.name, "seed": 11}, "findings": [finding]}], mutant)

    assert seen("I7", "the stream of inventory lacks 3 of 9 events") == [11]
    assert seen("I7", "connector's inbox lacks 3 of 9 events") == []
    assert seen("I11", "the stream of inventory lacks 3 of 9 events") == []


def test_who_is_told_to_end_takes_down_what_runs() -> None:
    program = (
        "import asyncio, os, signal\nfrom faults.ending import finished\n"
        "def told():\n    os.kill(os.getpid(), signal.SIGTERM)\n"
        "async def play():\n    try:\n        told()\n        await asyncio.Event().wait()\n"
        "    finally:\n        told()\n        await asyncio.sleep(0.01)\n        print('taken down')\n"
        "finished(play())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 128 + signal.SIGTERM
    assert "taken down" in done.stdout, done.stderr
    assert "nothing is proven" in done.stdout


def test_only_rows_that_fill_disks_want_small_ones() -> None:
    wanting = {row for row, draws in ROWS.items() if any(draw(_Chance(), 0).how == "fill disk" for draw in draws)}
    assert wanting == SMALL_DISKS


class _Chance(random.Random):
    """Draws the first of everything."""

    def choice(self, seq: Any) -> Any:
        return next(iter(seq))


def test_a_process_believes_the_file_about_the_time_and_sleeps_as_long_as_before(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("3600")
    program = (
        "import time\nfrom datetime import UTC, datetime\nfrom pathlib import Path\nfrom faults.clock import follow\n"
        "from crossdock_kit.clock import SystemClock\n"
        f"before, slept = datetime.now(UTC), time.monotonic()\nfollow(Path({str(file)!r}))\n"
        "ahead = (SystemClock().now() - before).total_seconds()\n"
        "assert 3600 <= ahead < 3660, ahead\nassert time.time() - before.timestamp() >= 3600\n"
        f"assert time.monotonic() - slept < 60\nPath({str(file)!r}).unlink()\ntime.sleep(0.2)\n"
        "assert (SystemClock().now() - before).total_seconds() < 60\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def a_result(row: str, faults: int, took: float, seed: int) -> dict[str, Any]:
    finding = {"invariant": "I1", "name": "no oversell", "facts": 10, "violations": [], "holds": True}
    return {
        "kind": "rows",
        "label": f"rows-{row}-{seed}",
        "plan": {"seed": seed, "mutant": ""},
        "passed": True,
        "missing": [],
        "faults": {row: faults},
        "kills": 1,
        "transactions": 100,
        "counters": {},
        "tricks": {"copied": 1},
        "recoveries": {row: took},
        "findings": [finding],
    }


def test_files_of_runs_come_to_one_table(tmp_path: Path) -> None:
    for each in (a_result("F01", 5, 3.5, 1), a_result("F01", 4, 7.25, 2), a_result("F02", 3, 1.0, 1)):
        results.write(tmp_path, each)
    lines = results.merged(results.read((tmp_path,)))
    (first,) = [line.split() for line in lines if line.startswith("F01")]
    assert first == ["F01", str(WEIGHTS["F01"]), "9", "2", "0", "7.2", "s"]
    assert "faults: 3 runs, 12 faults (3 kills), 300 transactions, 0 violations, 0 invalid runs" in lines


def test_points_that_no_run_came_to_are_told() -> None:
    fault, other = (Fault(3.0, "F05", "crash", "delivery", 0.0, point) for point in ("after_effect", "after_commit"))
    plan = plans.selling(1)
    missed = Outcome(plan, injected=[Injected(fault, 3.0, done=False), Injected(other, 3.0, done=False)])
    assert missed.unreached == ["3.0 F05 crash delivery after_effect", "3.0 F05 crash delivery after_commit"]
    reached = Outcome(plan, injected=[Injected(fault, 9.0)])
    assert reached.unreached == []
    lines = results.merged([results.result_of("sales", each) for each in (missed, reached)])
    assert "armed and never reached: F05 crash delivery after_commit" in lines


@pytest.mark.parametrize("kind", [each for each in ANSWERS if each != "drip"])
async def test_a_partner_that_answers_misleadingly_does_nothing(kind: str) -> None:
    journal, site = Journal(), Site()
    door = Door("a", "key", journal, Faults(answer=kind))

    async def never(document: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        raise AssertionError("it was done")

    door.accept("/documents", "json.document", lambda document: "1", never)
    port = await site.open(door)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            headers = {"authorization": "Bearer key", "idempotency-key": "1"}
            answer = await client.post("/documents", json={}, headers=headers, timeout=60)
    finally:
        await site.close()
    assert answer.status_code in (200, 301, 503)
    assert not list(journal)
