"""Visits to public addresses: where they lead, who is let in, what is recorded."""
