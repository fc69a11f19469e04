"""How many visits were answered from memory, and how long that took.

Counted without the locks of `prometheus_client`, which would cost a fifth of a whole answer: one
thread counts, and whoever asks reads numbers that are whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class VisitMetrics(Collector):
    """The figures of one process."""

    def __init__(self) -> None:
        self._answers = {"GET": 0, "HEAD": 0}
        self._within = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def note(self, method: str, seconds: float) -> None:
        """One more was answered."""
        self._answers[method] += 1
        self._within[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def collect(self) -> Iterable[Metric]:
        """What /metrics shows."""
        answers = CounterMetricFamily(
            "inkloom_quick_visits", "Visits answered from memory", labels=["method"]
        )
        for method, count in self._answers.items():
            answers.add_metric([method], count)
        bounds = [*map(str, BUCKETS), "+Inf"]
        counts = accumulate(self._within)
        seconds = HistogramMetricFamily(
            "inkloom_quick_visit_seconds",
            "Time from the request to its answer, the scan being written",
            buckets=list(zip(bounds, counts, strict=True)),
            sum_value=self._seconds,
        )
        return answers, seconds


METRICS = VisitMetrics()
REGISTRY.register(METRICS)
