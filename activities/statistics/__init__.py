"""Statistics: scans rolled up into totals, and what these say for a span of days in a time zone."""
