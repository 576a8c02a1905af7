"""`crossdock identity` makes what the charts mount: every identity, once, and keys that change without a gap."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from charted.rendering import Rendered
from crossdock_kit.credentials import parse_jwks
from crossdock_local.cluster_identity import IdentityFolder, NotNow, of_worker, suites_identities
from crossdock_local.place import find_checkout

YEAR = timedelta(days=365)
Render = Callable[..., Rendered]
Secrets = dict[str, dict[str, bytes]]


def secrets(manifests: list[dict[str, Any]]) -> Secrets:
    return {
        each["metadata"]["name"]: {name: base64.b64decode(value) for name, value in each["data"].items()}
        for each in manifests
    }


@pytest.fixture
def made(tmp_path: Path) -> IdentityFolder:
    found = IdentityFolder(tmp_path / "held", "crossdock")
    found.complete(suites_identities(find_checkout()), ["acme"], YEAR)
    return found


def claims(found: Secrets, secret: str) -> dict[str, Any]:
    """Of a token that is signed with a key that the trusted set holds."""
    token = found[secret]["token"]
    trusted = parse_jwks(found["crossdock-trust"]["jwks.json"])[jwt.get_unverified_header(token)["kid"]]
    read: dict[str, Any] = jwt.decode(token, trusted, ["ES256"], audience="crossdock", issuer="crossdock")
    return read


def mounted(shown: Rendered) -> set[tuple[str, str]]:
    """Secret and file of everything that a pod of the profile is told to read as its identity or its trust."""
    found = set()
    for pod in shown.pods:
        for volume in pod["spec"]["volumes"]:
            name = volume.get("secret", {}).get("secretName", "")
            if volume["name"] == "identity":
                found.add((name, "token"))
            elif volume["name"] == "trust":
                found.add((name, "jwks.json"))
    return found


@pytest.mark.parametrize("profile", ["default", "minimal", "ha", "trial"])
def test_whatever_a_chart_mounts_of_identities_is_made(render: Render, made: IdentityFolder, profile: str) -> None:
    found = secrets(made.manifests("crossdock"))
    wanted = mounted(render(profile))
    assert len(wanted) > 5
    assert {(name, key) for name, key in wanted if key not in found.get(name, {})} == set()
    assert [name for name, content in found.items() if "data.key" in content] == ["connector-identity"]
    assert len(found["connector-identity"]["data.key"]) == 32


def test_a_token_says_who_the_process_is_and_what_it_may_do_and_no_more(made: IdentityFolder) -> None:
    found = secrets(made.manifests("crossdock"))
    for each in suites_identities(find_checkout()):
        said = claims(found, each.secret)
        assert (said["sub"], said["tenants"]) == (each.subject, ["acme"])
        assert tuple(said["permissions"]) == each.permissions
        assert "*" not in said["permissions"]


def test_what_is_there_is_never_made_anew(made: IdentityFolder, tmp_path: Path) -> None:
    before = made.manifests("crossdock")
    again = IdentityFolder(tmp_path / "held", "crossdock")
    again.complete(suites_identities(find_checkout()), ["acme"], YEAR)
    assert again.manifests("crossdock") == before
    again.complete([of_worker("sup-nordic")], ["acme"], YEAR)
    after = again.manifests("crossdock")
    assert [each for each in after if each in before] == before
    [new] = [each for each in after if each not in before]
    assert new["metadata"]["labels"]["crossdock.dev/allow-connector"] == "true"
    said = claims(secrets(after), "sup-nordic-identity")
    assert (said["partner"], said["permissions"]) == ("sup-nordic", ["connector.worker.act"])


def test_a_key_changes_in_three_steps_in_none_of_which_somebody_is_unknown(made: IdentityFolder) -> None:
    told = [secrets(made.manifests("crossdock"))]
    for step in (made.add_key, lambda: made.renew(YEAR), made.retire):
        step()
        told.append(secrets(made.manifests("crossdock")))
    names = [name for name in told[0] if name != "crossdock-trust"]
    for earlier, later in pairwise(told):
        # Of two pods one may have seen the step and the other one not yet.
        for trust, shown in ((earlier, later), (later, earlier)):
            mixed = shown | {"crossdock-trust": trust["crossdock-trust"]}
            assert all(claims(mixed, name)["sub"] for name in names)
    keys = [list(parse_jwks(each["crossdock-trust"]["jwks.json"])) for each in told]
    assert [len(each) for each in keys] == [1, 2, 2, 1]
    assert keys[0] != keys[3]
    assert told[0]["connector-identity"]["data.key"] == told[3]["connector-identity"]["data.key"]


def test_steps_out_of_turn_are_refused_or_change_nothing(made: IdentityFolder) -> None:
    made.add_key()
    once = made.manifests("crossdock")
    made.add_key()
    assert made.manifests("crossdock") == once
    made.renew(YEAR)
    made.add_key()
    with pytest.raises(NotNow, match="retire"):
        made.renew(YEAR)


def test_a_folder_belongs_to_one_issuer_and_nobody_else_reads_it(made: IdentityFolder, tmp_path: Path) -> None:
    with pytest.raises(NotNow, match="belongs to issuer 'crossdock'"):
        IdentityFolder(tmp_path / "held", "another")
    with pytest.raises(NotNow, match="crossdock identity create"):
        IdentityFolder(tmp_path / "nowhere")
    kept = [each for each in (tmp_path / "held").rglob("*") if each.is_file()]
    assert len(kept) > 10
    assert all(each.stat().st_mode & 0o077 == 0 for each in kept)


def test_the_command_prints_manifests_and_says_until_when(tmp_path: Path) -> None:
    def crossdock(*words: str) -> subprocess.CompletedProcess[str]:
        command = [
            str(Path(sys.executable).with_name("crossdock")),
            "identity",
            *words,
            "--folder",
            str(tmp_path / "held"),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert crossdock("renew").returncode == 1
    first = crossdock("create", "--namespace", "shop", "--tenant", "globex", "--partner", "sup-nordic")
    assert first.returncode == 0, first.stderr
    manifests = list(yaml.safe_load_all(first.stdout))
    assert {each["metadata"]["namespace"] for each in manifests} == {"shop"}
    assert claims(secrets(manifests), "procurement-identity")["tenants"] == ["globex"]
    assert f"{len(manifests)} secrets; tokens are good until" in first.stderr
    assert crossdock("create", "--namespace", "shop").stdout == first.stdout
    assert json.loads(secrets(manifests)["crossdock-trust"]["jwks.json"])["keys"][0].get("d") is None
