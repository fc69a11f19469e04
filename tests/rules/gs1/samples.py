"""Elements that GS1 allows, made from the words of the table."""

from __future__ import annotations

from hypothesis import strategies as st

from activities.rules.check_digits import check_digit
from activities.rules.gs1.checks import check_pair
from activities.rules.gs1.identifiers import IDENTIFIERS
from activities.rules.gs1.values import Part, parts_of

ALPHABETS = {
    "n": "0123456789",
    "x": "ABCxyz019!\"%&'*+,-./_:;<=>?",
    "y": "ABZ019#-/",
    "z": "ABCxyz019-_",
}
"""Parentheses are left out: they are for identifiers alone."""

GOOD = {
    "alpha2": ["DE", "FR", "US"],
    "birth": ["19800229", "20241231"],
    "country": ["276", "840", "004"],
    "country999": ["276", "999"],
    "currency": ["978", "840"],
    "hh": ["00", "23"],
    "hhmi": ["0000", "2359"],
    "hyphen": ["-"],
    "iban": ["DE89370400440532013000", "GB82WEST12345698765432"],
    "importer": ["a", "-", "_", "9"],
    "key": ["9506000134352", "1234AB/C"],
    "latitude": ["1800000000", "0000000000"],
    "longitude": ["3600000000", "0000000001"],
    "media": ["01", "10", "80", "99"],
    "mi": ["00", "59"],
    "nonzero": ["1", "9"],
    "percent": ["Caf%C3%A9", "plain"],
    "piece": ["0101", "0102", "9999"],
    "sequence": ["1/1", "1/9"],
    "sex": ["0", "1", "2", "9"],
    "ss": ["00", "59"],
    "unpadded": ["1", "123"],
    "winding": ["0", "1", "9"],
    "yesno": ["0", "1"],
    "zero": ["0"],
}
"""Parts that pass each check; those of a fixed length are repeated to it."""


@st.composite
def element_strings(draw: st.DrawFn) -> str:
    """Element strings of any identifiers, each good by itself."""
    names = sorted(IDENTIFIERS)
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    return "".join(f"({name}){draw(data_of(name))}" for name in chosen)


@st.composite
def data_of(draw: st.DrawFn, name: str) -> str:
    """Something that may follow the identifier."""
    said = ""
    for part in parts_of(IDENTIFIERS[name].content):
        if part.may_miss and draw(st.booleans()):
            break
        said += draw(values(part))
    return said


def values(part: Part) -> st.SearchStrategy[str]:
    """What a part may say."""
    if part.kind in ("day", "date"):
        return st.dates().map(
            lambda day: day.replace(year=2000 + day.year % 100 // 4 * 4).strftime("%y%m%d")
        )
    if "pair" in part.checks:
        bodies = st.text("ABC019", min_size=1, max_size=18).map(lambda text: f"1234A{text}")
        return bodies.map(lambda text: text + check_pair(text))
    if part.checks:
        goods = [good if part.upto else repeated(good, part) for good in GOOD[part.checks[0]]]
        return st.sampled_from(goods)
    longest = part.length - part.is_checked
    shortest = 1 if part.upto else longest
    texts = st.text(ALPHABETS[part.kind], min_size=shortest, max_size=longest)
    return texts.map(lambda text: text + check_digit(text)) if part.is_checked else texts


def repeated(good: str, part: Part) -> str:
    return (good * part.length)[: part.length]
