"""Fulfillment's settings: those of every service."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock_kit.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Nothing of its own yet."""
