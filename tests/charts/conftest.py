"""The charts, put together once for each run, and each profile rendered once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml
from charted.assembly import UMBRELLA, assembled, service_charts
from charted.rendering import Rendered, rendered

PROFILES = Path(__file__).parent / "profiles"


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each profile as a file of values: what it says of `every-service` is said of each that it does not name."""
    folder = tmp_path_factory.mktemp("profiles")
    for path in PROFILES.glob("*.yaml"):
        said = yaml.safe_load(path.read_text())
        everyones = said.pop("every-service", {})
        (folder / path.name).write_text(yaml.safe_dump(dict.fromkeys(service_charts(), everyones) | said))
    return folder


@pytest.fixture(scope="session")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assembled(tmp_path_factory.mktemp("charts"))


@pytest.fixture(scope="session")
def render(charts: Path, profiles: Path) -> Callable[..., Rendered]:
    """`render("ha", "--is-upgrade")`: the umbrella with the values of a profile and further arguments."""

    @cache
    def found(profile: str, *arguments: str) -> Rendered:
        return rendered(charts / UMBRELLA, "--values", str(profiles / f"{profile}.yaml"), *arguments)

    return found
