"""What was promised against what was seen: the demo's figures, and what does not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workers.demo.receiver import Message
from workers.demo.studio import Code, Delivery
from workers.demo.visitors import Visit
from workers.demo.watch import Restart


@dataclass(frozen=True)
class Evidence:
    """All that was seen; `scan_counts` is by code, as the API tells it at the end."""

    codes: Sequence[Code]
    visits: Sequence[Visit]
    wrong_redirects: Sequence[str]
    misread: Sequence[Code]
    scan_counts: Sequence[int]
    messages: Mapping[str, Message]
    invalid: int
    deliveries: Sequence[Delivery]
    restarts: Sequence[Restart]

    def scans_played(self) -> Counter[int]:
        """By number of the code: visits that must count."""
        return Counter(visit.landmark for visit in self.visits if visit.counts)

    def accepted(self, kind: str) -> list[Message]:
        """The distinct events of a kind that the receiver accepted."""
        return [m for m in self.messages.values() if m.kind == kind and m.accepted]


@dataclass(frozen=True)
class Figures:
    """The totals. Seconds are from the event to its first acceptance: the middle and the 99th of a
    hundred of the events that were never refused, and the longest of all.
    """

    codes: int
    pictures: int
    read_back: int
    visits: int
    counted: int
    bots: int
    heads: int
    events: int
    received: int
    lost: int
    duplicates: int
    most_copies: int
    refused: int
    invalid: int
    deliveries: int
    delivered: int
    attempts: int
    retries: int
    p50_seconds: float
    p99_seconds: float
    longest_seconds: float


def figures(seen: Evidence) -> Figures:
    """The totals of what was seen."""
    counted = sum(visit.counts for visit in seen.visits)
    received = [m for m in seen.messages.values() if m.accepted]
    events = len(seen.codes) + counted
    attempts = sum(delivery.attempts for delivery in seen.deliveries)
    straight = sorted(m.seconds for m in received if not m.refused)
    return Figures(
        codes=len(seen.codes),
        pictures=2 * len(seen.codes),
        read_back=len(seen.codes) - len(seen.misread),
        visits=len(seen.visits),
        counted=counted,
        bots=sum(visit.device == "bot" for visit in seen.visits),
        heads=sum(visit.method == "HEAD" for visit in seen.visits),
        events=events,
        received=len(received),
        lost=max(0, events - len(received)),
        duplicates=sum(m.accepted - 1 for m in received),
        most_copies=max((m.accepted for m in received), default=0),
        refused=sum(m.refused for m in seen.messages.values()),
        invalid=seen.invalid,
        deliveries=len(seen.deliveries),
        delivered=sum(delivery.status == "delivered" for delivery in seen.deliveries),
        attempts=attempts,
        retries=attempts - sum(delivery.attempts > 0 for delivery in seen.deliveries),
        p50_seconds=_quantile(straight, 0.50),
        p99_seconds=_quantile(straight, 0.99),
        longest_seconds=max((m.seconds for m in received), default=0.0),
    )


def faults(seen: Evidence) -> list[str]:
    """One sentence for each promise that does not hold; none when all do."""
    return [*_pictures(seen), *_visits(seen), *_created(seen), *_scanned(seen), *_delivered(seen)]


def _pictures(seen: Evidence) -> Iterator[str]:
    if seen.misread:
        names = ", ".join(code.landmark.name for code in seen.misread[:3])
        yield f"{len(seen.misread)} pictures do not read back as their address, such as {names}."


def _visits(seen: Evidence) -> Iterator[str]:
    if seen.wrong_redirects:
        first = seen.wrong_redirects[0]
        yield f"{len(seen.wrong_redirects)} visits were sent elsewhere, the first: {first}."
    played = seen.scans_played()
    for number, code in enumerate(seen.codes):
        if seen.scan_counts[number] != played[number]:
            yield (
                f"{code.landmark.name} was scanned {played[number]} times "
                f"and counts {seen.scan_counts[number]}."
            )


def _created(seen: Evidence) -> Iterator[str]:
    told = Counter(message.data["shortCode"] for message in seen.accepted("qr.created"))
    if told != Counter(code.short_id for code in seen.codes):
        yield (
            f"{told.total()} qr.created events about {len(told)} codes came "
            f"for {len(seen.codes)} codes made."
        )


def _scanned(seen: Evidence) -> Iterator[str]:
    """As many as counted, and about the same codes, devices and countries."""
    told = seen.accepted("qr.scanned")
    counted = [visit for visit in seen.visits if visit.counts]
    if len(told) != len(counted):
        yield f"{len(told)} qr.scanned events came for {len(counted)} scans."
    if len({message.data["scanId"] for message in told}) != len(told):
        yield "One scan was announced as two events."
    came = Counter((m.data["shortCode"], m.data["device"], m.data["country"]) for m in told)
    went = Counter((seen.codes[v.landmark].short_id, v.device, v.country) for v in counted)
    if came != went and len(told) == len(counted):
        yield "The qr.scanned events tell of other codes, devices or countries than visited."


def _delivered(seen: Evidence) -> Iterator[str]:
    if seen.invalid:
        yield f"{seen.invalid} deliveries had an invalid signature."
    totals = figures(seen)
    if totals.deliveries != totals.events:
        yield f"The deliveries log has {totals.deliveries} lines for {totals.events} events."
    if totals.delivered != totals.deliveries:
        yield f"{totals.deliveries - totals.delivered} deliveries are not delivered."


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
