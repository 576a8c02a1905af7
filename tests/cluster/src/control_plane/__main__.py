"""`python -m control_plane build` builds what is missing; `... up` runs a control plane until Ctrl-C.

Ends with 1 where something could not be built, with 3 where neither Go nor its modules can be had here.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from control_plane.binaries import PACKAGES, NotBuilt, NotToBeHad, build
from control_plane.go_toolchain import NoGo
from control_plane.plane import running_plane

NOT_TO_BE_HAD = 3


def say(line: str) -> None:
    print(line, flush=True)


async def up() -> None:
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    async with running_plane() as plane:
        say(f"cluster: up; export KUBECONFIG={plane.admin_kubeconfig}")
        await asked.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="control_plane", description=__doc__)
    parser.add_argument("verb", choices=("build", "up"))
    verb = parser.parse_args().verb
    try:
        build(list(PACKAGES), say)
    except NotBuilt as wrong:
        say(f"cluster: {wrong}")
        return 1
    except (NotToBeHad, NoGo) as wrong:
        say(f"cluster: {wrong}")
        say("cluster: with KUBEBUILDER_ASSETS the binaries of that folder are taken, and nothing is built")
        return NOT_TO_BE_HAD
    if verb == "up":
        asyncio.run(up())
    return 0


if __name__ == "__main__":
    sys.exit(main())
