"""The headers of a message as its log shows them: who may read the log may not sign or sign in."""

from __future__ import annotations

from collections.abc import Mapping

from activities.rules.discretion import HIDDEN

SEQUENCE = "X-Inkloom-Sequence"
"""The number of a message among those of its endpoint, from 1 without a gap. It is not signed: a
receiver that misses a number asks for the manifest."""

SAMPLE = "X-Inkloom-Sample"
"""`1` where a message is a sample: nothing has happened. Its body is as that of a real one, but for
ids that begin with eight zeros (`rules/samples.py`)."""


def redacted_request(ours: Mapping[str, str], custom: Mapping[str, str]) -> dict[str, str]:
    """The headers that were sent, without signatures and without the values of custom ones."""
    shown = dict.fromkeys(custom, HIDDEN)
    for name, value in ours.items():
        shown[name] = HIDDEN if "signature" in name.lower() else value
    return shown
