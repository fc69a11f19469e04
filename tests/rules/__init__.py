"""Rules, tested without fixtures."""
