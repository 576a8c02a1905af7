"""Tokens of the laptop's issuer hold up against the public half of its key, and against nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from crossdock_local.identity import AUDIENCE, ISSUER, Caller, Issuer

BUYER = Caller("buyer", ("acme",), ("procurement.*",), partner="S1", business_units=("EU",))


def verified(token: str, issuer: Issuer) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(json.loads(issuer.jwks_file.read_text()))
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER)
    return claims


def test_a_token_says_who_calls_and_what_for(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    claims = verified(issuer.mint(BUYER), issuer)
    assert claims["sub"] == "buyer"
    assert (claims["tenants"], claims["permissions"]) == (["acme"], ["procurement.*"])
    assert (claims["partner"], claims["business_units"]) == ("S1", ["EU"])


def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(issuer.mint(BUYER, timedelta(seconds=-1)), issuer)


def test_the_key_stays_the_same_from_one_start_to_the_next(tmp_path: Path) -> None:
    token = Issuer(tmp_path).mint(BUYER)
    assert verified(token, Issuer(tmp_path))["sub"] == "buyer"


def test_a_token_of_another_issuer_is_not_known(tmp_path: Path) -> None:
    stranger = Issuer(tmp_path / "stranger").mint(BUYER)
    with pytest.raises(KeyError):
        verified(stranger, Issuer(tmp_path / "own"))


def test_a_renewed_token_speaks_for_the_same_caller_even_after_it_expired(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path / "identity")
    path = tmp_path / "partners" / "S1.jwt"
    issuer.write_token(path, BUYER, timedelta(seconds=-1))
    issuer.renew_tokens(path.parent)
    claims = verified(path.read_text(), issuer)
    assert (claims["sub"], claims["partner"], claims["tenants"]) == ("buyer", "S1", ["acme"])
