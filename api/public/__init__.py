"""The public language: `/api/public`, for pages that nobody signed in to (seeds 000, 001)."""
