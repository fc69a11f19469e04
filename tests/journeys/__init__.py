"""Whole paths over real HTTP against the embedded stack."""
