"""Dialects: shapes, codes, refusals."""
