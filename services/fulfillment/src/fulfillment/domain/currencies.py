"""What a currency can be paid in: ISO 4217, list one."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

# Those without two places behind the point.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_PLACES = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)


def paid(amount: Decimal, currency: str) -> Decimal:
    """The amount as it can be paid, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-_PLACES.get(currency, 2)), ROUND_HALF_UP)
