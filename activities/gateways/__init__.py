"""The outside world, one module each: clock, dice, DNS and the receivers of webhooks."""
