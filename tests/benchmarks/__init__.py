"""Measurements, each beside an anchor of the same run."""
