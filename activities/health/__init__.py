"""Where monitored links lead: looked at in time, politely, and told of when it changes."""
