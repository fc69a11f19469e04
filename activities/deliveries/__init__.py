"""Deliveries: one event on its way to one endpoint, tried, held, recovered and read."""
