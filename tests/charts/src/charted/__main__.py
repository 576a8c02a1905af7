"""`make charts`: the umbrella and the operator as packages that `helm install` takes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from crossdock_local.place import find_checkout

from charted.assembly import assembled
from charted.helm import HelmRefused, NoHelm, helm

SHIPPED = ("crossdock", "partner-crds", "partner-operator")


def main() -> int:
    target = find_checkout() / "build" / "charts"
    target.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as work:
            charts = assembled(Path(work))
            for name in SHIPPED:
                sys.stdout.write(helm("package", str(charts / name), "--destination", str(target)))
    except (NoHelm, HelmRefused) as error:
        sys.stderr.write(f"charts: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
