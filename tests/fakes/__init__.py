"""Servers of our own that stand in for vendors and receivers."""
