"""Puts the workspace's own packages on the path of .venv, and the `crossdock` command beside its Python.

One .pth file instead of an editable install per package: nothing is built, a change is seen at once, and a second
`make setup` costs milliseconds. Knows the layout of the tree, never what a package holds.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = ("libs/*/src", "services/*/src", "operator/src", "tests/*/src")
# Places that the layout names even before their first file: a process started early sees what is added later.
EXPECTED = ("libs/contracts/src", "libs/kit/src", "libs/edi/src", "libs/local/src", "tests/partners/src")
# Read by sh, the first lines start Python; read by Python, they are a string. So the path may hold spaces and be long.
COMMAND = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
from crossdock_cli.main import main

main()
"""


def source_roots(root: Path) -> list[Path]:
    """Every folder whose children are importable packages of this workspace."""
    found = {root / place for place in EXPECTED}
    for pattern in PATTERNS:
        found.update(root.glob(pattern))
    return sorted(found)


def write_if_changed(path: Path, text: str, mode: int) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
        path.chmod(mode)


def main() -> None:
    site_packages = Path(sysconfig.get_path("purelib"))
    write_if_changed(site_packages / "crossdock.pth", "".join(f"{path}\n" for path in source_roots(ROOT)), 0o644)
    command = Path(sysconfig.get_path("scripts")) / "crossdock"
    write_if_changed(command, COMMAND.format(python=sys.executable), 0o755)


if __name__ == "__main__":
    main()
