"""Rules that look at scans: made, changed, judged in time, and what they said."""
