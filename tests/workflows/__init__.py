"""Workflows under skipped time, and recorded histories replayed."""
