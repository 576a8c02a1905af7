"""How long what follows a fault may take, beside being ready again: by the name that findings and reports give it."""

from __future__ import annotations

NOTICED = "a dead link was noticed"
GONE = "a process that was told to end was gone"
WAITS = {NOTICED: 30.0, GONE: 40.0}
