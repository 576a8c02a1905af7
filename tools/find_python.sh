#!/bin/sh
# Prints the path of an interpreter that can carry the workspace (3.11 to 3.13, with venv and pip), or says clearly that there is none.
# A name on the PATH proves nothing (version switchers leave shims that fail), so every candidate is run and answers for itself.
probe='import sys, venv, ensurepip, ssl, ctypes
assert (3, 11) <= sys.version_info[:2] <= (3, 13)
print(sys.executable)'

for candidate in ${CROSSDOCK_PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    if path=$("$candidate" -I -c "$probe" 2>/dev/null) && [ -n "$path" ]; then
        echo "$path"
        exit 0
    fi
done

{
    echo "crossdock: needs Python 3.11, 3.12 or 3.13 with its venv module, and found none."
    for candidate in ${CROSSDOCK_PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        said=$("$candidate" --version 2>&1 | head -n 1)
        echo "  $candidate: ${said:-not found}"
    done
    echo "Install one (on Debian or Ubuntu: python3 and python3-venv), or name it: make setup CROSSDOCK_PYTHON=/path/to/python3.13"
} >&2
exit 1
