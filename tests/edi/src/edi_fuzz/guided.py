"""`python -m edi_fuzz.guided SECONDS FOLDER`: atheris in a process of its own, which it ends itself.

Only here is the library imported under instrumentation; whoever imports this module has started that process for it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from edi_fuzz.mutation import SEEDS


def main() -> None:
    """Never returns: atheris ends the process, with 0 if nothing broke."""
    seconds, folder = sys.argv[1], Path(sys.argv[2])
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["crossdock_edi"]):
        survival = importlib.import_module("edi_fuzz.survival")
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS):
        (corpus / f"seed-{number:02d}.edi").write_bytes(seed)
        survival.survives(seed)  # also makes every description, so that no file is charged for it
    options = (f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=1024", "-max_len=16384")
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(corpus)], survival.survives)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
