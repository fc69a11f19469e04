"""Receivers of events: made, read, changed, tested, taken away; how their messages are signed."""
