"""`crossdock identity`: the secrets with which an installation in a cluster knows its own processes, where no token
issuer of the company does that. Prints manifests for kubectl; speaks to no cluster itself.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
import yaml
from crossdock_local.cluster_identity import IdentityFolder, NotNow, of_worker, suites_identities
from crossdock_local.place import find_checkout

from crossdock_cli.console import err, fail

app = typer.Typer(
    no_args_is_help=True,
    help="Keys and tokens of an installation in a cluster, as Secret manifests for kubectl.",
)
Namespace = Annotated[str, typer.Option(help="where the charts are installed")]
Folder = Annotated[Path | None, typer.Option(help="where keys and tokens are kept; default: .identity/<namespace>")]
Days = Annotated[int, typer.Option(min=1, max=3650, help="how long tokens are good")]


def _opened(namespace: str, folder: Path | None, issuer: str = "") -> IdentityFolder:
    try:
        return IdentityFolder(folder or find_checkout() / ".identity" / namespace, issuer)
    except NotNow as reason:
        fail(str(reason))


def _print(identities: IdentityFolder, namespace: str) -> None:
    manifests = identities.manifests(namespace)
    yaml.safe_dump_all(manifests, sys.stdout, sort_keys=False, explicit_start=True)
    err.print(f"{len(manifests)} secrets; tokens are good until {identities.good_until():%Y-%m-%d %H:%M} UTC")


@app.command()
def create(
    namespace: Namespace = "crossdock",
    tenant: Annotated[list[str] | None, typer.Option(help="as the charts' global.settings.tenants")] = None,
    partner: Annotated[list[str] | None, typer.Option(help="a partner whose connector gets an identity")] = None,
    folder: Folder = None,
    issuer: Annotated[str, typer.Option(help="as the charts' global.settings.issuer")] = "crossdock",
    days: Days = 365,
) -> None:
    """Make what is missing of keys and tokens, and print all of it as Secrets. What is there stays as it is."""
    identities = _opened(namespace, folder, issuer)
    wanted = [*suites_identities(find_checkout()), *map(of_worker, partner or ())]
    identities.complete(wanted, tenant or ("acme",), timedelta(days=days))
    _print(identities, namespace)


@app.command(name="add-key")
def add_key(namespace: Namespace = "crossdock", folder: Folder = None) -> None:
    """Change the signing key, step 1: trust the next key beside the one that signs. Apply, and wait two minutes."""
    identities = _opened(namespace, folder)
    identities.add_key()
    _print(identities, namespace)


@app.command()
def renew(namespace: Namespace = "crossdock", folder: Folder = None, days: Days = 365) -> None:
    """Make every token anew; step 2 where a key was added: signed with that. Apply, and wait two minutes."""
    identities = _opened(namespace, folder)
    try:
        identities.renew(timedelta(days=days))
    except NotNow as reason:
        fail(str(reason))
    _print(identities, namespace)


@app.command()
def retire(namespace: Namespace = "crossdock", folder: Folder = None) -> None:
    """Change the signing key, step 3: trust the key before no more."""
    identities = _opened(namespace, folder)
    identities.retire()
    _print(identities, namespace)
