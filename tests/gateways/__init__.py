"""Gateways against real servers on loopback."""
