"""What the test is told from outside, by the names that every process of the suite knows; its only reader."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.settings import ProcessSettings, SettingsError, setting

ASKED = ("catalog", "connector", "inventory", "procurement")
SELLS = "fulfillment"
"""Asked where it is installed: an installation may begin without sales orders."""


@dataclass(frozen=True, kw_only=True)
class SmokeSettings(ProcessSettings):
    service: str = setting("CROSSDOCK_SERVICE", default="crossdock-test")
    # In whose name; else for the first of CROSSDOCK_TENANTS.
    tenant: str = setting("CROSSDOCK_TEST_TENANT", default="")
    # Longer than this nothing takes that is well.
    seconds: float = setting("CROSSDOCK_TEST_SECONDS", float, default=120.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.tenant and not self.tenants:
            raise SettingsError("neither CROSSDOCK_TEST_TENANT nor CROSSDOCK_TENANTS names a company")
        if self.token_file is None:
            raise SettingsError("CROSSDOCK_TOKEN_FILE is not set")
        for service in ASKED:
            self.peer(service)

    @property
    def sells(self) -> bool:
        return SELLS in self.peers

    @property
    def asked(self) -> tuple[str, ...]:
        return (*ASKED, SELLS) if self.sells else ASKED

    @property
    def company(self) -> str:
        return self.tenant or self.tenants[0]
