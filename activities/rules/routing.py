"""Routing rules: where a visit of a link goes, by what is known about it.

A list of rules is JSON, in camelCase, stored as `normalised_rules` answers it:

    {"id": "r1", "name": "Germans at work", "when": [condition, ...], "destinationUrl": "https://..."}

A rule matches when every condition of `when` (1 to 20) holds; the first that matches wins. A
condition has a `type`, and `"not": true` turns it round:

    {"type": "country",  "in": ["DE", "AT"]}          ISO 3166-1 alpha-2
    {"type": "region",   "in": ["US-CA"]}             ISO 3166-2
    {"type": "device",   "in": ["mobile", "tablet", "desktop"]}
    {"type": "os",       "in": ["iOS", "Android", "Windows", "macOS", "Linux", "Chrome OS"]}
    {"type": "language", "in": ["de", "pt-BR"]}       RFC 4647 3.3.1: "de" is met by "de-AT" too
    {"type": "time", "timeZone": "Europe/Berlin", "weekday": ["mon", "fri"],
                     "from": "09:00", "until": "17:30"}
    {"type": "query", "name": "ref", "value": "x"}    without `value`: present at all

What is not known about a visit (no country, say) is in no list: the condition fails, and holds with
`not`. Of `time`, weekdays or hours may be left out, which means all of them. Hours are those that a
clock on the wall shows, `until` is past the end; a window over midnight belongs to the weekday on
which it starts. `24:00` may end a window.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from activities.rules.countries import country, region
from activities.rules.findings import Findings, echo, ids_kept
from activities.rules.platforms import PLATFORMS, platform
from activities.rules.zones import zones

MOST_RULES = 50
MOST_CONDITIONS = 20
MOST_VALUES = 250
MOST_CHARACTERS = 131_072
"""Of the whole list as JSON: it is read at every visit."""

LONGEST_NAME = 200
LONGEST_PARAMETER = 100
LONGEST_VALUE = 500

DEVICES = ("mobile", "tablet", "desktop")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_RULE_KEYS = ("id", "name", "when", "destinationUrl")
_LISTING_KEYS = ("type", "in", "not")
_TIME_KEYS = ("type", "weekday", "from", "until", "timeZone", "not")
_QUERY_KEYS = ("type", "name", "value", "not")
_TYPES = ("country", "region", "device", "os", "language", "time", "query")
_RANGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True)
class Visit:
    """What rules look at. `now` has a zone (UTC), `os` is a family of ua-parser.

    `language` is one tag, or an Accept-Language header, of which the first tag counts.
    """

    now: datetime
    country: str | None = None
    region: str | None = None
    device: str | None = None
    os: str | None = None
    language: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)


def first_match(rules: Sequence[Mapping[str, Any]], visit: Visit) -> Mapping[str, Any] | None:
    """The first rule that matches; None when none does.

    `rules` are normalised and not judged again. A rule with a condition that cannot be judged (a
    zone that this machine does not know) does not match, whether turned round or not.
    """
    for rule in rules:
        if all(_holds(condition, visit) for condition in rule["when"]):
            return rule
    return None


def normalised_rules(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules as they are stored; normalising them again changes nothing.

    Codes get their usual case, repeated values go, each rule has an id of its own (see `ids_kept`).
    Raises `InvalidFields` with everything that is wrong, by paths such as `rules.0.when.1.in`.
    """
    found = Findings()
    if len(rules) > MOST_RULES:
        found.tell("rules", f"Give at most {MOST_RULES} rules.")
        found.settle()
    ids = ids_kept((r.get("id") if isinstance(r, Mapping) else None for r in rules), "r")
    stored = [_rule(rule, f"rules.{n}", ids[n], found) for n, rule in enumerate(rules)]
    found.settle()
    if len(json.dumps(stored)) > MOST_CHARACTERS:
        found.tell("rules", f"Ensure all rules together are at most {MOST_CHARACTERS} characters.")
    found.settle()
    return stored


def _rule(given: object, path: str, id: str, found: Findings) -> dict[str, Any]:
    rule = found.read_object(given, path, _RULE_KEYS)
    conditions = rule.get("when")
    if not isinstance(conditions, list | tuple) or not 1 <= len(conditions) <= MOST_CONDITIONS:
        found.tell(f"{path}.when", f"Give a list of 1 to {MOST_CONDITIONS} conditions.")
        conditions = ()
    return {
        "id": id,
        "name": found.read_line(rule.get("name"), f"{path}.name", LONGEST_NAME),
        "when": [_condition(c, f"{path}.when.{n}", found) for n, c in enumerate(conditions)],
        "destinationUrl": found.read_destination(
            rule.get("destinationUrl"), f"{path}.destinationUrl"
        ),
    }


def _condition(given: object, path: str, found: Findings) -> dict[str, Any]:
    kind = given.get("type") if isinstance(given, Mapping) else None
    if kind not in _TYPES:
        found.tell(f"{path}.type", f"Choose one of {', '.join(_TYPES)}.")
        return {}
    if kind == "time":
        condition = found.read_object(given, path, _TIME_KEYS)
        said = _time(condition, path, found)
    elif kind == "query":
        condition = found.read_object(given, path, _QUERY_KEYS)
        said = _query(condition, path, found)
    else:
        condition = found.read_object(given, path, _LISTING_KEYS)
        said = {"in": _values(condition.get("in"), f"{path}.in", *_LISTINGS[kind], found)}
    turned = condition.get("not", False)
    if not isinstance(turned, bool):
        found.tell(f"{path}.not", "Give true or false.")
    return {"type": kind, **said, "not": turned}


def _values(
    given: object, path: str, read: Callable[[str], str | None], example: str, found: Findings
) -> list[str]:
    """Each value as `read` spells it, once; what it does not know is a finding."""
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_VALUES:
        found.tell(path, f"Give a list of 1 to {MOST_VALUES} values, for example {example}.")
        return []
    known: list[str] = []
    for value in given:
        spelled = read(value) if isinstance(value, str) else None
        if spelled is None:
            found.tell(path, f"'{echo(value)}' is not known here; give for example {example}.")
            return []
        known.append(spelled)
    return list(dict.fromkeys(known))


def _time(condition: Mapping[str, Any], path: str, found: Findings) -> dict[str, Any]:
    begins, ends = condition.get("from"), condition.get("until")
    days = condition.get("weekday")
    if days is None and begins is None and ends is None:
        found.tell(path, "Give weekday, or from and until, or all of them.")
    if begins is None and ends is None:
        begins, ends = "00:00", "24:00"
    if not isinstance(begins, str) or not _HOUR.fullmatch(begins):
        found.tell(f"{path}.from", "Give an hour from 00:00 to 23:59.")
    if not isinstance(ends, str) or not (_HOUR.fullmatch(ends) or ends == "24:00"):
        found.tell(f"{path}.until", "Give an hour from 00:00 to 24:00.")
    elif begins == ends:
        found.tell(f"{path}.until", "Give another hour than in from.")
    zone = condition.get("timeZone")
    if not isinstance(zone, str) or zone not in zones():
        found.tell(f"{path}.timeZone", "Give a zone of the IANA list, for example Europe/Berlin.")
    if days is None:
        days = WEEKDAYS
    chosen = _values(days, f"{path}.weekday", _weekday, "mon", found)
    return {
        "weekday": [day for day in WEEKDAYS if day in chosen],
        "from": begins,
        "until": ends,
        "timeZone": zone,
    }


def _query(condition: Mapping[str, Any], path: str, found: Findings) -> dict[str, Any]:
    name = found.read_line(condition.get("name"), f"{path}.name", LONGEST_PARAMETER)
    if condition.get("name") in (None, "") or not name:
        found.tell(f"{path}.name", "Give the name of a query parameter, for example ref.")
    value = condition.get("value")
    if value is None:
        return {"name": name}
    return {"name": name, "value": found.read_line(value, f"{path}.value", LONGEST_VALUE)}


def _device(given: str) -> str | None:
    return given.lower() if given.lower() in DEVICES else None


def _weekday(given: str) -> str | None:
    return given.lower() if given.lower() in WEEKDAYS else None


def _language(given: str) -> str | None:
    """The tag in the case that RFC 5646 2.1.1 recommends: `zh-Hant-TW`."""
    if not _RANGE.fullmatch(given):
        return None
    first, *others = given.split("-")
    recased = {2: str.upper, 4: str.title}
    return "-".join([first.lower(), *(recased.get(len(o), str.lower)(o) for o in others)])


_LISTINGS: Mapping[str, tuple[Callable[[str], str | None], str]] = {
    "country": (country, "DE"),
    "region": (region, "US-CA"),
    "device": (_device, ", ".join(DEVICES)),
    "os": (platform, ", ".join(PLATFORMS)),
    "language": (_language, "pt-BR"),
}


def _holds(condition: Mapping[str, Any], visit: Visit) -> bool:
    judge = _JUDGES.get(condition["type"])
    judged = judge(condition, visit) if judge else None
    return judged is not None and judged is not condition.get("not", False)


def _of_country(condition: Mapping[str, Any], visit: Visit) -> bool:
    return visit.country is not None and visit.country.upper() in condition["in"]


def _of_region(condition: Mapping[str, Any], visit: Visit) -> bool:
    return visit.region is not None and visit.region.upper() in condition["in"]


def _on_device(condition: Mapping[str, Any], visit: Visit) -> bool:
    return visit.device in condition["in"]


def _on_os(condition: Mapping[str, Any], visit: Visit) -> bool:
    return platform(visit.os) in condition["in"]


def _in_language(condition: Mapping[str, Any], visit: Visit) -> bool:
    if not visit.language:
        return False
    tag = visit.language.partition(",")[0].partition(";")[0].strip().lower()
    return any(f"{tag}-".startswith(f"{wanted.lower()}-") for wanted in condition["in"])


def _at_time(condition: Mapping[str, Any], visit: Visit) -> bool | None:
    try:
        local = visit.now.astimezone(ZoneInfo(condition["timeZone"]))
    except (ZoneInfoNotFoundError, ValueError):
        return None
    hour = f"{local.hour:02}:{local.minute:02}"
    begins, ends = condition["from"], condition["until"]
    days, today = condition["weekday"], local.weekday()
    if begins < ends:
        return WEEKDAYS[today] in days and begins <= hour < ends
    return (hour >= begins and WEEKDAYS[today] in days) or (
        hour < ends and WEEKDAYS[today - 1] in days
    )


def _with_query(condition: Mapping[str, Any], visit: Visit) -> bool:
    given = visit.query.get(condition["name"])
    return given is not None and condition.get("value", given) == given


_JUDGES: Mapping[str, Callable[[Mapping[str, Any], Visit], bool | None]] = {
    "country": _of_country,
    "region": _of_region,
    "device": _on_device,
    "os": _on_os,
    "language": _in_language,
    "time": _at_time,
    "query": _with_query,
}
