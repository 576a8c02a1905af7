"""`make bench`: runs every benchmark, or those that are named, and prints one table."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping

import uvloop
from crossdock_local.embedded import EmbeddedServers

from benchmarks import connector, edi, pipeline, reservations
from benchmarks.figures import Benchmark, Figure, table

BENCHMARKS: Mapping[str, Benchmark] = {
    "pipeline": pipeline.run,
    "reservations": reservations.run,
    "edi": edi.run,
    "connector": connector.run,
}


async def measure(names: list[str]) -> list[Figure]:
    figures: list[Figure] = []
    for name in names:
        began = time.monotonic()
        # Servers of its own for each, durable as in production: one benchmark's leftovers are not another's load.
        async with EmbeddedServers() as servers:
            figures += await BENCHMARKS[name](servers)
        print(f"bench: {name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all if none is named")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {', '.join(unknown)}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(measure(names))
    print(table(figures))
    below = [figure.name for figure in figures if not figure.kept]
    print(f"bench: {len(figures)} figures, {len(below)} below their floor")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
