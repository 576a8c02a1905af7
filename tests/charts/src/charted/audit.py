"""`make charts-audit`: checkov over every profile; what it finds is explained in docs/charts-audit.md or fails.

An explanation of what is no longer found fails as well, so that the table stays true.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from crossdock_local.place import find_checkout

from charted.assembly import UMBRELLA, assembled, service_charts
from charted.helm import HelmRefused, NoHelm
from charted.rendering import rendered

EXPLAINED = find_checkout() / "docs" / "charts-audit.md"
# What the table speaks of: another version asks other questions.
VERSION = "3.3.30"
PROFILES = find_checkout() / "tests" / "charts" / "profiles"
Found = dict[str, set[str]]
"""Resources by check."""


def explained() -> set[str]:
    return set(re.findall(r"^\| (CKV\w+) \|", EXPLAINED.read_text(), re.MULTILINE))


def render_all(target: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        charts = assembled(Path(work))
        for profile in sorted(PROFILES.glob("*.yaml")):
            said = yaml.safe_load(profile.read_text())
            values = Path(work) / profile.name
            values.write_text(yaml.safe_dump(dict.fromkeys(service_charts(), said.pop("every-service", {})) | said))
            shown = rendered(charts / UMBRELLA, "--values", str(values))
            (target / profile.name).write_text(yaml.safe_dump_all(shown.objects, sort_keys=False))


def found(checkov: str, folder: Path) -> Found:
    command = [checkov, "--directory", str(folder), "--framework", "kubernetes", "--quiet", "--compact"]
    done = subprocess.run([*command, "--output", "json"], capture_output=True, text=True, check=False)
    try:
        told: Any = json.loads(done.stdout)
    except ValueError:
        raise OSError(f"{checkov} said no JSON: {done.stderr[-500:]}") from None
    failed: Found = {}
    for report in told if isinstance(told, list) else [told]:
        for each in report["results"]["failed_checks"]:
            failed.setdefault(each["check_id"], set()).add(each["resource"])
    return failed


def version_of(checkov: str) -> str:
    """Empty where it does not say."""
    done = subprocess.run([checkov, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def verdict(failed: Found, reasons: set[str]) -> list[str]:
    new = [f"{check} is not explained: {', '.join(sorted(failed[check]))}" for check in sorted(failed.keys() - reasons)]
    return new + [f"{check} is explained and no longer found" for check in sorted(reasons - failed.keys())]


def main() -> int:
    checkov = os.environ.get("CHECKOV") or shutil.which("checkov")
    if checkov is None:
        sys.stderr.write("charts-audit: there is no checkov on PATH, and CHECKOV names none\n")
        return 1
    if (there := version_of(checkov)) != VERSION:
        sys.stderr.write(f"charts-audit: {checkov} is version {there}; the table speaks of {VERSION}\n")
        return 1
    try:
        with tempfile.TemporaryDirectory() as folder:
            render_all(Path(folder))
            failed = found(checkov, Path(folder))
    except (NoHelm, HelmRefused, OSError) as error:
        sys.stderr.write(f"charts-audit: {error}\n")
        return 1
    wrong = verdict(failed, explained())
    for each in wrong:
        sys.stderr.write(f"charts-audit: {each}\n")
    sys.stdout.write(f"charts-audit: {len(failed)} checks with findings, {len(wrong)} to look at\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
