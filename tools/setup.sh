#!/bin/sh
# Makes .venv from the lock. Runs again only when the lock changed; a half-made .venv is never mistaken for a finished one.
set -eu
cd "$(dirname "$0")/.."
stamp=.venv/.installed

if ! cmp -s requirements.lock "$stamp"; then
    python=$(sh tools/find_python.sh)
    if [ -e .venv ] && ! .venv/bin/python -I -c 'import sys; assert (3, 11) <= sys.version_info[:2] <= (3, 13)' 2>/dev/null; then
        rm -rf .venv
    fi
    echo "setup: packages of requirements.lock into .venv ($("$python" --version), takes about a minute)"
    [ -x .venv/bin/pip ] || "$python" -I -m venv --clear .venv
    rm -f "$stamp"
    # A home folder that cannot be written to is no reason for a warning.
    [ -n "${PIP_CACHE_DIR:-}" ] || [ -w "${HOME:-/nonexistent}" ] || export PIP_CACHE_DIR="$PWD/.cache/pip"
    .venv/bin/python -I -m pip --quiet --disable-pip-version-check install --require-hashes --no-deps -r requirements.lock
    cp requirements.lock "$stamp"
fi
.venv/bin/python -I tools/link_sources.py
