"""GS1: what element strings and Digital Links say, everything that is wrong with them, and why."""
