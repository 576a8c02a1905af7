"""The environment is read once, and every fault in it is named at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from crossdock_kit.settings import ServiceSettings, SettingsError, setting

LEAST = {
    "CROSSDOCK_SERVICE": "inventory",
    "CROSSDOCK_DATABASE_URL": "postgresql+asyncpg://app:geheim@db/crossdock",
}


@dataclass(frozen=True, kw_only=True)
class Own(ServiceSettings):
    shards: int = setting("CROSSDOCK_SHARDS", int, default=8)
    folder: Path = setting("CROSSDOCK_FOLDER", Path)


def test_a_service_adds_settings_of_its_own() -> None:
    settings = Own.from_environment(LEAST | {"CROSSDOCK_FOLDER": "/data", "CROSSDOCK_SHARDS": "4"})
    assert (settings.service, settings.shards, settings.folder) == ("inventory", 4, Path("/data"))


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Own.from_environment({"CROSSDOCK_REFLECTION": "yes", "CROSSDOCK_SERVICE": "x", "CROSSDOCK_PEERS": "[]"})
    for variable in ("CROSSDOCK_DATABASE_URL", "CROSSDOCK_FOLDER", "CROSSDOCK_REFLECTION", "CROSSDOCK_PEERS"):
        assert variable in str(caught.value)


def test_an_empty_variable_counts_as_not_set() -> None:
    with pytest.raises(SettingsError, match="CROSSDOCK_SERVICE"):
        ServiceSettings.from_environment(LEAST | {"CROSSDOCK_SERVICE": ""})


def test_no_password_shows_in_a_repr() -> None:
    assert "geheim" not in repr(ServiceSettings.from_environment(LEAST))


def test_reflection_is_off_unless_switched_on() -> None:
    assert not ServiceSettings.from_environment(LEAST).reflection
    assert ServiceSettings.from_environment(LEAST | {"CROSSDOCK_REFLECTION": "1"}).reflection


def test_lists_networks_and_peers_are_parsed() -> None:
    given = {
        "CROSSDOCK_TENANTS": "acme, globex",
        "CROSSDOCK_EGRESS_ALLOW": "127.0.0.0/8,::1/128",
        "CROSSDOCK_PEERS": '{"catalog": "127.0.0.1:5001"}',
    }
    settings = ServiceSettings.from_environment(LEAST | given)
    assert settings.tenants == ("acme", "globex")
    assert [str(each) for each in settings.egress_allow] == ["127.0.0.0/8", "::1/128"]
    assert settings.peer("catalog") == "127.0.0.1:5001"
    with pytest.raises(SettingsError, match="procurement"):
        settings.peer("procurement")


def test_half_a_certificate_is_refused() -> None:
    with pytest.raises(SettingsError, match="together"):
        ServiceSettings.from_environment(LEAST | {"CROSSDOCK_TLS_CERT": "/tls/cert.pem"})
