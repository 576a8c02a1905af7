"""The charts, put together once for each run, and each profile rendered once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from charted.assembly import UMBRELLA, assembled
from charted.rendering import Rendered, rendered

PROFILES = Path(__file__).parent / "profiles"


@pytest.fixture(scope="session")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assembled(tmp_path_factory.mktemp("charts"))


@pytest.fixture(scope="session")
def render(charts: Path) -> Callable[..., Rendered]:
    """`render("ha", "--is-upgrade")`: the umbrella with the values of a profile and further arguments."""

    @cache
    def found(profile: str, *arguments: str) -> Rendered:
        return rendered(charts / UMBRELLA, "--values", str(PROFILES / f"{profile}.yaml"), *arguments)

    return found
