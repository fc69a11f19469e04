"""Promises kept over time, one Temporal workflow a file.

`reactions.py` says which event starts what; `starter.py` is the one place that starts them.
"""
