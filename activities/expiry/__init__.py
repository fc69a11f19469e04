"""Codes and links whose time is over, or nearly: deactivated, announced, each once."""
