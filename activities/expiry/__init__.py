"""Codes and links whose time is over, or nearly: announced, each once."""
