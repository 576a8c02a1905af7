"""The charts with what each depends on beside it, as `helm dependency update` would put it there.

Works on a copy: the tree itself never holds a chart twice.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from crossdock_local.place import find_checkout

CHARTS = find_checkout() / "charts"
LIBRARY = "service-kit"
UMBRELLA = "crossdock"


def chart_names(charts: Path = CHARTS) -> tuple[str, ...]:
    return tuple(sorted(each.parent.name for each in charts.glob("*/Chart.yaml")))


def described(chart: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((chart / "Chart.yaml").read_text())
    return found


def is_service(chart: Path) -> bool:
    return any(each["name"] == LIBRARY for each in described(chart).get("dependencies", ()))


@cache
def service_charts(charts: Path = CHARTS) -> tuple[str, ...]:
    return tuple(name for name in chart_names(charts) if is_service(charts / name))


def assembled(target: Path, charts: Path = CHARTS) -> Path:
    """A folder of complete charts."""
    whole = target / "charts"
    for name in chart_names(charts):
        _complete(charts, name, whole / name)
    return whole


def _complete(charts: Path, name: str, target: Path) -> None:
    shutil.copytree(charts / name, target, ignore=shutil.ignore_patterns("charts", "Chart.lock", "*.tgz"))
    for each in described(charts / name).get("dependencies", ()):
        source = Path(str(each["repository"]).removeprefix("file://"))
        _complete(charts, (charts / name / source).resolve().name, target / "charts" / each["name"])
