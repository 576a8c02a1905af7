"""Prints each row of docs/features.tsv with the tests that show it; a marker that names no row fails.

Reads the tests' marks from pytest's own collection, so that a mark of a parameter or of a class counts as pytest
counts it.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "features.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def tests_by_feature() -> dict[str, list[str]]:
    """Feature id → node ids (without parameters) of the tests that carry its mark."""
    with tempfile.TemporaryDirectory() as work:
        listing = Path(work) / "features.tsv"
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", f"--feature-list={listing}"]
        collected = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if collected.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            sys.exit(f"features: the tests could not be collected\n{collected.stdout}{collected.stderr}")
        shown: dict[str, list[str]] = defaultdict(list)
        for line in listing.read_text().splitlines():
            feature, test = line.split("\t")
            if test not in shown[feature]:
                shown[feature].append(test)
        return shown


def main() -> int:
    features, shown = rows(), tests_by_feature()
    for row in features:
        print(f"{row['id']}  {row['feature']}")
        for test in shown.get(row["id"], []):
            print(f"        {test}")
    known = {row["id"] for row in features}
    unknown = sorted(shown.keys() - known)
    for feature in unknown:
        print(f"features: no row {feature}, named by {', '.join(shown[feature])}", file=sys.stderr)
    print(f"features: {len(known & shown.keys())} of {len(features)} shown")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
