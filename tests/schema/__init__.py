"""Migrations and models agree."""
