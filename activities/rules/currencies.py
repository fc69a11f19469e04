"""Currencies: the codes of ISO 4217 (list one of 2026), and how many decimals each has.

Without those that have no minor unit, because nobody pays with them: metals, units of account of
banks, the code for tests and the one for no currency.
"""

from __future__ import annotations

from decimal import Decimal

_TWO = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"

MINOR_UNITS = {
    code: digits
    for digits, codes in ((2, _TWO), (0, _NONE), (3, _THREE), (4, _FOUR))
    for code in codes.split()
}
"""How many decimals an amount of each currency has."""

CURRENCY = r"^[A-Z]{3}$"
"""How a currency is spelled, as documents show it too."""


def spelled(amount: Decimal, currency: str) -> str:
    """An amount of zero or more with all decimals of its currency: `129.90`, `1500` for yen."""
    return f"{abs(amount):.{MINOR_UNITS[currency]}f}"


def has_too_many_decimals(amount: Decimal, currency: str) -> bool:
    """Whether the amount is finer than the smallest coin of the currency; zeros do not count."""
    exponent = amount.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent > MINOR_UNITS[currency]
