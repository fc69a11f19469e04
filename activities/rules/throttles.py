"""How often something may be asked: named throttles, and the arithmetic of a token bucket.

A bucket is one number, the moment when it will be full again (GCRA, ITU-T I.371): a call moves that
moment by `60 / per_minute` seconds and is refused when it would lie more than `burst` calls ahead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Throttle:
    """A bucket that holds `burst` calls and gets `per_minute` back each minute."""

    name: str
    per_minute: int
    burst: int

    @property
    def step(self) -> float:
        """Seconds until one call is given back."""
        return 60.0 / self.per_minute

    @property
    def span(self) -> float:
        """Seconds until an empty bucket is full."""
        return self.burst * self.step


@dataclass(frozen=True)
class Standing:
    """Where a caller stands after a call. `reset_at` is Unix time; waits are whole seconds.

    `retry_after` is 0 for a call that was let through. Daily figures are None without a cap.
    """

    limit: int
    remaining: int
    reset_at: int
    retry_after: int = 0
    daily_limit: int | None = None
    daily_remaining: int | None = None


API = Throttle("api", 600, 1200)
"""A signed-in person's calls."""
AUTH = Throttle("auth", 20, 40)
"""Sign-up, sign-in and its links, from one network address."""
AUTH_ADDRESS = Throttle("auth_address", 3, 6)
"""Tries of passwords for one mail address, from anywhere."""
MAIL_ADDRESS = Throttle("mail_address", 3, 6)
"""Links and invitations that are mailed to one address, asked for from anywhere."""
CREDENTIALS = Throttle("credentials", 120, 240)
"""Credentials that are not known, from one network address."""
PUBLIC_FORMS = Throttle("public_forms", 30, 60)
CAPTCHA = Throttle("captcha", 60, 120)
UNKNOWN_CODES = Throttle("unknown_codes", 60, 120)
"""Visits to codes that do not exist, from one network address; those that do are never refused."""
UNSUBSCRIBE = Throttle("unsubscribe", 600, 1200)
"""Ends of mails, from one network address: that of a mail service, which asks for many readers."""
CHARTS = Throttle("charts", 1200, 2400)
"""Pictures in mails, for one network address: mail services fetch them for many readers."""
CONVERSIONS = Throttle("conversions", 120, 240)
"""Conversions that a network address reports."""
ACCESS = Throttle("access", 120, 240)
"""Passwords for one protected code or link, from anywhere."""
ACCESS_NETWORK = Throttle("access_network", 20, 20)
"""Passwords for one protected code or link, from one network address."""
TOKENS = Throttle("tokens", 60, 120)
"""OAuth token, revocation and introspection calls, from one network address."""
EXPORTS = Throttle("exports", 10, 20)
IMPORTS = Throttle("imports", 1, 60)
"""Files that one organization has looked at: 60 an hour, all at once if it likes."""
HEALTH_CHECKS = Throttle("health_checks", 30, 30)
"""Looks at destinations that one organization asks for beside those that come by themselves."""
WEBHOOK_TESTS = Throttle("webhook_tests", 30, 30)
DOMAIN_CHECKS = Throttle("domain_checks", 6, 20)
"""Looks into DNS whether a domain is proved, by one organization."""


def standing(throttle: Throttle, full_at: float, now: float) -> Standing:
    """Where a caller stands whose call was let through; `full_at` includes that call."""
    ahead = max(0.0, full_at - now)
    # Times are floats near 2e9: what is a millisecond short of a whole call is one.
    remaining = math.floor((throttle.span - ahead) / throttle.step + 1e-3)
    return Standing(throttle.per_minute, max(0, remaining), math.ceil(full_at))


def refusal(throttle: Throttle, full_at: float, now: float) -> Standing:
    """Where a caller stands whose call was refused; `full_at` is without that call."""
    wait = full_at + throttle.step - throttle.span - now
    return Standing(throttle.per_minute, 0, math.ceil(full_at), retry_after=max(1, math.ceil(wait)))
