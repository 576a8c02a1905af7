"""Throws broken files at reader, checker, typed views and acknowledger for as long as it is told: `fuzz.py SECONDS`.

Coverage-guided by atheris where that is installed; otherwise the samples are mutated at random, from a seed that is
printed, so that a failure can be repeated. Anything but the library's own errors, a file that takes over a second for
1 MiB, and any silence is a failure.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def _watched() -> AbstractContextManager[object]:
    """Inside, imported code is instrumented for coverage, if there is an atheris to do it."""
    if importlib.util.find_spec("atheris") is None:
        return nullcontext()
    atheris: Any = importlib.import_module("atheris")
    watching: AbstractContextManager[object] = atheris.instrument_imports(include=["crossdock_edi"])
    return watching


with _watched():
    import crossdock_edi
    from crossdock_edi import EdiError
    from crossdock_edi.conversion import as_json, from_json

SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parent / "samples").glob("*/*.edi"))]
_FOREIGN = (
    b"*",
    b"~",
    b"'",
    b"+",
    b":",
    b"?",
    b"\r\n",
    b"ISA*",
    b"UNA:+.? '",
    b"UNB+",
    b"ST*",
    b"BIN*99999*",
    b"\x00",
    b"\xff",
)
_SECONDS_PER_MIB = 1.0
_LEAST_SECONDS = 0.5  # below that a busy machine is measured, not the library


class TooSlow(AssertionError):
    """A file took longer than a second for each MiB."""


def survives(data: bytes) -> None:
    """Ask everything that may be asked of a file; raises for whatever a user must never see."""
    began = time.process_time()
    interchanges = list(crossdock_edi.read(data))
    if not interchanges:
        raise AssertionError("a file without any interchange to hold its findings")
    for interchange in interchanges:
        _use(interchange)
    taken = time.process_time() - began
    if taken > max(_LEAST_SECONDS, _SECONDS_PER_MIB * len(data) / 2**20):
        raise TooSlow(f"{taken:.2f} s for {len(data)} bytes")


def _use(interchange: crossdock_edi.Interchange) -> None:
    list(crossdock_edi.check(interchange))
    for message in interchange.messages:
        _quietly(lambda message=message: crossdock_edi.parse(message))  # type: ignore[misc]
    answers = crossdock_edi.acknowledge(interchange)
    if answers:
        reply = crossdock_edi.reply_envelope(
            interchange, interchange_control=1, group_control=1, prepared_at=datetime(2026, 11, 21, tzinfo=UTC)
        )
        _quietly(lambda: crossdock_edi.compose(answers, reply))
    _quietly(lambda: crossdock_edi.write(interchange))
    _quietly(lambda: from_json(as_json(interchange)))


def _quietly(ask: Callable[[], object]) -> None:
    try:
        ask()
    except EdiError:
        return


def mutated(source: random.Random) -> bytes:
    data = bytearray(source.choice(SEEDS))
    for _ in range(source.randint(1, 6)):
        start = source.randrange(len(data) or 1)
        end = min(len(data), start + source.randint(0, 60))
        match source.randint(0, 4):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end] * source.randint(1, 4)
            case 2:
                data[start:end] = source.randbytes(end - start)
            case 3:
                data[start:start] = source.choice(_FOREIGN)
            case _:
                other = source.choice(SEEDS)
                data[start:end] = other[source.randrange(len(other)) :][: source.randint(1, 200)]
    return bytes(data)


def at_random(seconds: float) -> int:
    seed = random.SystemRandom().randrange(2**32)
    print(f"fuzz: atheris is not installed; random mutations from seed {seed}", flush=True)
    source, until, files = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < until:
        data = mutated(source)
        try:
            survives(data)
        except Exception as broken:
            kept = Path(tempfile.gettempdir()) / f"crossdock-edi-fuzz-{seed}-{files}.edi"
            kept.write_bytes(data)
            print(f"fuzz: FAILED after {files} files with {broken!r}; the file is {kept}", flush=True)
            raise
        files += 1
    print(f"fuzz: {files} files, nothing broke")
    return 0


def guided(seconds: float) -> int:
    """Never returns: atheris ends the process, with 0 if nothing broke."""
    atheris: Any = importlib.import_module("atheris")

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS):
            (Path(corpus) / f"{number}.edi").write_bytes(seed)
        atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}", "-timeout=10", corpus], survives)
        atheris.Fuzz()
    return 0


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    return guided(seconds) if importlib.util.find_spec("atheris") else at_random(seconds)


if __name__ == "__main__":
    sys.exit(main())
