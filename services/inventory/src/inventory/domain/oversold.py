"""Whose promises stock does not cover: the newest, because who came first is served first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from inventory.domain.quantity import ZERO, plain


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """So much is promised to a customer of a channel and not picked."""

    channel: str
    quantity: Decimal


def short_by_channel(uncovered: Decimal, newest_first: Iterable[OpenPromise]) -> dict[str, Decimal]:
    """How much of what stock does not cover each channel has sold."""
    short: dict[str, Decimal] = {}
    for each in newest_first:
        part = min(each.quantity, uncovered)
        if part <= 0:
            break
        short[each.channel] = short.get(each.channel, ZERO) + part
        uncovered -= part
    return short


def in_words(short: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{channel or 'no channel'} {plain(quantity)}" for channel, quantity in sorted(short.items()))
