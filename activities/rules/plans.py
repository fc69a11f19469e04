"""Plans as data: what each allows. None is without limit.

Rates are those of seed 003; names of other dialects map onto ours. A plan limit refuses what is
new; what exists keeps working.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from activities.rules.errors import PlanLimitReached, PlanWithoutApi
from activities.rules.throttles import Throttle

EVERY_API = frozenset(("studio", "links", "business", "canva", "tracking"))


@dataclass(frozen=True)
class Plan:
    """What an organization may have and do.

    Sizes are inches on paper, rates calls a minute; `apis` are the dialects that its keys may
    speak. `retention_days` are for scans one by one; totals of them are kept for ever.
    `webhook_log_days` are for attempts to deliver, and what they were answered. `health_minutes`
    lie between two looks at where a link leads, at least.
    """

    name: str
    per_minute: int
    burst: int
    assets: int | None
    renders_a_month: int | None
    largest_inches: int
    apis: frozenset[str]
    members: int | None
    keys: int | None
    contacts: int | None
    sends_a_month: int | None
    retention_days: int
    webhook_log_days: int
    health_minutes: int

    @property
    def throttle(self) -> Throttle:
        """The bucket of one credential."""
        return Throttle(f"plan {self.name}", self.per_minute, self.burst)

    def narrowed(self, name: str, per_minute: int | None, burst: int | None) -> Throttle:
        """The bucket of a credential with limits of its own, which never widen the plan's."""
        return Throttle(
            name,
            min(per_minute or self.per_minute, self.per_minute),
            min(burst or self.burst, self.burst),
        )


FREE = Plan(
    "free",
    per_minute=30,
    burst=60,
    assets=50,
    renders_a_month=500,
    largest_inches=3,
    apis=EVERY_API - {"tracking"},
    members=3,
    keys=5,
    contacts=500,
    sends_a_month=1000,
    retention_days=90,
    webhook_log_days=7,
    health_minutes=1440,
)
STARTER = Plan(
    "starter",
    per_minute=120,
    burst=240,
    assets=500,
    renders_a_month=5_000,
    largest_inches=8,
    apis=EVERY_API - {"tracking"},
    members=10,
    keys=10,
    contacts=5_000,
    sends_a_month=20_000,
    retention_days=365,
    webhook_log_days=14,
    health_minutes=360,
)
PRO = Plan(
    "pro",
    per_minute=600,
    burst=1200,
    assets=5_000,
    renders_a_month=50_000,
    largest_inches=15,
    apis=EVERY_API,
    members=25,
    keys=50,
    contacts=50_000,
    sends_a_month=200_000,
    retention_days=730,
    webhook_log_days=30,
    health_minutes=60,
)
AGENCY = Plan(
    "agency",
    per_minute=2400,
    burst=4800,
    assets=50_000,
    renders_a_month=500_000,
    largest_inches=15,
    apis=EVERY_API,
    members=100,
    keys=200,
    contacts=500_000,
    sends_a_month=2_000_000,
    retention_days=1095,
    webhook_log_days=90,
    health_minutes=15,
)
ENTERPRISE = Plan(
    "enterprise",
    per_minute=6000,
    burst=12000,
    assets=None,
    renders_a_month=None,
    largest_inches=15,
    apis=EVERY_API,
    members=None,
    keys=None,
    contacts=None,
    sends_a_month=None,
    retention_days=3650,
    webhook_log_days=180,
    health_minutes=5,
)

PLANS: Mapping[str, Plan] = {plan.name: plan for plan in (FREE, STARTER, PRO, AGENCY, ENTERPRISE)}
ALIASES: Mapping[str, str] = {"business": "agency"}
"""QRTracking's names that are not ours; its pro is our pro."""


def plan_of(name: str) -> Plan:
    """The plan of this name or alias; `KeyError` for any other."""
    return PLANS[ALIASES.get(name, name)]


def must_have_api(plan: str, dialect: str) -> None:
    """Raise `PlanWithoutApi` when the plan's keys may not speak the dialect."""
    if dialect not in plan_of(plan).apis:
        raise PlanWithoutApi(plan)


def must_have_room(plan: str, what: str, limit: int | None, present: int) -> None:
    """Raise `PlanLimitReached` when there are already as many as the plan allows."""
    if limit is not None and present >= limit:
        raise PlanLimitReached(what, plan=plan, limit=limit)


def month_around(now: datetime) -> tuple[date, date]:
    """The first day of the calendar month in UTC, in which quotas count, and that of the next."""
    first = now.astimezone(UTC).date().replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)
