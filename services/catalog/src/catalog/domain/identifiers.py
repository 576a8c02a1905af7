"""Checks of the numbers that master data carries: a wrong digit here would be wrong in every document."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock_kit.errors import Violation


def gs1_check_digit(digits: str) -> str:
    """GS1 General Specifications 7.9: weights 3, 1, 3, .. from the right; `digits` without the check digit."""
    total = sum(int(digit) * (3, 1)[index % 2] for index, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def wrong_gs1(numbers: Iterable[tuple[str, str]]) -> tuple[Violation, ...]:
    """Names each (field, number) whose check digit is wrong; empty numbers are left out."""
    return tuple(
        Violation(field, f"check digit of {number} should be {gs1_check_digit(number[:-1])}", "gs1.check_digit")
        for field, number in numbers
        if number and gs1_check_digit(number[:-1]) != number[-1]
    )
