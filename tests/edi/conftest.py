"""Samples written for these tests, and the corpus of other people's files where CROSSDOCK_CORPUS names its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Not skipped but not there: other people's files are no part of a checkout.
collect_ignore = [] if os.environ.get("CROSSDOCK_CORPUS") else ["test_corpus.py"]
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def samples() -> Path:
    return SAMPLES
