"""`make fuzz SECONDS=n`: breaks the samples for that long and fails at the first file that breaks the library.

First small files, coverage-guided by atheris, or at random where there is no wheel of it (it says which); the last
fifth of the time files of 1 MiB. The file that broke something is kept, and `python -m edi_fuzz FILE` repeats it.
"""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from edi_fuzz.mutation import SEEDS, grown, mutated
from edi_fuzz.survival import survives

_FOR_LARGE = 0.2


def say(line: str) -> None:
    print(f"fuzz: {line}", flush=True)


def at_random(what: str, make: Callable[[random.Random], bytes], seconds: float) -> bool:
    seed = random.SystemRandom().randrange(2**32)
    say(f"{what} at random from seed {seed}, for {seconds:.0f} s")
    source, until, files, largest = random.Random(seed), time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        data = make(source)
        try:
            survives(data)
        except Exception as broken:  # noqa: BLE001 - whatever it is, it is what was looked for
            say(f"FAILED after {files} files with {broken!r}; repeat it with {_keep(data, f'{seed}-{files}')}")
            return False
        files, largest = files + 1, max(largest, len(data))
    say(f"{files} files, the largest of {largest} bytes, nothing broke")
    return True


def guided(seconds: float) -> bool:
    """atheris in a process of its own; its report goes where ours goes."""
    with tempfile.TemporaryDirectory() as folder:
        say(f"small files by atheris from {len(SEEDS)} samples, for {seconds:.0f} s")
        command = [sys.executable, "-m", "edi_fuzz.guided", str(int(seconds)), folder]
        ended = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = ended.stdout.splitlines()
        if ended.returncode == 0:
            say(f"atheris: {lines[-1] if lines else 'no report'}; nothing broke")
            return True
        print("\n".join(lines[-60:]))
        kept = [_keep(path.read_bytes(), path.name) for path in Path(folder).iterdir() if path.is_file()]
        say(f"FAILED with exit {ended.returncode}; repeat it with {' '.join(kept)}")
        return False


def _keep(data: bytes, name: str) -> str:
    kept = Path(tempfile.gettempdir()) / f"edi-fuzz-{name}"
    kept.write_bytes(data)
    return f"python -m edi_fuzz {kept}"


def main() -> int:
    asked = sys.argv[1] if len(sys.argv) > 1 else "60"
    if Path(asked).is_file():
        survives(Path(asked).read_bytes())
        say("nothing broke")
        return 0
    seconds = float(asked)
    for seed in SEEDS:
        survives(seed)
    small = seconds * (1 - _FOR_LARGE)
    if importlib.util.find_spec("atheris"):
        sound = guided(small)
    else:
        say("there is no atheris for this Python and machine, so no coverage guides the mutations")
        sound = at_random("small files", mutated, small)
    return 0 if sound and at_random("files of 1 MiB", grown, seconds - small) else 1


if __name__ == "__main__":
    sys.exit(main())
