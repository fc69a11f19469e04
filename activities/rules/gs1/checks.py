"""What the parts of an element mean beyond their shape: numbers that are lists, times, places.

Source: the procedures that the GS1 Barcode Syntax Dictionary names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from activities.rules.countries import COUNTRIES

_CODES = """
    004 008 010 012 016 020 024 028 031 032 036 040 044 048 050 051 052 056 060 064 068 070 072 074
    076 084 086 090 092 096 100 104 108 112 116 120 124 132 136 140 144 148 152 156 158 162 166 170
    174 175 178 180 184 188 191 192 196 203 204 208 212 214 218 222 226 231 232 233 234 238 239 242
    246 248 250 254 258 260 262 266 268 270 275 276 288 292 296 300 304 308 312 316 320 324 328 332
    334 336 340 344 348 352 356 360 364 368 372 376 380 384 388 392 398 400 404 408 410 414 417 418
    422 426 428 430 434 438 440 442 446 450 454 458 462 466 470 474 478 480 484 492 496 498 499 500
    504 508 512 516 520 524 528 531 533 534 535 540 548 554 558 562 566 570 574 578 580 581 583 584
    585 586 591 598 600 604 608 612 616 620 624 626 630 634 638 642 643 646 652 654 659 660 662 663
    666 670 674 678 682 686 688 690 694 702 703 704 705 706 710 716 724 728 729 732 740 744 748 752
    756 760 762 764 768 772 776 780 784 788 792 795 796 798 800 804 807 818 826 831 832 833 834 840
    850 854 858 860 862 876 882 887 894
"""
_CURRENCIES = """
    008 012 032 036 044 048 050 051 052 060 064 068 072 084 090 096 104 108 116 124 132 136 144 152
    156 170 174 188 192 203 208 214 222 230 232 238 242 262 270 292 320 324 328 332 340 344 348 352
    356 360 364 368 376 388 392 396 398 400 404 408 410 414 417 418 422 426 430 434 446 454 458 462
    480 484 496 498 504 512 516 524 532 533 548 554 558 566 578 586 590 598 600 604 608 634 643 646
    654 682 690 702 704 706 710 728 748 752 756 760 764 776 780 784 788 800 807 818 826 834 840 858
    860 882 886 901 924 925 926 927 928 929 930 933 934 936 938 940 941 943 944 946 947 948 949 950
    951 952 953 955 956 957 958 959 960 961 962 963 964 965 967 968 969 970 971 972 973 975 976 977
    978 979 980 981 984 985 986 990 994 997 999
"""
_NUMERIC_COUNTRIES = frozenset(_CODES.split())
_NUMERIC_CURRENCIES = frozenset(_CURRENCIES.split())

_PAIRED = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_WEIGHED = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LONGITUDE_STEPS, _LATITUDE_STEPS = 3_600_000_000, 1_800_000_000


def check_pair(body: str) -> str:
    """The two check characters behind up to 23 of set 82.

    Source: GS1 General Specifications 7.9.5; each character weighs its place in the set, times the
    primes from the right, modulo 1021.
    """
    weighed = zip(reversed(body), _PRIMES, strict=False)
    total = sum(_WEIGHED.index(sign) * prime for sign, prime in weighed) % 1021
    return _PAIRED[total >> 5] + _PAIRED[total & 31]


def _is_iban(text: str) -> bool:
    if len(text) <= 10 or not text.isalnum() or text.upper() != text or text[:2] not in COUNTRIES:
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def _is_piece(text: str) -> bool:
    half = len(text) // 2
    return 0 < int(text[:half]) <= int(text[half:])


def _is_birth_order(text: str) -> bool:
    found = re.fullmatch(r"([1-9])/([1-9])", text)
    return found is not None and found[1] <= found[2]


def _is_born(text: str) -> bool:
    return re.fullmatch(r"[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])", text) is not None


def _is_time(text: str) -> bool:
    return int(text[:2]) < 24 and int(text[2:] or 0) < 60


Check = tuple[Callable[[str], bool], str]

CHECKS: Mapping[str, Check] = {
    "alpha2": (lambda text: text in COUNTRIES, "a country of ISO 3166, such as DE"),
    "birth": (_is_born, "a day as YYYYMMDD"),
    "country": (lambda text: text in _NUMERIC_COUNTRIES, "a country of ISO 3166, such as 276"),
    "country999": (
        lambda text: text in _NUMERIC_COUNTRIES or text == "999",
        "a country of ISO 3166, such as 276, or 999",
    ),
    "currency": (lambda text: text in _NUMERIC_CURRENCIES, "a currency of ISO 4217, such as 978"),
    "hh": (lambda text: int(text) < 24, "an hour from 00 to 23"),
    "hhmi": (_is_time, "a time as HHMM"),
    "hyphen": (lambda text: text == "-", "a minus sign"),
    "iban": (_is_iban, "an IBAN that its check digits fit"),
    "importer": (lambda text: re.fullmatch(r"[-_A-Za-z0-9]", text) is not None, "an importer"),
    "key": (
        lambda text: re.match(r"[0-9]{4}", text) is not None,
        "a key that begins with the digits of a GS1 company prefix",
    ),
    "latitude": (lambda text: int(text) <= _LATITUDE_STEPS, "a latitude up to 1800000000"),
    "letter": (lambda text: not text.isdigit(), "a key with a letter or sign"),
    "longitude": (lambda text: int(text) <= _LONGITUDE_STEPS, "a longitude up to 3600000000"),
    "media": (
        lambda text: 1 <= int(text) <= 10 or int(text) >= 80,
        "a media type from 01 to 10 or from 80 to 99",
    ),
    "mi": (lambda text: int(text) < 60, "minutes from 00 to 59"),
    "nonzero": (lambda text: int(text) > 0, "a number above zero"),
    "pair": (
        lambda text: len(text) > 2 and check_pair(text[:-2]) == text[-2:],
        "a key that ends in its check characters",
    ),
    "percent": (
        lambda text: not _BAD_PERCENT.search(text),
        "text with two hexadecimal digits behind each %",
    ),
    "piece": (_is_piece, "the number of a piece and how many there are, such as 0103"),
    "sequence": (_is_birth_order, "a place and how many there are, such as 1/2"),
    "sex": (lambda text: text in "0129", "0, 1, 2 or 9"),
    "ss": (lambda text: int(text) < 60, "seconds from 00 to 59"),
    "unpadded": (lambda text: text[0] != "0", "a number without zeros before it"),
    "winding": (lambda text: text in "019", "a winding of 0, 1 or 9"),
    "yesno": (lambda text: text in "01", "0 or 1"),
    "zero": (lambda text: text == "0", "a 0"),
}
"""Whether a part that has the right shape may be so, and what it should be."""
