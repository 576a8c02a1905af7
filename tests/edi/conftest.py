"""Samples written for these tests, and the corpus of other people's files where CROSSDOCK_CORPUS names its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def samples() -> Path:
    return SAMPLES
