"""`make bench`: runs every benchmark, or those that are named, and prints one table with each floor and its verdict."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence

# Read when gRPC is imported: its handlers would comment on every server that is started.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import uvloop
from crossdock_local.embedded import EmbeddedServers

from benchmarks import connector, edi, inbound, orders, pipeline, reservations, statement, stored
from benchmarks.figures import Benchmark, Figure, table

BENCHMARKS: Mapping[str, Benchmark] = {
    "pipeline": pipeline.run,
    "reservations": reservations.run,
    "edi": edi.run,
    "connector": connector.run,
    "orders": orders.run,
    "inbound": inbound.run,
    "stored": stored.run,
    "statement": statement.run,
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


def chosen(arguments: Sequence[str]) -> list[str]:
    """The benchmarks to run, in the order in which they are listed here."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = ", ".join(BENCHMARKS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {names}; all if none is named")
    parser.add_argument("--only", default="", metavar="NAMES", help="the same, joined by commas")
    told = parser.parse_args(arguments)
    wanted = [*told.names, *(name for name in told.only.split(",") if name)]
    if unknown := [name for name in wanted if name not in BENCHMARKS]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {names}")
    return [name for name in BENCHMARKS if name in wanted or not wanted]


def main() -> int:
    names = chosen(sys.argv[1:])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(measure(names))
    print(table(figures))
    below = [figure.name for figure in figures if not figure.kept]
    print(f"bench: {len(figures)} figures, {len(below)} below their floor")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
