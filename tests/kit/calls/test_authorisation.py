"""Tokens that are good, tokens that are forged, and what each of them may do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime, tzinfo
from typing import Any

import jwt
import pytest
from crossdock_kit.authorisation import Tokens, check_permission, tenant_of
from crossdock_kit.context import Actor
from crossdock_kit.credentials import parse_jwks
from crossdock_kit.errors import PermissionDenied, Unauthenticated
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer, unpadded
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUED = TokenIssuer()


def identify(token: str) -> Actor:
    return ISSUED.tokens().identify(f"Bearer {token}").actor


def good(**more: Any) -> dict[str, Any]:
    return ISSUED.claims(["acme"], ["stock.read"], **more)


def handmade(header: dict[str, Any], claims: dict[str, Any], sign: Any) -> str:
    signed = ".".join(unpadded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{unpadded(sign(signed.encode()))}"


def unsigned() -> str:
    return handmade({"alg": "none", "typ": "JWT", "kid": "test"}, good(), lambda _: b"")


def signed_with_the_public_key() -> str:
    pem = ISSUED.private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "typ": "JWT", "kid": "test"}
    return handmade(header, good(), lambda text: hmac.new(pem, text, hashlib.sha256).digest())


def of_another_key() -> str:
    return TokenIssuer().token(["acme"], ["stock.read"])


def with_changed_claims() -> str:
    header, _, signature = ISSUED.sign(good()).split(".")
    return f"{header}.{unpadded(json.dumps(good() | {'tenants': ['globex']}).encode())}.{signature}"


def with_key_id(kid: Any) -> str:
    return jwt.encode(good(), ISSUED.private_key, "ES256", headers={"kid": kid})


NOW = time.time()
FORGED = {
    "no signature": unsigned(),
    "signed with the public key as a secret": signed_with_the_public_key(),
    "another key": of_another_key(),
    "changed claims": with_changed_claims(),
    "other audience": ISSUED.sign(good(aud="somebody-else")),
    "other issuer": ISSUED.sign(good(iss="https://evil.example")),
    "expired": ISSUED.sign(good(exp=NOW - 61)),
    "not yet valid": ISSUED.sign(good(nbf=NOW + 86_400, exp=NOW + 90_000)),
    "no expiry": ISSUED.sign({name: value for name, value in good().items() if name != "exp"}),
    "no subject": ISSUED.sign({name: value for name, value in good().items() if name != "sub"}),
    "key id that climbs": with_key_id("../../etc/passwd"),
    "tenants that are no list": ISSUED.sign(good() | {"tenants": "acme"}),
    "permissions that are no texts": ISSUED.sign(good() | {"permissions": [1]}),
    "rubbish": "a.b.c",
    "nothing": "",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_nobody(forged: str) -> None:
    with pytest.raises(Unauthenticated):
        identify(forged)


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "bearer"])
def test_without_a_bearer_token_there_is_nobody(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        ISSUED.tokens().identify(header)


def test_a_good_token_says_who_calls() -> None:
    actor = identify(ISSUED.sign(good(partner="SUP-1", business_units=["EU01"])))
    assert actor == Actor("tester", ("acme",), frozenset({"stock.read"}), "SUP-1", ("EU01",))


def test_rs256_tokens_are_good_too() -> None:
    key = rsa.generate_private_key(65537, 2048)
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "rsa", "alg": "RS256"}
    keys = parse_jwks(json.dumps({"keys": [public]}).encode())
    token = jwt.encode(good(), key, "RS256", headers={"kid": "rsa"})
    assert Tokens(lambda: keys, ISSUER, AUDIENCE).identify(f"Bearer {token}").actor.subject == "tester"


def test_symmetric_keys_in_the_key_set_are_left_out() -> None:
    secret = base64.urlsafe_b64encode(b"0" * 32).decode()
    assert parse_jwks(json.dumps({"keys": [{"kty": "oct", "kid": "test", "k": secret}]}).encode()) == {}


def test_a_remembered_token_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    end = time.time() + 3600
    tokens, header = ISSUED.tokens(), f"Bearer {ISSUED.sign(good(exp=end))}"
    assert tokens.identify(header) is tokens.identify(header)
    late = end + 61

    class Late:
        """The instant that the JWT library takes for now."""

        @staticmethod
        def now(tz: tzinfo | None = None) -> datetime:
            return datetime.fromtimestamp(late, tz)

    monkeypatch.setattr(time, "time", lambda: late)
    monkeypatch.setattr("jwt.api_jwt.datetime", Late)
    with pytest.raises(Unauthenticated):
        tokens.identify(header)


def test_a_withdrawn_key_ends_what_it_vouched_for() -> None:
    keys = parse_jwks(ISSUED.jwks)
    held = [keys]
    tokens, header = Tokens(lambda: held[0], ISSUER, AUDIENCE), f"Bearer {ISSUED.sign(good())}"
    tokens.identify(header)
    held[0] = {}
    with pytest.raises(Unauthenticated):
        tokens.identify(header)


def actor(*permissions: str, tenants: tuple[str, ...] = ("acme",)) -> Actor:
    return Actor("tester", tenants, frozenset(permissions))


@pytest.mark.parametrize("held", ["stock.balance.read", "stock.balance.*", "stock.*", "*"])
def test_a_permission_matches_itself_or_what_stands_above_it(held: str) -> None:
    check_permission(actor(held), "stock.balance.read")


@pytest.mark.parametrize("held", ["stock.balance", "stock.balance.rea", "stock", "stock.*.read", "other.*", ""])
def test_nothing_less_grants_it(held: str) -> None:
    with pytest.raises(PermissionDenied):
        check_permission(actor(held), "stock.balance.read")


def test_the_tenant_is_the_tokens_own() -> None:
    assert tenant_of(actor(), None) == "acme"
    assert tenant_of(actor(tenants=("acme", "globex")), "globex") == "globex"


@pytest.mark.parametrize(
    ("tenants", "asked"), [(("acme",), "globex"), (("acme", "globex"), None), ((), None), ((), "acme")]
)
def test_a_tenant_that_is_not_the_tokens_is_denied(tenants: tuple[str, ...], asked: str | None) -> None:
    with pytest.raises(PermissionDenied):
        tenant_of(actor(tenants=tenants), asked)
